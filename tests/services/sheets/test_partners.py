"""Partners and their funds out of a spreadsheet: looked at first, read in once, the same again, taken back."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from matchmaker.services.sheets import applying, exporting, undoing
from matchmaker.services.sheets.books import Terms
from matchmaker.services.sheets.faults import NothingToApply, Problem, RowsWrong, SheetGone, SheetOvertaken
from models import AuditEvent, Fund, ImportedRow, OutboxItem, Partner, PartnerKind, SheetImport, SheetKind
from tests import factories as f
from tests.cast import Cast
from tests.services.sheets.files import handed_in, lines, outcomes, read_in

TODAY = lines(
    "Full name;E-mail;Phone #;Speaks;Availability;Colonia;Shoe size",
    'Lucho Barrios;Lucho@People.example;520-555-0188;"English, Spanish";Mon/Wed;Las Norias;43',
    "Señora Canales;;520 555 0199;español;lunes a jueves;;37",
)
KNOWN = lines(
    "email,Expertise,Description,Background,Subjects,Grade levels",
    'lucho@people.example,Making adobe,"Mud and straw.\nBring boots.",From my grandfather,"Science, art",K-2; 5',
)


@pytest.fixture
def actor(cast: Cast) -> Actor:
    return Actor(cast.marisol.id)


def partner(session: Session, name: str) -> Partner | None:
    return session.scalar(select(Partner).where(Partner.name == name).execution_options(populate_existing=True))


def tags(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)))


def test_the_spreadsheet_of_today_is_read_as_it_stands(session: Session, cast: Cast, actor: Actor) -> None:
    done = read_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    assert outcomes(session, done) == [(2, "created"), (3, "created")]
    lucho, canales = partner(session, "Lucho Barrios"), partner(session, "Señora Canales")
    assert lucho is not None and canales is not None
    assert (lucho.email, lucho.languages, lucho.weekdays) == ("lucho@people.example", ["en", "es"], [0, 2])
    assert (lucho.neighbourhood, lucho.monthly_capacity, lucho.reviewed_at) == ("Las Norias", 2, None)
    assert (lucho.joined_on, lucho.account_id) == (date(2026, 9, 14), None)
    assert (canales.email, canales.weekdays) == ("", [0, 1, 2, 3])
    assert tags(session).count("people:partner:entered") == 2
    assert tags(session)[-1] == "people:sheet:applied"
    assert done.content is None, "what was read in is not kept beside its rows"


def test_a_look_says_what_is_not_read_and_writes_nothing(session: Session, cast: Cast, actor: Actor) -> None:
    before = session.scalar(select(func.count(Partner.id)))
    handed = handed_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    plan = applying.look(session, handed, f.NOW)
    assert list(plan.unread) == ["Shoe size"]
    assert [step.label for step in plan.steps] == ["Lucho Barrios", "Señora Canales"]
    session.flush()
    assert session.scalar(select(func.count(Partner.id))) == before


def test_the_same_file_again_changes_nothing(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    handed = handed_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    plan = applying.look(session, handed, f.NOW)
    assert not plan.faults and not plan.does_something
    with pytest.raises(NothingToApply):
        applying.confirm(session, actor, handed.id, plan.digest, Terms(), lambda: f.NOW)


def test_what_changes_is_shown_before_and_after(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    later = TODAY.replace(b"Mon/Wed", b"Tue").replace(b"520 555 0199", b"520 555 0199")
    handed = handed_in(session, actor, cast.region, SheetKind.PARTNERS, later)
    plan = applying.look(session, handed, f.NOW)
    changed = [step for step in plan.steps if step.before]
    assert [(step.row, step.before, step.after) for step in changed] == [
        (2, {"weekdays": "Mon; Wed"}, {"weekdays": "Tue"})
    ]
    applying.confirm(session, actor, handed.id, plan.digest, Terms(), lambda: f.NOW)
    lucho = partner(session, "Lucho Barrios")
    assert lucho is not None and (lucho.weekdays, lucho.phone) == ([1], "520-555-0188")
    assert "partners:partner:changed" in tags(session)


def test_an_empty_cell_leaves_what_is_there(session: Session, cast: Cast, actor: Actor) -> None:
    cast.ramon.free_from, cast.ramon.free_until = time(9), time(12)
    sheet = lines("name,email,not before,days", f"{cast.ramon.name},{cast.ramon.email},,Fri")
    read_in(session, actor, cast.region, SheetKind.PARTNERS, sheet)
    session.refresh(cast.ramon)
    assert (cast.ramon.free_from, cast.ramon.weekdays) == (time(9), [4])


def test_rows_are_found_by_their_own_key_first(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.PARTNERS, lines("id,name,email", "n-7,Lucho,lucho@people.example"))
    moved = lines("id,name,email", "n-7,Lucho Barrios,barrios@people.example")
    done = read_in(session, actor, cast.region, SheetKind.PARTNERS, moved)
    assert outcomes(session, done) == [(2, "changed")]
    assert partner(session, "Lucho Barrios") is not None


def test_wrong_rows_block_the_whole_file_unless_they_are_left_out(session: Session, cast: Cast, actor: Actor) -> None:
    sheet = lines(
        "id,name,email,visits a month,days",
        "1,Lucho Barrios,lucho@people.example,2,Mon",
        "2,,nobody at people,lots,Someday",
        "1,Twice,twice@people.example,1,Tue",
    )
    handed = handed_in(session, actor, cast.region, SheetKind.PARTNERS, sheet)
    plan = applying.look(session, handed, f.NOW)
    assert [(fault.row, fault.column, fault.problem) for fault in plan.faults] == [
        (3, "email", Problem.EMAIL),
        (3, "monthly_capacity", Problem.WHOLE),
        (3, "weekdays", Problem.CHOICE),
        (3, "name", Problem.MISSING),
        (4, None, Problem.TWICE),
    ]
    with pytest.raises(RowsWrong):
        applying.confirm(session, actor, handed.id, plan.digest, Terms(), lambda: f.NOW)
    applying.confirm(session, actor, handed.id, plan.digest, Terms(leave_out=True), lambda: f.NOW)
    assert outcomes(session, handed) == [(2, "created")]


def test_a_second_click_reads_nothing_twice(session: Session, cast: Cast, actor: Actor) -> None:
    handed = handed_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    plan = applying.look(session, handed, f.NOW)
    for _ in range(2):
        applying.confirm(session, actor, handed.id, plan.digest, Terms(), lambda: f.NOW)
    assert session.scalar(select(func.count(Partner.id)).where(Partner.name == "Lucho Barrios")) == 1
    assert tags(session).count("people:sheet:applied") == 1


def test_what_has_changed_since_it_was_shown_is_shown_again(session: Session, cast: Cast, actor: Actor) -> None:
    handed = handed_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    plan = applying.look(session, handed, f.NOW)
    f.PartnerFactory(region=cast.region, name="Lucho Barrios", email="lucho@people.example")
    with pytest.raises(SheetOvertaken):
        applying.confirm(session, actor, handed.id, plan.digest, Terms(), lambda: f.NOW)


def test_a_file_waits_two_hours_and_then_it_is_gone(session: Session, cast: Cast, actor: Actor) -> None:
    handed = handed_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    late = f.NOW + applying.KEPT_FOR
    with pytest.raises(SheetGone):
        applying.look(session, handed, late)
    item = session.scalars(select(OutboxItem).where(OutboxItem.kind == applying.EXPIRES)).one()
    assert item.due_at == late
    applying.expire(session, item, late)
    assert session.get(SheetImport, handed.id, populate_existing=True) is None


def test_funds_come_to_those_whose_they_are(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    read_in(session, actor, cast.region, SheetKind.FUNDS, KNOWN)
    lucho = partner(session, "Lucho Barrios")
    assert lucho is not None and lucho.reviewed_at is None
    [fund] = session.scalars(select(Fund).where(Fund.partner_id == lucho.id))
    assert (fund.title, fund.text) == ("Making adobe", "Mud and straw.\nBring boots.")
    assert (fund.subjects, fund.grades) == (["science", "arts"], [0, 1, 2, 5])


def test_whose_funds_are_new_may_be_said_to_have_been_read(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    done = read_in(session, actor, cast.region, SheetKind.FUNDS, KNOWN, reviewed=True)
    lucho = partner(session, "Lucho Barrios")
    assert lucho is not None and lucho.reviewed_by_id == cast.marisol.id
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    session.refresh(lucho)
    assert (lucho.reviewed_at, session.scalars(select(Fund).where(Fund.partner_id == lucho.id)).all()) == (None, [])


def test_an_import_is_taken_back_as_a_whole(session: Session, cast: Cast, actor: Actor) -> None:
    cast.ramon.weekdays = [3]
    sheet = lines(
        "name,email,days,area",
        "Lucho Barrios,lucho@people.example,Mon,Las Norias",
        f"{cast.ramon.name},{cast.ramon.email},Fri,El Centro",
    )
    done = read_in(session, actor, cast.region, SheetKind.PARTNERS, sheet)
    cast.ramon.neighbourhood = "Said by himself since"
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    session.refresh(cast.ramon)
    assert partner(session, "Lucho Barrios") is None
    assert (cast.ramon.weekdays, cast.ramon.neighbourhood) == ([3], "Said by himself since")
    kept = session.scalars(select(ImportedRow.kept).where(ImportedRow.import_id == done.id).order_by(ImportedRow.line))
    assert list(kept) == [None, "changed"]
    assert tags(session)[-1] == "people:sheet:taken_back"
    undoing.take_back(session, actor, done.id, lambda: f.NOW + timedelta(minutes=1))
    assert done.undone_at == f.NOW


def test_who_has_shared_something_since_stays(session: Session, cast: Cast, actor: Actor) -> None:
    done = read_in(session, actor, cast.region, SheetKind.PARTNERS, TODAY)
    lucho = partner(session, "Lucho Barrios")
    assert lucho is not None
    f.FundFactory(region=cast.region, owner=lucho)
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    kept = dict(
        session.execute(select(ImportedRow.line, ImportedRow.kept).where(ImportedRow.import_id == done.id)).all()
    )
    assert kept == {2: "funds", 3: None}
    assert partner(session, "Lucho Barrios") is not None and partner(session, "Señora Canales") is None


@pytest.mark.parametrize("kind", [SheetKind.PARTNERS, SheetKind.FUNDS])
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_was_written_out_changes_nothing_when_it_is_read_in(
    session: Session, cast: Cast, actor: Actor, kind: SheetKind, language: str
) -> None:
    house = f.PartnerFactory(
        region=cast.region, name="=Taller; Ocho", kind=PartnerKind.ORGANISATION, email="taller@people.example"
    )
    f.PartnerFactory(
        region=cast.region, name="Nobody's @home", email="", phone="+52 (662) 555 0100", languages=["es", "en"],
        about='Said "so"\n\n-twice, and more', organisation_id=house.id, free_from=time(8), free_until=time(12, 30),
    )  # fmt: skip
    f.FundFactory(region=cast.region, owner=house, title="+1 idea", text="- one\n- two", grades=[0, 3, 4, 12], story="")
    session.flush()
    text = exporting.export(session, actor, cast.region, kind, language, lambda: f.NOW)
    handed = handed_in(session, actor, cast.region, kind, text.encode())
    plan = applying.look(session, handed, f.NOW)
    assert (list(plan.faults), plan.does_something, list(plan.unread)) == ([], False, [])
    assert len(plan.steps) >= 3


def test_whose_contacts_are_written_out_is_recorded(session: Session, cast: Cast, actor: Actor) -> None:
    exporting.export(session, actor, cast.region, SheetKind.FUNDS, "en", lambda: f.NOW)
    seen = session.scalars(select(AuditEvent.subject_id).where(AuditEvent.tag == "people:contacts:seen")).all()
    assert {cast.esperanza.id, cast.ramon.id} <= set(seen) and cast.paz.id not in seen
