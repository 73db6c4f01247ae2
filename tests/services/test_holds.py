"""Putting a request aside: until which day, by whom, what ends it, and that no promise waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import DomainError, NotFound
from matchmaker.queries import desk as reading
from matchmaker.services import holds, introductions, overdue, proposals, requests
from models import AuditEvent, IntroductionState, OutboxItem, RequestState, Task, TaskKind
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import Desk, acting, audited

MONDAY = date(2026, 9, 14)


def section(session: Session, cast: Cast, desk: Desk, now: datetime) -> str:
    item = reading.queue(session, cast.region, now).item(desk.request.id)
    assert item is not None
    return item.section


def test_a_request_is_put_aside_for_three_school_days_with_who_and_why(
    session: Session, cast: Cast, desk: Desk, clock: Clock
) -> None:
    f.ClosureFactory(region=cast.region, first_on=date(2026, 9, 16), last_on=date(2026, 9, 16))
    held = holds.hold(session, desk.marisol, desk.request.id, None, "  She asks the principal. ", clock)
    # Tuesday, Thursday, Friday; from midnight in Phoenix.
    assert held.held_until == datetime(2026, 9, 18, 7, 0, tzinfo=UTC)
    assert (held.held_by, held.held_for) == (cast.marisol, "She asks the principal.")
    event = session.scalars(select(AuditEvent)).one()
    assert (event.tag, event.detail) == ("desk:request:held", {"until": "2026-09-18T00:00:00-07:00"})


def test_a_held_request_leaves_the_queue_and_comes_back_by_itself(
    session: Session, cast: Cast, desk: Desk, clock: Clock
) -> None:
    assert section(session, cast, desk, f.NOW) == "ready"
    until = holds.hold(session, desk.marisol, desk.request.id, None, "", clock).held_until
    assert until is not None
    assert section(session, cast, desk, until - timedelta(seconds=1)) == "held"
    assert section(session, cast, desk, until) == "ready"


def test_a_day_without_school_becomes_the_next_one_with(session: Session, desk: Desk, clock: Clock) -> None:
    saturday = MONDAY + timedelta(days=5)
    held = holds.hold(session, desk.marisol, desk.request.id, saturday, "", clock)
    assert held.held_until == datetime(2026, 9, 21, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "refusal"), [(-1, holds.NotAhead), (0, holds.NotAhead), (1, None), (28, None), (29, holds.TooLong)]
)
def test_a_hold_lies_ahead_and_within_twenty_school_days(
    session: Session, desk: Desk, clock: Clock, days: int, refusal: type[DomainError] | None
) -> None:
    until = MONDAY + timedelta(days=days)
    if refusal is None:
        assert holds.hold(session, desk.marisol, desk.request.id, until, "", clock).held(f.NOW)
    else:
        with pytest.raises(refusal):
            holds.hold(session, desk.marisol, desk.request.id, until, "", clock)
        assert not desk.request.held(f.NOW)


STATES = {
    RequestState.DRAFT: NotFound,
    RequestState.POSTED: None,
    RequestState.PROPOSED: None,
    RequestState.NONE_YET: None,
    RequestState.DONE: proposals.RequestChanged,
    RequestState.WITHDRAWN: proposals.RequestChanged,
}


@pytest.mark.parametrize("state", STATES)
def test_only_a_request_that_waits_is_put_aside(
    session: Session, cast: Cast, clock: Clock, state: RequestState
) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=state)
    refusal = STATES[state]
    if refusal is None:
        assert holds.hold(session, acting(cast.ben), request.id, None, "", clock).held(f.NOW)
        return
    with pytest.raises(refusal):
        holds.hold(session, acting(cast.ben), request.id, None, "", clock)


@pytest.mark.parametrize("wanted", [1, 2])
def test_with_somebody_asked_only_a_request_for_more_people_is_put_aside(
    session: Session, desk: Desk, clock: Clock, wanted: int
) -> None:
    desk.request.partners_wanted = wanted
    desk.approve(session, clock)
    if wanted == 1:
        with pytest.raises(holds.NobodyElseWanted):
            holds.hold(session, desk.marisol, desk.request.id, None, "", clock)
    else:
        assert holds.hold(session, desk.marisol, desk.request.id, None, "", clock).held(f.NOW)


def test_releasing_takes_it_up_at_once_and_again_changes_nothing(session: Session, desk: Desk, clock: Clock) -> None:
    holds.hold(session, desk.marisol, desk.request.id, None, "A call", clock)
    for _ in range(2):
        released = holds.release(session, desk.ben, desk.request.id, clock)
        assert (released.held_until, released.held_by_id, released.held_for) == (None, None, "")
    assert audited(session) == ["desk:request:held", "desk:request:taken_up"]


def approve(session: Session, desk: Desk, clock: Clock) -> None:
    desk.approve(session, clock, desk.ben)


def withdraw(session: Session, desk: Desk, clock: Clock) -> None:
    requests.withdraw(session, desk.marisol, desk.request.id, clock)


@pytest.mark.parametrize("ending", [approve, withdraw])
@pytest.mark.parametrize("wanted", [1, 3])
def test_what_happens_to_the_request_ends_the_hold(
    session: Session, desk: Desk, clock: Clock, ending: Callable[[Session, Desk, Clock], None], wanted: int
) -> None:
    desk.request.partners_wanted = wanted
    holds.hold(session, desk.marisol, desk.request.id, None, "A call", clock)
    ending(session, desk, clock)
    assert (desk.request.held_until, desk.request.held_by_id, desk.request.held_for) == (None, None, "")


def test_a_not_now_that_becomes_a_yes_ends_the_hold(session: Session, desk: Desk, invited, clock: Clock) -> None:
    introductions.not_now(session, invited.key, None, clock)
    holds.hold(session, desk.marisol, desk.request.id, None, "", clock)
    introductions.accept(session, invited.key, desk.request.windows[0].id, clock)
    assert invited.state is IntroductionState.ACCEPTED
    assert not desk.request.held(f.NOW)


def test_a_held_request_still_has_a_name_and_a_date_by_the_regions_limit(
    session: Session, cast: Cast, desk: Desk, clock: Clock
) -> None:
    item = f.OutboxItemFactory(region_id=cast.region.id, kind="silence", payload={"request_id": desk.request.id})
    holds.hold(session, desk.marisol, desk.request.id, MONDAY + timedelta(days=25), "", clock)
    overdue.silence(session, item, f.NOW + timedelta(days=7))
    task = session.scalars(select(Task).where(Task.request_id == desk.request.id)).one()
    assert task.kind is TaskKind.NO_ANSWER
    assert session.scalar(select(OutboxItem.id).where(OutboxItem.kind == "looking_further"))
    assert desk.request.held(f.NOW)
