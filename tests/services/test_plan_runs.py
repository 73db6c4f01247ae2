"""The run of a plan, through the queue: it takes effect whole, gives way, ends when told to, and is taken up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.clock import Clock
from matchmaker.extensions import db
from matchmaker.policies import NOBODY
from matchmaker.queries import rankings
from matchmaker.services import plan_runs, planning, policy
from models import (
    AuditEvent,
    CapacityUnit,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    Plan,
    PlanKind,
    PlannedPlace,
    PlanState,
    Proposal,
    QueueName,
    Region,
    RequestState,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting

PLANNING = QueueName.PLANNING


@pytest.fixture(autouse=True)
def due(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers read the real clock; here it stands at the factories' present."""
    monkeypatch.setattr(jobs, "utc_now", lambda: f.NOW)


def town(cast: Cast, requests: int = 4, partners: int = 6) -> list[LearningRequest]:
    """Open requests of one month that all know the same few people, each a little less than the one before."""
    people = [f.PartnerFactory(region=cast.region, monthly_capacity=1) for _ in range(partners)]
    asked = []
    for number in range(requests):
        request = f.LearningRequestFactory(region=cast.region, asked_by=(cast.ana, cast.tomas)[number % 2])
        request.state = RequestState.PROPOSED
        f.RankingFactory(
            region=cast.region,
            of=request,
            candidates=[
                {"partner_id": who.id, "relevance": 0.9 - 0.1 * at - 0.01 * number} for at, who in enumerate(people)
            ],
        )
        asked.append(request)
    f.current().commit()
    return asked


def ask(session: Session, cast: Cast, clock: Clock, kind: PlanKind = PlanKind.ASKED) -> Plan:
    plan = planning.ask(session, acting(cast.marisol), cast.region, clock, kind)
    session.commit()
    return plan


def places(session: Session, plan: Plan) -> dict[int, list[PlannedPlace]]:
    found: dict[int, list[PlannedPlace]] = {}
    of_plan = select(PlannedPlace).where(PlannedPlace.plan_id == plan.id)
    for place in session.scalars(of_plan.order_by(PlannedPlace.request_id, PlannedPlace.place)):
        found.setdefault(place.request_id, []).append(place)
    return found


def work(session: Session) -> int:
    """Do all that is due, as the planning process would."""
    done = 0
    while jobs.do_next(session, PLANNING):
        done += 1
    session.expire_all()
    return done


def test_a_plan_takes_effect_with_its_places_and_calls_the_ranker(session: Session, cast: Cast, clock: Clock) -> None:
    requests = town(cast)
    plan = ask(session, cast, clock)
    assert work(session) == 1
    assert (plan.state, plan.finished_at, cast.region.plan_id, plan.after_id) == (PlanState.DONE, f.NOW, plan.id, None)
    given = places(session, plan)
    assert list(given) == [request.id for request in requests], "six units for four requests: nobody is left out"
    taken = [place.partner_id for of in given.values() for place in of]
    assert len(taken) == len(set(taken)) == 6, "everybody once, as they said"
    assert all([place.place for place in of] == list(range(1, len(of) + 1)) for of in given.values())
    renewal = session.scalars(select(OutboxItem).where(OutboxItem.kind == "renew")).one()
    assert (renewal.queue, renewal.payload["plan_id"], renewal.payload["of"]) == (QueueName.RANKING, plan.id, 4)
    tags = session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)).all()
    assert tags == ["planning:plan:asked", "planning:plan:in_effect"]


def test_the_places_of_a_plan_go_when_the_second_after_it_takes_effect(
    session: Session, cast: Cast, clock: Clock
) -> None:
    next_door = f.PlannedPlaceFactory(region=cast.next_door).plan_id
    town(cast)
    made = []
    for _night in range(3):
        made.append(ask(session, cast, clock))
        work(session)
    assert cast.region.plan_id == made[2].id
    counted = dict(session.execute(select(PlannedPlace.plan_id, func.count()).group_by(PlannedPlace.plan_id)).all())
    assert counted == {next_door: 1, made[1].id: 6, made[2].id: 6}
    assert made[0].figures["certificate"]["feasible"], "what it promised is kept"


def test_a_plan_keeps_what_it_promises_and_what_ranks_until_the_next(
    session: Session, cast: Cast, clock: Clock
) -> None:
    requests = town(cast)
    plan = ask(session, cast, clock)
    work(session)
    proven = plan.figures["certificate"]
    assert (plan.figures["requests"], plan.figures["people"]) == (4, 6)
    assert proven["overload"] == 0 and proven["feasible"] and proven["quality"] >= 0.97
    assert proven["empty"] == []
    assert cast.school.id in plan.terms["school_ids"]
    assert len(plan.terms["school_ids"]) == len(plan.terms["school_factor"])
    assert plan.rounds_done == plan.rounds > 0
    assert plan.figures["picked"] == [request.id for request in requests if request.id in plan.figures["picked"]]


def test_what_is_approved_or_invited_stays_as_it_is(session: Session, cast: Cast, clock: Clock) -> None:
    town(cast)
    introductions = [
        f.IntroductionFactory(region=cast.region, suggested__region=cast.region, state=state)
        for state in (IntroductionState.APPROVED, IntroductionState.INVITED)
    ]
    decided = [(one.request_id, one.partner_id) for one in introductions]

    def as_it_stands() -> list[object]:
        session.expire_all()
        kept = [session.get_one(Introduction, one.id) for one in introductions]
        return [
            *[(one.state, one.request.state, one.proposal.state) for one in kept],
            session.scalars(select(CapacityUnit.partner_id).order_by(CapacityUnit.id)).all(),
            session.scalars(select(Proposal.state).order_by(Proposal.id)).all(),
        ]

    session.commit()
    before = as_it_stands()
    plan = ask(session, cast, clock)
    work(session)
    assert plan.state is PlanState.DONE and as_it_stands() == before
    assert {request_id for request_id, _ in decided}.isdisjoint(places(session, plan))


def test_a_plan_with_nothing_to_plan_leaves_the_one_in_effect(session: Session, cast: Cast, clock: Clock) -> None:
    before = f.PlanFactory(region=cast.region)
    cast.region.plan_id = before.id
    plan = ask(session, cast, clock)
    work(session)
    assert (plan.state, plan.figures["requests"], cast.region.plan_id) == (PlanState.DONE, 0, before.id)


def test_a_trial_takes_no_effect(session: Session, cast: Cast, clock: Clock) -> None:
    town(cast)
    plan = planning.ask(session, NOBODY, cast.region, clock, PlanKind.TRIAL, numbers={"alpha": 0.0, "alpha2": 0.0})
    session.commit()
    work(session)
    assert (plan.state, cast.region.plan_id, places(session, plan)) == (PlanState.DONE, None, {})
    assert plan.figures["certificate"]["overload"] == 0 and plan.figures["used"]["alpha"] == 0.0
    assert "comparison" not in plan.figures
    assert not session.scalars(select(OutboxItem).where(OutboxItem.kind == "renew")).all()


def test_a_trial_stands_beside_the_policy_in_effect_tonight_and_over_the_last_month(
    session: Session, cast: Cast, clock: Clock
) -> None:
    requests = town(cast)
    settled = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    settled.state = RequestState.DONE
    plan = policy.try_dial(session, acting(cast.ada), cast.region, 100, clock)
    session.commit()
    work(session)
    found = plan.figures
    assert found["dial"] == 100 and found["used"]["alpha"] == plan.numbers["alpha"], "shown as it is, not softened"
    assert found["tonight"]["requests"] == len(requests) == found["last_month"]["requests"]
    for told in (found["tonight"], found["last_month"]):
        assert 0.9 < told["quality"]["before"] <= 1 and 0.5 < told["quality"]["after"] <= 1
        assert {each["school_id"] for each in told["schools"]} <= {cast.school.id, *plan.terms["school_ids"]}
    before = plan.policy_id
    assert rankings.policy_in_effect(session, cast.region.id).id == before


def test_a_night_without_requests_still_looks_at_the_last_month(session: Session, cast: Cast, clock: Clock) -> None:
    for request in town(cast):
        request.state = RequestState.PLACED
    plan = policy.try_dial(session, acting(cast.ada), cast.region, 60, clock)
    session.commit()
    work(session)
    assert (plan.state, plan.figures["requests"], plan.figures["tonight"]) == (PlanState.DONE, 0, None)
    assert plan.figures["last_month"]["requests"] == 4


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Lets something happen once while a plan is made: after it was read, before it takes effect."""
    planned = plan_runs.plan_region

    def during(happens: Callable[[], None]) -> None:
        def plan_region(*given, **named):
            happens()
            return planned(*given, **named)

        monkeypatch.setattr(plan_runs, "plan_region", plan_region)

    return during


def test_of_two_plans_the_first_to_end_takes_effect_and_the_other_says_so(
    session: Session, cast: Cast, clock: Clock, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    town(cast)

    def another_takes_effect() -> None:
        with db.sessionmaker() as side:
            other = Plan(
                region_id=cast.region.id, kind=PlanKind.NIGHTLY, state=PlanState.DONE, policy_id=plan.policy_id,
                numbers=plan.numbers, asked_at=f.NOW, finished_at=f.NOW,
            )  # fmt: skip
            side.add(other)
            side.flush()
            side.get_one(type(cast.region), cast.region.id).plan_id = other.id
            side.commit()

    plan = ask(session, cast, clock)
    meanwhile(another_takes_effect)
    assert work(session) == 1
    assert plan.state is PlanState.OVERTAKEN and cast.region.plan_id not in (None, plan.id)
    assert places(session, plan) == {}
    assert session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)).all()[-1] == "planning:plan:overtaken"


def test_a_policy_put_into_effect_meanwhile_is_planned_with_at_once(
    session: Session, cast: Cast, clock: Clock, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    town(cast)
    plan = ask(session, cast, clock)
    versions = iter((2,))

    def a_new_policy() -> None:
        for version in versions:
            f.EquityPolicyFactory(region=cast.region, version=version, numbers={"alpha": 1.0, "alpha2": 0.5})
            session.commit()

    meanwhile(a_new_policy)
    assert work(session) == 2
    assert plan.state is PlanState.OVERTAKEN
    newer = session.get_one(Plan, cast.region.plan_id)
    assert (newer.state, newer.numbers["alpha"], newer.kind) == (PlanState.DONE, 1.0, PlanKind.ASKED)


def test_a_plan_is_cancelled_between_two_rounds(
    session: Session, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    town(cast)
    plan = ask(session, cast, clock)
    beat, heard = plan_runs.Lease.beat, []

    def cancelled_at_the_third(lease: plan_runs.Lease, done: int, rounds: int) -> bool:
        if done == 3 and not heard:
            heard.append(done)
            planning.cancel(session, acting(cast.ben), plan.id, clock)
            session.flush()
        return beat(lease, done, rounds)

    monkeypatch.setattr(plan_runs.Lease, "beat", cancelled_at_the_third)
    assert work(session) == 1
    assert (plan.state, plan.rounds_done, cast.region.plan_id) == (PlanState.CANCELLED, 3, None)
    assert heard == [3] and places(session, plan) == {}


def test_what_is_changed_while_it_is_planned_gets_no_places(
    session: Session, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, meanwhile, *others = town(cast)
    # Changed, and not ranked since: nothing is known of whom it could have.
    before.version = 2
    session.commit()
    plan, beat = ask(session, cast, clock), plan_runs.Lease.beat

    def changed_at_the_third(lease: plan_runs.Lease, done: int, rounds: int) -> bool:
        meanwhile.version = 1 + (done >= 3)
        session.flush()
        return beat(lease, done, rounds)

    monkeypatch.setattr(plan_runs.Lease, "beat", changed_at_the_third)
    assert work(session) == 1
    assert plan.state is PlanState.DONE
    assert list(places(session, plan)) == [request.id for request in others]


def test_a_worker_that_is_told_to_stop_leaves_the_plan_for_the_next(
    session: Session, cast: Cast, clock: Clock, app: Flask
) -> None:
    town(cast)
    plan = ask(session, cast, clock)
    app.extensions["stopping"] = True
    try:
        assert jobs.do_next(session, PLANNING)
    finally:
        del app.extensions["stopping"]
    session.expire_all()
    assert (plan.state, plan.holder, plan.attempts) == (PlanState.WAITING, None, 0)
    assert work(session) == 1
    assert plan.state is PlanState.DONE


def test_a_plan_is_put_beside_no_half_made_one(
    session: Session, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    town(cast)
    plan = ask(session, cast, clock)
    planned = plan_runs.plan_region
    how_it_ends = iter(("", "cancelled"))
    monkeypatch.setattr(
        plan_runs, "plan_region", lambda *given, **named: replace(planned(*given, **named), stopped=next(how_it_ends))
    )
    work(session)
    assert plan.state is PlanState.DONE and cast.region.plan_id == plan.id
    assert plan.figures["certificate"]["feasible"] and "comparison" not in plan.figures


def test_a_trial_that_was_stopped_before_it_had_looked_at_the_last_month_is_taken_up_again(
    session: Session, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    town(cast)
    plan = policy.try_dial(session, acting(cast.ada), cast.region, 30, clock)
    session.commit()
    planned = plan_runs.plan_region
    how_it_ends = chain(("", "", "cancelled"), repeat(""))
    monkeypatch.setattr(
        plan_runs, "plan_region", lambda *given, **named: replace(planned(*given, **named), stopped=next(how_it_ends))
    )
    assert jobs.do_next(session, PLANNING)
    session.expire_all()
    assert (plan.state, plan.figures.get("last_month")) == (PlanState.WAITING, None)
    work(session)
    assert plan.state is PlanState.DONE and plan.figures["last_month"]["requests"] == 4


def test_a_run_whose_process_was_lost_is_taken_up_again(session: Session, cast: Cast, clock: Clock) -> None:
    town(cast)
    plan = ask(session, cast, clock)
    plan.state, plan.holder, plan.heartbeat_at = PlanState.RUNNING, "lost:1", f.NOW
    plan.attempts, plan.rounds_done, plan.rounds = 1, 7, 20
    session.commit()
    work(session)
    assert (plan.state, plan.attempts) == (PlanState.DONE, 2)


def test_a_run_that_ends_its_process_again_and_again_is_given_up(session: Session, cast: Cast, clock: Clock) -> None:
    town(cast)
    plan = ask(session, cast, clock)
    plan.attempts = plan_runs.MOST_ATTEMPTS
    session.commit()
    assert work(session) == 1
    assert (plan.state, cast.region.plan_id) == (PlanState.FAILED, None)
    assert ask(session, cast, clock) is not plan


def test_a_run_that_was_taken_away_changes_nothing(
    session: Session, cast: Cast, clock: Clock, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    town(cast)
    plan = ask(session, cast, clock)

    def somebody_else_has_it() -> None:
        with db.sessionmaker() as side:
            side.get_one(Plan, plan.id).holder = "another:2"
            side.commit()

    meanwhile(somebody_else_has_it)
    work(session)
    assert (plan.state, plan.holder, cast.region.plan_id) == (PlanState.RUNNING, "another:2", None)


def test_a_night_is_called_and_planned_by_the_drain(session: Session, cast: Cast) -> None:
    town(cast)
    cast.region.created_at = f.NOW.replace(year=2020)
    session.commit()
    assert jobs.drain("planning") == 2
    plan = session.scalars(select(Plan).join(Region, Region.plan_id == Plan.id)).one()
    assert (plan.kind, plan.state) == (PlanKind.NIGHTLY, PlanState.DONE)
    assert jobs.drain("planning") == 0
