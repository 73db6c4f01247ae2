"""Clearances out of a spreadsheet: what their page would keep, of partners who are there."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from matchmaker.queries import personal
from matchmaker.services import erasure
from matchmaker.services.clearances import Kept, kept_of, record
from matchmaker.services.sheets import applying, exporting, undoing
from matchmaker.services.sheets.faults import Problem
from models import AuditEvent, Clearance, ImportedRow, OutboxItem, RequestState, SheetKind
from tests import factories as f
from tests.cast import Cast
from tests.services.sheets.files import handed_in, lines, read_in

IN_ORDER = Kept(Clearance.CLEARED, "State office", date(2026, 1, 20), date(2032, 1, 19))
KIND = SheetKind.CLEARANCES


@pytest.fixture
def actor(cast: Cast) -> Actor:
    return Actor(cast.marisol.id)


def of_two(cast: Cast) -> bytes:
    """A list as networks keep it: found by an address and by a key, one in order and one no longer."""
    cast.ramon.source_key = "n-7"
    return lines(
        "Name;E-mail;Background check;Agency;Issue date;Expires",
        f"Esperanza;{cast.esperanza.email.upper()};Vigente;State office;1/20/2026;1/19/2032",
        "Ramón;n-7;pending;State office;5/1/2020;",
    )


def test_a_list_is_read_in_once_as_the_page_would_keep_it_and_taken_back(
    session: Session, cast: Cast, actor: Actor
) -> None:
    before = {each.id: kept_of(each) for each in (cast.esperanza, cast.ramon)}
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.NONE_YET)
    sheet, revision = of_two(cast), cast.region.revision
    done = read_in(session, actor, cast.region, KIND, sheet)
    assert kept_of(cast.esperanza) == IN_ORDER
    assert kept_of(cast.ramon) == Kept(Clearance.IN_PROCESS), "issuer and dates are of those in order only"
    assert {cast.region.revision, cast.esperanza.revision, cast.ramon.revision} == {revision + 1}
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag == "people:clearance:recorded")).all()
    assert {event.subject_id for event in events} == set(before) and "office" not in str([e.detail for e in events])
    asked = session.scalars(select(OutboxItem.key).where(OutboxItem.key.contains(f"revision-{revision + 1}"))).all()
    assert len(asked) == 1, "who found nobody is ranked again, once"
    again = applying.look(session, handed_in(session, actor, cast.region, KIND, sheet), f.NOW)
    assert not again.faults and not again.does_something
    record(session, actor, cast.esperanza.id, Kept(Clearance.CLEARED, ends_on=date(2033, 1, 1)), lambda: f.NOW)
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    assert kept_of(cast.esperanza) == Kept(Clearance.CLEARED, ends_on=date(2033, 1, 1)), "renewed since: left whole"
    assert kept_of(cast.ramon) == before[cast.ramon.id]
    rows = session.execute(select(ImportedRow.line, ImportedRow.kept).where(ImportedRow.import_id == done.id))
    assert dict(rows.all()) == {2: "changed", 3: None}
    person = personal.of_partner(session, cast.region, cast.esperanza)
    erasure.erase(session, Actor(cast.ada.id), person, lambda: f.NOW)
    [kept] = session.scalars(select(ImportedRow).where(ImportedRow.subject_id == cast.esperanza.id))
    session.refresh(kept)
    assert (kept.before, kept.after) == ({}, {})


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_was_written_out_changes_nothing_when_it_is_read_in(
    session: Session, cast: Cast, actor: Actor, language: str
) -> None:
    twins = [f.PartnerFactory(region=cast.region, email="one@house.example", name=name) for name in ("A", "B")]
    for partner, status in zip((cast.esperanza, cast.ramon, *twins), Clearance, strict=False):
        record(session, actor, partner.id, Kept(status, "State office", ends_on=date(2032, 1, 19)), lambda: f.NOW)
    text = exporting.export(session, actor, cast.region, KIND, language, lambda: f.NOW)
    plan = applying.look(session, handed_in(session, actor, cast.region, KIND, text.encode()), f.NOW)
    assert (list(plan.faults), plan.does_something, list(plan.unread)) == ([], False, [])
    assert len(plan.steps) >= 4 and "A" in [step.label for step in plan.steps]


def test_what_is_wrong_is_said_of_each_row(session: Session, cast: Cast, actor: Actor) -> None:
    sheet = lines(
        "email,status,issued on,ends on",
        "nobody@people.example,in order,,",
        f"{cast.paz.email},in order,,",
        f"{cast.esperanza.email},in order,2026-02-01,2026-01-01",
        f"{cast.esperanza.email},expired,,",
        f"{cast.ramon.email},,,0032-01-01",
    )
    record(session, actor, cast.ramon.id, Kept(Clearance.NONE), lambda: f.NOW)
    plan = applying.look(session, handed_in(session, actor, cast.region, KIND, sheet), f.NOW)
    assert [(fault.row, fault.column, fault.problem) for fault in plan.faults] == [
        (2, "partner", Problem.NO_PARTNER),
        (3, "partner", Problem.NO_PARTNER),
        (4, "ends_on", Problem.HOURS),
        (5, "status", Problem.CHOICE),
        (5, None, Problem.TWICE),
        (6, "ends_on", Problem.DAY),
        (6, "status", Problem.MISSING),
    ]
