"""The days without school, a school's bells, and everybody's private calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import vobject
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, AuditEvent, Closure, Introduction, IntroductionState, School, Visit
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser

Browse = Callable[[Account | None], Browser]
BREAK = {
    "kind": "holiday", "first_on": "2026-10-05", "last_on": "2026-10-09", "name_en": "Fall break", "name_es": "Receso",
}  # fmt: skip


@pytest.fixture
def visit(cast: Cast, session: Session) -> Visit:
    """Esperanza with Ana's class on October 6."""
    return agreed(cast, session)


def agreed(cast: Cast, session: Session, starts_at: datetime | None = None, state: str = "scheduled") -> Visit:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza)
    made: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.MET
    )
    made.state = IntroductionState(state)
    begins = starts_at or datetime(2026, 10, 6, 16, 20, tzinfo=UTC)
    visit: Visit = f.VisitFactory(
        region=cast.region, of=made, starts_at=begins, ends_at=begins + timedelta(minutes=50), room="Library B"
    )
    session.commit()
    return visit


def words(answer: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))  # type: ignore[attr-defined]


def events(answer: object) -> list[object]:
    calendar = vobject.readOne(answer.get_data(as_text=True))  # type: ignore[attr-defined]
    calendar.validate(raiseException=True)
    return list(calendar.contents.get("vevent", []))


def test_both_sides_have_the_visit_in_their_calendars(visitor: Browser, cast: Cast, visit: Visit) -> None:
    for key, said in ((cast.ana.feed_key, "with the class of"), (cast.esperanza.feed_key, "con el grupo de")):
        answer = visitor.get(f"/calendar/{key}.ics")
        assert answer.mimetype == "text/calendar" and answer.headers["Cache-Control"].startswith("private")
        (event,) = events(answer)
        assert event.dtstart.value == visit.starts_at and said in event.summary.value  # type: ignore[attr-defined]
        assert event.uid.value == f"{visit.introduction.key}@matchmaker.example"  # type: ignore[attr-defined]


def test_a_feed_holds_no_contact_and_no_room(visitor: Browser, cast: Cast, visit: Visit) -> None:
    text = visitor.get(f"/calendar/{cast.ana.feed_key}.ics").get_data(as_text=True).replace("\r\n ", "")
    for secret in (cast.ana.account.email, cast.esperanza.email, cast.esperanza.phone, "room 12", "Library B"):
        assert secret not in text, secret


def test_what_is_called_off_stays_as_such_and_what_is_long_past_goes(
    visitor: Browser, cast: Cast, session: Session
) -> None:
    agreed(cast, session, f.NOW - timedelta(days=100), "met")
    agreed(cast, session, f.NOW - timedelta(days=80), "met")
    agreed(cast, session, f.NOW + timedelta(days=9), "cancelled")
    found = events(visitor.get(f"/calendar/{cast.esperanza.feed_key}.ics"))
    assert [event.status.value for event in found] == ["CONFIRMED", "CANCELLED"]  # type: ignore[attr-defined]


def test_a_changed_visit_says_when(visitor: Browser, cast: Cast, visit: Visit, session: Session) -> None:
    session.add(
        AuditEvent(
            region_id=cast.region.id, at=f.NOW - timedelta(hours=3), tag="visits:visit:moved",
            subject_kind="visit", subject_id=visit.id, detail={},
        )
    )  # fmt: skip
    (event,) = events(visitor.get(f"/calendar/{cast.esperanza.feed_key}.ics"))
    assert event.last_modified.value == event.dtstamp.value == f.NOW - timedelta(hours=3)  # type: ignore[attr-defined]


def test_somebody_elses_visits_are_not_in_it(visitor: Browser, cast: Cast, visit: Visit) -> None:
    for key in (cast.tomas.feed_key, cast.ramon.feed_key, cast.otto.feed_key):
        assert events(visitor.get(f"/calendar/{key}.ics")) == []


@pytest.mark.parametrize("key", ["5f0c7a1e-1f0b-4c57-9d0a-0c1a2b3c4d5e", "1", "not-a-key"])
def test_an_unknown_address_is_none(visitor: Browser, cast: Cast, key: str) -> None:
    assert visitor.get(f"/calendar/{key}.ics").status_code == 404


def test_a_new_address_ends_the_old_one(browse: Browse, visitor: Browser, cast: Cast, session: Session) -> None:
    partner = session.get_one(Account, cast.esperanza.account_id)
    for account, owner, page in ((partner, cast.esperanza, "/profile"), (cast.ana.account, cast.ana, "/requests")):
        before = owner.feed_key
        browser = browse(account)
        assert browser.post("/calendar/address").headers["Location"] == page
        session.refresh(owner)
        assert visitor.get(f"/calendar/{before}.ics").status_code == 404
        assert visitor.get(f"/calendar/{owner.feed_key}.ics").status_code == 200


def test_the_address_stands_on_ones_own_page(browse: Browse, cast: Cast, session: Session, visit: Visit) -> None:
    partner = session.get_one(Account, cast.esperanza.account_id)
    for account, owner, page in ((partner, cast.esperanza, "/profile"), (cast.ana.account, cast.ana, "/requests")):
        assert f"/calendar/{owner.feed_key}.ics" in browse(account).get(page).get_data(as_text=True)


def test_an_admin_closes_days_and_hears_of_visits_on_them(
    browse: Browse, cast: Cast, session: Session, visit: Visit
) -> None:
    ada = browse(cast.ada)
    assert ada.post("/calendar", BREAK).status_code == 302
    closure = session.scalars(select(Closure)).one()
    assert (closure.first_on, closure.last_on) == (date(2026, 10, 5), date(2026, 10, 9))
    said = words(ada.get("/calendar"))
    assert "Fall break" in said and "1 agreed visit lies on these days" in said
    assert ada.post("/calendar", BREAK).status_code == 409
    assert ada.post(f"/calendar/closures/{closure.id}/remove").status_code == 302
    assert session.scalars(select(Closure)).all() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"first_on": ""}, "Please choose the first day."),
        ({"first_on": "soon"}, "Please write a day such as 2026-11-26."),
        ({"last_on": "2026-10-04"}, "not before the first"),
        ({"last_on": "2027-10-04"}, "not before the first"),
        ({"name_es": ""}, "Please write the name in Spanish."),
        ({"kind": "party"}, "Please choose one."),
    ],
)
def test_what_is_wrong_with_days_is_said_beside_them(
    browse: Browse, cast: Cast, session: Session, changed: dict[str, str], said: str
) -> None:
    answer = browse(cast.ada).post("/calendar", {**BREAK, **changed})
    assert answer.status_code == 422 and said in words(answer)
    assert session.scalars(select(Closure)).all() == []


def test_one_day_needs_no_last_day(browse: Browse, cast: Cast, session: Session) -> None:
    browse(cast.ada).post("/calendar", {**BREAK, "last_on": ""})
    assert session.scalars(select(Closure.last_on)).one() == date(2026, 10, 5)


def test_a_coordinator_reads_and_changes_nothing(browse: Browse, cast: Cast, session: Session) -> None:
    f.ClosureFactory(region=cast.region)
    page = browse(cast.marisol).get("/calendar").get_data(as_text=True)
    assert "Thanksgiving" in page and "name_en" not in page


def test_bells_are_written_one_a_line(browse: Browse, cast: Cast, session: Session) -> None:
    path = f"/schools/{cast.school.id}/bells"
    ada = browse(cast.ada)
    assert ada.post(path, {"lessons": "1, 8:00-8:50\n\n2,08:55 \u2013 09:45\n"}).status_code == 302
    school = session.get_one(School, cast.school.id, populate_existing=True)
    assert school.bells == [
        {"name": "1", "from": "08:00", "to": "08:50"},
        {"name": "2", "from": "08:55", "to": "09:45"},
    ]
    assert "1, 08:00-08:50" in ada.get(path).get_data(as_text=True)
    assert "8:55\u20139:45" in ada.get(f"/schools/{cast.school.id}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("lessons", "said"),
    [
        ("1, 8:00-8:50\nlunch", "Line 2: please write it like"),
        ("1, 8:00-25:10", "Line 1: please write it like"),
        ("1, 9:00-8:10", "Line 1: a lesson ends after it begins."),
        ("1, 8:00-8:50\n2, 8:40-9:30", "Line 2: this lesson begins before"),
        ("\n".join(f"{n}, {n}:00-{n}:02" for n in range(1, 22)), "20 lessons at most"),
    ],
)
def test_a_line_that_is_wrong_is_named(browse: Browse, cast: Cast, session: Session, lessons: str, said: str) -> None:
    answer = browse(cast.ada).post(f"/schools/{cast.school.id}/bells", {"lessons": lessons})
    assert answer.status_code == 422 and said in words(answer)
    assert session.get_one(School, cast.school.id, populate_existing=True).bells == []
