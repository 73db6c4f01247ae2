"""Schools, teachers and requests out of a spreadsheet."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from matchmaker.services.sheets import applying, exporting, undoing
from matchmaker.services.sheets.faults import Problem
from models import (
    Account,
    AuditEvent,
    ImportedRow,
    LearningRequest,
    Membership,
    OutboxItem,
    RequestState,
    School,
    SheetImport,
    SheetKind,
    Teacher,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.sheets.files import handed_in, lines, outcomes, read_in

SCHOOLS = lines(
    "School Name,District,Grade span,NCES locale,Title 1,FRL,Measure,Year,Source,Enrollment",
    "Cottonwood Wash Middle,Cottonwood Unified,6-8,41,Y,61.5%,direct certification,2025,State table 7,480",
    "Depot Street Elementary,Cottonwood Unified,K to 5,,,,,,,",
)
TEACHERS = lines(
    "Teacher,School email,Site,Grade level,Content area",
    "Lucía Ríos,Lucia@School.example,tres hermanas middle school,6th-8th,ELA/Science",
)
REQUEST = "Teacher email,Question,Description,Preferred dates,Grade,Class size,Submitted on"


@pytest.fixture
def actor(cast: Cast) -> Actor:
    return Actor(cast.ada.id)


def asked(
    cast: Cast, text: str = "We model how water runs off our playground.", dates: str = "10/5/2026 9:00 AM"
) -> bytes:
    return lines(REQUEST, f"{cast.ana.account.email},Where does our storm water go?,{text},{dates},7,28,9/10/2026")


def problems(
    session: Session, actor: Actor, cast: Cast, kind: SheetKind, data: bytes
) -> list[tuple[str | None, Problem]]:
    plan = applying.look(session, handed_in(session, actor, cast.region, kind, data), f.NOW)
    return [(fault.column, fault.problem) for fault in plan.faults]


def test_schools_come_with_their_facts_and_where_these_are_from(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.SCHOOLS, SCHOOLS, file_name="state-2025.csv")
    school = session.scalars(select(School).where(School.name == "Cottonwood Wash Middle")).one()
    assert (school.grade_low, school.grade_high, school.students) == (6, 8, 480)
    assert (school.locale, school.title_i, school.poverty_value) == ("rural-fringe", True, 61.5)
    assert school.district is not None and school.district.name == "Cottonwood Unified"
    documented = session.scalars(select(AuditEvent).where(AuditEvent.tag == "equity:school:documented")).one()
    assert documented.detail["sources"] == {"locale": "state-2025.csv", "title_i": "state-2025.csv"}


def test_a_figure_is_whole_or_not_there(session: Session, cast: Cast, actor: Actor) -> None:
    sheet = lines("school,poverty,year,lat", "One,61,2025,", "Two,,,32.1", "Three,120,2025,", "Four,,,")
    assert problems(session, actor, cast, SheetKind.SCHOOLS, sheet) == [
        ("poverty_measure", Problem.INCOMPLETE_FIGURE),
        ("longitude", Problem.MISSING),
        ("poverty_value", Problem.RANGE),
    ]


def test_what_a_spreadsheet_program_makes_of_grades_is_explained(session: Session, cast: Cast, actor: Actor) -> None:
    sheet = lines("school,grades", "One,8-Jun")
    assert problems(session, actor, cast, SheetKind.SCHOOLS, sheet) == [("grades", Problem.TURNED_TO_DATE)]


def test_schools_are_taken_back_unless_people_depend_on_them(session: Session, cast: Cast, actor: Actor) -> None:
    done = read_in(session, actor, cast.region, SheetKind.SCHOOLS, SCHOOLS)
    school = session.scalars(select(School).where(School.name == "Cottonwood Wash Middle")).one()
    f.TeacherFactory(region=cast.region, school=school)
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    rows = select(ImportedRow.line, ImportedRow.kept).where(ImportedRow.import_id == done.id)
    assert dict(session.execute(rows).all()) == {2: "in_use", 3: None}
    assert session.scalar(select(func.count(School.id)).where(School.name == "Depot Street Elementary")) == 0


def test_teachers_are_vouched_for_and_hear_of_it_only_when_asked(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.TEACHERS, TEACHERS)
    lucia = session.scalars(select(Teacher).join(Account).where(Account.email == "lucia@school.example")).one()
    assert (lucia.school_id, lucia.grades) == (cast.school.id, [6, 7, 8])
    assert lucia.subjects == ["science", "language_arts"] and lucia.account.password is None
    membership = session.scalars(select(Membership).where(Membership.account_id == lucia.account_id)).one()
    assert (membership.since, membership.vouched_by_id) == (f.NOW, cast.ada.id)
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "vouched")) == 0
    another = TEACHERS.replace(b"Lucia@", b"Otra@")
    read_in(session, actor, cast.region, SheetKind.TEACHERS, another, tell=True)
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "vouched")) == 1


def test_what_people_say_of_themselves_stays_theirs(session: Session, cast: Cast, actor: Actor) -> None:
    sheet = lines("name,email,school,phone", f"A. Robles,{cast.ana.account.email},{cast.school.name},520-555-0100")
    done = read_in(session, actor, cast.region, SheetKind.TEACHERS, sheet)
    session.refresh(cast.ana)
    assert outcomes(session, done) == [(2, "changed")]
    assert (cast.ana.account.name, cast.ana.phone) == ("Ana Luisa Robles", "520-555-0100")


def test_a_teacher_of_no_school_is_refused(session: Session, cast: Cast, actor: Actor) -> None:
    sheet = TEACHERS.replace(b"tres hermanas", b"cuatro hermanos")
    assert problems(session, actor, cast, SheetKind.TEACHERS, sheet) == [("school", Problem.NO_SCHOOL)]


def test_teachers_are_taken_back_with_accounts_that_nobody_has_used(session: Session, cast: Cast, actor: Actor) -> None:
    sheet = TEACHERS + b"\r\nCharlie,%s,Tres Hermanas Middle School,," % cast.charlie.email.encode()
    done = read_in(session, actor, cast.region, SheetKind.TEACHERS, sheet)
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    kept = session.scalars(select(ImportedRow.kept).where(ImportedRow.import_id == done.id)).all()
    assert list(kept) == [None, None]
    assert session.scalar(select(Account.id).where(Account.email == "lucia@school.example")) is None
    assert session.get(Account, cast.charlie.id) is not None, "it was there before"
    assert session.scalar(select(func.count(Teacher.id)).where(Teacher.account_id == cast.charlie.id)) == 0


def test_a_request_is_posted_as_on_its_page(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.REQUESTS, asked(cast))
    request = session.scalars(select(LearningRequest).where(LearningRequest.teacher_id == cast.ana.id)).one()
    assert request.state is RequestState.POSTED and (request.grade, request.students) == (7, 28)
    [window] = request.windows
    assert (window.starts_at, window.ends_at) == (
        datetime(2026, 10, 5, 16, tzinfo=UTC), datetime(2026, 10, 5, 16, 50, tzinfo=UTC),
    )  # fmt: skip
    assert request.posted_at is not None and request.posted_at.date() == date(2026, 9, 10)
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "propose")) == 1
    again = applying.look(session, handed_in(session, actor, cast.region, SheetKind.REQUESTS, asked(cast)), f.NOW)
    assert not again.faults and not again.does_something


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text": "My student Mateo asked about rain."}, [("text", Problem.STUDENT_NAME)]),
        ({"dates": "9/1/2026 9:00 AM"}, [("windows", Problem.NO_DATE_AHEAD)]),
        ({"dates": "10/4/2026 9:00 AM"}, [("windows", Problem.WEEKEND)]),
        ({"dates": "10/5/2026 9:00 PM"}, [("windows", Problem.OUTSIDE_HOURS)]),
        ({"dates": "10/5/2029 9:00 AM"}, [("windows", Problem.FAR_AHEAD)]),
        ({"dates": "soon"}, [("windows", Problem.WINDOW)]),
        ({"dates": "2/30/2027 9:00"}, [("windows", Problem.DAY)]),
    ],
)
def test_a_request_is_checked_as_on_its_page(
    session: Session, cast: Cast, actor: Actor, change: dict[str, str], expected: list[tuple[str, Problem]]
) -> None:
    assert problems(session, actor, cast, SheetKind.REQUESTS, asked(cast, **change)) == expected


def test_nobody_edits_a_posted_request_by_a_spreadsheet(session: Session, cast: Cast, actor: Actor) -> None:
    read_in(session, actor, cast.region, SheetKind.REQUESTS, asked(cast))
    other = asked(cast, text="Something quite different now.")
    assert problems(session, actor, cast, SheetKind.REQUESTS, other) == [("text", Problem.POSTED)]


def test_requests_are_withdrawn_when_they_are_taken_back_and_may_come_again(
    session: Session, cast: Cast, actor: Actor
) -> None:
    done = read_in(session, actor, cast.region, SheetKind.REQUESTS, asked(cast))
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    assert session.scalars(select(LearningRequest.state)).all() == [RequestState.WITHDRAWN]
    again = read_in(session, actor, cast.region, SheetKind.REQUESTS, asked(cast))
    assert outcomes(session, again) == [(2, "created")]


def test_a_request_somebody_was_asked_for_stays(session: Session, cast: Cast, actor: Actor) -> None:
    done = read_in(session, actor, cast.region, SheetKind.REQUESTS, asked(cast))
    request = session.scalars(select(LearningRequest)).one()
    for state in (RequestState.PROPOSED, RequestState.PLACED):
        request.become(state, at=f.NOW, actor_id=None)
    undoing.take_back(session, actor, done.id, lambda: f.NOW)
    assert session.scalar(select(ImportedRow.kept).where(ImportedRow.import_id == done.id)) == "in_use"
    assert request.state is RequestState.PLACED


@pytest.mark.parametrize("kind", [SheetKind.SCHOOLS, SheetKind.TEACHERS, SheetKind.REQUESTS])
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_was_written_out_changes_nothing_when_it_is_read_in(
    session: Session, cast: Cast, actor: Actor, kind: SheetKind, language: str
) -> None:
    f.SchoolFactory(
        region=cast.region, district_id=f.DistrictFactory(region=cast.region).id, poverty_value=40.25,
        poverty_measure="direct certification", poverty_year=2025, poverty_source="=State", locale="town-fringe",
        title_i=False, grade_low=0, grade_high=5, latitude=-32.123456789, longitude=1e-7, source_key="s-1",
    )  # fmt: skip
    cast.tomas.subjects, cast.tomas.grades = ["math", "an_older_code"], [1, 2, 4]
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title="@once", text="-a\n\n-b", overnight=True)
    f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas, state=RequestState.DONE)
    session.flush()
    text = exporting.export(session, actor, cast.region, kind, language, lambda: f.NOW)
    plan = applying.look(session, handed_in(session, actor, cast.region, kind, text.encode("utf-16")), f.NOW)
    assert (list(plan.faults), [dict(step.after) for step in plan.steps if step.after], list(plan.unread)) == (
        [],
        [],
        [],
    )
    assert len(plan.steps) >= 2
    assert session.scalar(select(func.count(SheetImport.id))) == 1
