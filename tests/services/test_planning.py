"""Asking for a plan, cancelling it, and the night that asks by itself: once, whatever the clocks do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.policies import NOBODY
from matchmaker.queries import plans
from matchmaker.services import planning, ranker
from models import OutboxItem, Plan, PlanKind, PlanState, QueueName, Region
from tests import factories as f
from tests.cast import Cast
from tests.databases import OwnDatabase
from tests.embedded.watching import until
from tests.services.conftest import acting, audited, waiting


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type]


def test_asking_stores_a_plan_with_the_policy_and_leaves_word(session: Session, cast: Cast, clock: Clock) -> None:
    plan = planning.ask(session, acting(cast.marisol), cast.region, clock)
    assert (plan.kind, plan.state, plan.asked_by_id) == (PlanKind.ASKED, PlanState.WAITING, cast.marisol.id)
    assert plan.numbers == {"alpha": 4.0, "alpha2": 2.0, "beta": 0.1}
    item = session.scalars(select(OutboxItem)).one()
    assert (item.queue, item.key, item.region_id) == (QueueName.PLANNING, f"plan:{plan.id}", cast.region.id)
    assert audited(session) == ["planning:plan:asked"]


def test_asking_while_one_is_under_way_is_asking_for_that_one(session: Session, cast: Cast, clock: Clock) -> None:
    first = planning.ask(session, acting(cast.marisol), cast.region, clock)
    first.state = PlanState.RUNNING
    session.flush()
    assert planning.ask(session, acting(cast.ben), cast.region, clock) is first
    assert planning.ask(session, NOBODY, cast.region, clock, PlanKind.NIGHTLY) is first
    assert planning.ask(session, NOBODY, cast.next_door, clock) is not first
    first.state, first.finished_at = PlanState.DONE, f.NOW
    session.flush()
    assert planning.ask(session, acting(cast.ben), cast.region, clock) is not first


def test_trials_wait_behind_one_another_and_beside_a_plan(session: Session, cast: Cast, clock: Clock) -> None:
    planning.ask(session, NOBODY, cast.region, clock)
    made = [
        planning.ask(session, acting(cast.ada), cast.region, clock, PlanKind.TRIAL, numbers={"alpha": alpha})
        for alpha in (1.0, 2.0)
    ]
    assert [plan.numbers["alpha"] for plan in made] == [1.0, 2.0]
    assert len(waiting(session)) == 3


def test_two_who_ask_at_the_same_moment_get_one_plan(own_database: OwnDatabase, clock: Clock) -> None:
    with own_database.stored():
        region = f.RegionFactory()
    with own_database.session() as one, own_database.session() as two, ThreadPoolExecutor(1) as thread:
        first = planning.ask(one, NOBODY, one.get_one(Region, region.id), clock).id
        second = thread.submit(lambda: planning.ask(two, NOBODY, two.get_one(Region, region.id), clock).id)
        until(own_database.waiting)
        one.commit()
        assert second.result(timeout=30) == first


def test_a_plan_that_waits_is_cancelled_at_once(session: Session, cast: Cast, clock: Clock) -> None:
    plan = planning.ask(session, NOBODY, cast.region, clock)
    for person in (cast.marisol, cast.ben):
        planning.cancel(session, acting(person), plan.id, clock)
    assert (plan.state, plan.finished_at, plan.cancelled_by_id) == (PlanState.CANCELLED, f.NOW, cast.marisol.id)
    assert audited(session) == ["planning:plan:asked", "planning:plan:cancelled"]


@pytest.mark.parametrize(
    ("silent", "state"), [(timedelta(seconds=5), PlanState.RUNNING), (plans.HEART_STOPS, PlanState.CANCELLED)]
)
def test_a_plan_that_runs_is_told_to_end_and_one_whose_process_is_lost_ends_at_once(
    session: Session, cast: Cast, clock: Clock, silent: timedelta, state: PlanState
) -> None:
    plan = f.PlanFactory(
        region=cast.region, state=PlanState.RUNNING, finished_at=None, heartbeat_at=f.NOW - silent, holder="a:1"
    )
    planning.cancel(session, acting(cast.marisol), plan.id, clock)
    assert (plan.cancel_at, plan.state) == (f.NOW, state)


def test_what_has_ended_is_not_cancelled(session: Session, cast: Cast, clock: Clock) -> None:
    plan = f.PlanFactory(region=cast.region)
    planning.cancel(session, acting(cast.marisol), plan.id, clock)
    assert (plan.state, plan.cancel_at) == (PlanState.DONE, None)


@pytest.fixture
def town(session: Session) -> Region:
    """A region of long ago in a zone with summer time; its night begins at two."""
    region: Region = f.RegionFactory(time_zone="America/Denver", created_at=at(2020, 1, 1))
    return region


def nights(session: Session, region: Region, *moments: datetime) -> list[tuple[str, datetime]]:
    """What was left for the planner once the clock had ticked at these moments: local dates and when they were due."""
    for moment in moments:
        planning.call_nights(session, moment)
    items = session.scalars(
        select(OutboxItem).where(OutboxItem.region_id == region.id, OutboxItem.kind == "night").order_by(OutboxItem.id)
    )
    return [(item.key.rsplit(":", 1)[1], item.due_at) for item in items]


def test_a_night_comes_once_however_often_the_clocks_tick(session: Session, town: Region) -> None:
    ticks = [at(2026, 9, 14, 7, 59), at(2026, 9, 14, 8, 0), at(2026, 9, 14, 8, 0), at(2026, 9, 14, 20, 0)]
    assert nights(session, town, ticks[0]) == []
    assert nights(session, town, *ticks) == [("2026-09-14", at(2026, 9, 14, 8, 0))]
    assert nights(session, town, at(2026, 9, 15, 5, 59)) == [("2026-09-14", at(2026, 9, 14, 8, 0))]
    assert len(nights(session, town, at(2026, 9, 15, 8, 1))) == 2


def test_a_late_start_makes_up_for_the_night(session: Session, town: Region) -> None:
    assert nights(session, town, at(2026, 9, 14, 21, 0)) == [("2026-09-14", at(2026, 9, 14, 8, 0))]


@pytest.mark.parametrize(
    ("hour", "day", "due"),
    [
        pytest.param(2, (2026, 3, 8), at(2026, 3, 8, 9), id="an hour that the clocks skip is the one after"),
        pytest.param(1, (2026, 11, 1), at(2026, 11, 1, 7), id="of an hour that comes twice, the first"),
        pytest.param(3, (2026, 11, 1), at(2026, 11, 1, 10), id="after the change, winter time"),
    ],
)
def test_nights_of_a_change_of_clocks_come_once(
    session: Session, town: Region, hour: int, day: tuple[int, int, int], due: datetime
) -> None:
    town.plan_hour = hour
    session.flush()
    midnight = at(*day, 6) - timedelta(hours=1)
    every_quarter = [midnight + timedelta(minutes=15 * quarter) for quarter in range(24 * 4)]
    called = [night for night in nights(session, town, *every_quarter) if night[0] == "{}-{:02}-{:02}".format(*day)]
    assert called == [("{}-{:02}-{:02}".format(*day), due)]


def test_a_region_that_moves_its_hour_or_its_zone_is_not_planned_twice_a_date(session: Session, town: Region) -> None:
    nights(session, town, at(2026, 9, 14, 8, 0))
    town.plan_hour, town.time_zone = 23, "Pacific/Auckland"
    session.flush()
    # The local date there is already the next one, whose night has not come.
    assert len(nights(session, town, at(2026, 9, 14, 9, 0), at(2026, 9, 14, 10, 59))) == 1


def test_a_region_founded_in_the_course_of_the_day_waits_for_its_first_night(session: Session, town: Region) -> None:
    town.created_at = at(2026, 9, 14, 15, 0)
    session.flush()
    assert nights(session, town, at(2026, 9, 14, 16, 0)) == []
    assert len(nights(session, town, at(2026, 9, 15, 8, 0))) == 1


def test_a_night_asks_for_a_plan_where_something_is_open(session: Session, cast: Cast, clock: Clock) -> None:
    assert planning.begin_night(session, cast.region.id, clock) is None
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    plan = planning.begin_night(session, cast.region.id, clock)
    assert plan is not None and plan.kind is PlanKind.NIGHTLY and plan.asked_by_id is None
    assert session.scalars(select(Plan)).all() == [plan]


def test_a_night_waits_for_requests_that_the_ranker_still_has_before_it(session: Session, cast: Cast) -> None:
    planning.call_now(session, cast.region, f.NOW)
    planning.call_now(session, cast.region, f.NOW)
    night = session.scalars(select(OutboxItem).where(OutboxItem.kind == planning.NIGHT)).one()
    now = night.created_at
    assert planning.wait_for_rankings(session, night, now) is None
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    ranker.ask(session, request, "posted", now)
    assert planning.wait_for_rankings(session, night, now) == now + planning.LOOK_AGAIN
    # Not for another region's, and not for ever.
    assert planning.wait_for_rankings(session, night, now + planning.LONGEST_WAIT + timedelta(seconds=1)) is None
    ranking = session.scalars(select(OutboxItem).where(OutboxItem.kind == ranker.PROPOSE)).one()
    ranking.done_at = now
    session.flush()
    assert planning.wait_for_rankings(session, night, now) is None
