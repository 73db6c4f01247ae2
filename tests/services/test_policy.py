"""The policy of a region: tried first, put into effect with a reason, taken back by a step; never changed in place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.equity import Policy
from matchmaker.clock import Clock
from matchmaker.errors import DomainError, NotFound
from matchmaker.policies import NOBODY
from matchmaker.queries import plans, rankings
from matchmaker.services import policy
from models import EquityPolicy, Plan, PlanKind, PlanState
from tests import factories as f
from tests.cast import Cast
from tests.databases import OwnDatabase
from tests.embedded.watching import until
from tests.services.conftest import acting, audited, waiting

WHY = "The council wants schools reached least to come first this fall."


def trial(cast: Cast, dial: float = 40, quality: float = 0.98, softened: int = 0, **facts: Any) -> Plan:
    """A trial that has ended well, unless the facts say otherwise."""
    certificate = {"quality": quality, "softened": softened}
    known = {
        "region": cast.region,
        "kind": PlanKind.TRIAL,
        "numbers": {**asdict(Policy.at(dial)), "dial": dial},
        "figures": {"certificate": certificate},
        "finished_at": f.NOW - timedelta(minutes=1),
    }
    made: Plan = f.PlanFactory(**{**known, **facts})
    f.current().flush()
    return made


def versions(session: Session, cast: Cast) -> list[int]:
    of_region = select(EquityPolicy.version).where(EquityPolicy.region_id == cast.region.id)
    return list(session.scalars(of_region.order_by(EquityPolicy.version)))


def activate(session: Session, cast: Cast, clock: Clock, plan: Plan, why: str = WHY, seen: int = 1) -> EquityPolicy:
    return policy.activate(session, acting(cast.ada), cast.region, plan.id, why, seen, clock)


def test_a_try_is_a_plan_that_remembers_its_position(session: Session, cast: Cast, clock: Clock) -> None:
    plan = policy.try_dial(session, acting(cast.marisol), cast.region, 30, clock)
    assert (plan.kind, plan.state, plan.asked_by_id) == (PlanKind.TRIAL, PlanState.WAITING, cast.marisol.id)
    assert plan.numbers["dial"] == 30 and Policy.of(plan.numbers) == Policy.at(30)
    assert waiting(session) == [f"plan:{plan.id}"]
    assert versions(session, cast) == [1], "a try changes nothing"
    with pytest.raises(ValueError, match="dial"):
        policy.try_dial(session, acting(cast.marisol), cast.region, 101, clock)


def test_a_try_keeps_what_the_dial_does_not_turn(session: Session, cast: Cast, clock: Clock) -> None:
    own = Policy(half_life_days=365.0, oldest_days=21.0)
    rankings.policy_in_effect(session, cast.region.id).numbers = asdict(own)
    session.flush()
    plan = policy.try_dial(session, acting(cast.marisol), cast.region, 30, clock)
    assert Policy.of(plan.numbers) == own.turned(30)


def test_the_same_try_while_it_is_under_way_is_the_same_trial(session: Session, cast: Cast, clock: Clock) -> None:
    first = policy.try_dial(session, acting(cast.marisol), cast.region, 30, clock)
    assert policy.try_dial(session, acting(cast.marisol), cast.region, 30, clock) is first
    assert policy.try_dial(session, acting(cast.marisol), cast.region, 40, clock) is not first
    assert policy.try_dial(session, acting(cast.ben), cast.region, 30, clock) is not first
    first.state, first.finished_at = PlanState.DONE, f.NOW
    session.flush()
    assert policy.try_dial(session, acting(cast.marisol), cast.region, 30, clock) is not first


def test_a_trial_takes_effect_with_its_reason_and_the_region_is_planned(
    session: Session, cast: Cast, clock: Clock
) -> None:
    plan = trial(cast, dial=40)
    version = activate(session, cast, clock, plan, f"  {WHY} ")
    assert rankings.policy_in_effect(session, cast.region.id) is version
    assert (version.version, version.dial, version.trial_id, version.back_to) == (2, 40, plan.id, None)
    assert (version.author_id, version.since, version.rationale) == (cast.ada.id, f.NOW, WHY)
    assert version.numbers == asdict(Policy.at(40))
    assert audited(session) == ["equity:policy:activated", "planning:plan:asked"]
    asked = plans.under_way(session, cast.region.id)
    assert asked is not None and asked.policy_id == version.id and asked.numbers == version.numbers


def test_the_second_press_of_the_button_changes_nothing(session: Session, cast: Cast, clock: Clock) -> None:
    plan = trial(cast)
    version = activate(session, cast, clock, plan)
    assert activate(session, cast, clock, plan) is version
    taken_back = policy.back(session, acting(cast.ada), cast.region, WHY, 2, clock)
    assert policy.back(session, acting(cast.ada), cast.region, WHY, 2, clock) is taken_back
    assert versions(session, cast) == [1, 2, 3]


LONG_AGO = f.NOW - timedelta(days=7, minutes=1)
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], type[DomainError]]] = {
    "one that waits": ({"state": PlanState.WAITING, "finished_at": None}, {}, policy.TrialNotFinished),
    "one that was cancelled": ({"state": PlanState.CANCELLED}, {}, policy.TrialNotFinished),
    "one that failed": ({"state": PlanState.FAILED}, {}, policy.TrialNotFinished),
    "one of last week": ({"finished_at": LONG_AGO}, {}, policy.TrialTooOld),
    "one past the promise": ({"quality": 0.9699}, {}, policy.PromiseNotKept),
    "one past the promise last month": (
        {"figures": {"last_month": {"quality": {"after": 0.9699}}}},
        {},
        policy.PromiseNotKept,
    ),
    "one that had to be softened": ({"softened": 1}, {}, policy.PromiseNotKept),
    "no reason": ({}, {"why": ""}, policy.NoRationale),
    "a short reason between blanks": ({}, {"why": "  because we want it          "}, policy.NoRationale),
    "a version that nobody saw": ({}, {"seen": 2}, policy.VersionChanged),
    "no trial": ({"kind": PlanKind.ASKED}, {}, NotFound),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_take_effect(session: Session, cast: Cast, clock: Clock, case: str) -> None:
    facts, sent, refusal = REFUSED[case]
    plan = trial(cast, **facts)
    with pytest.raises(refusal):
        activate(session, cast, clock, plan, **sent)
    session.flush()
    assert versions(session, cast) == [1]


def test_a_trial_beside_a_version_that_is_gone_decides_nothing(session: Session, cast: Cast, clock: Clock) -> None:
    early, late = trial(cast, dial=20), trial(cast, dial=40)
    activate(session, cast, clock, late)
    with pytest.raises(policy.TrialOvertaken):
        activate(session, cast, clock, early, seen=2)


def test_a_trial_of_next_door_is_none_here(session: Session, cast: Cast, clock: Clock) -> None:
    with pytest.raises(NotFound):
        activate(session, cast, clock, trial(cast, region=cast.next_door))


def test_a_week_is_a_week_and_an_empty_night_breaks_no_promise(session: Session, cast: Cast, clock: Clock) -> None:
    plan = trial(cast, finished_at=f.NOW - timedelta(days=7), figures={"requests": 0, "people": 0})
    assert activate(session, cast, clock, plan).version == 2


def test_the_promise_is_looked_at_tonight_and_over_the_last_month(session: Session, cast: Cast) -> None:
    def past(tonight: float, month: float | None, softened: int = 0) -> tuple[str, ...]:
        looked_at = {"quality": {"before": 0.99, "after": month}} if month else None
        figures = {"certificate": {"quality": tonight, "softened": softened}, "last_month": looked_at}
        return policy.past_promise(trial(cast, figures=figures))

    assert past(0.97, 0.97) == past(0.98, None) == ()
    assert past(0.98, 0.96) == ("last_month",)
    assert past(0.96, 0.98) == past(0.98, None, softened=1) == ("tonight",)
    assert past(0.96, 0.96) == ("tonight", "last_month")


def test_one_step_back_is_a_new_version_with_the_numbers_before(session: Session, cast: Cast, clock: Clock) -> None:
    first = rankings.policy_in_effect(session, cast.region.id)
    activate(session, cast, clock, trial(cast, dial=40))
    version = policy.back(session, acting(cast.ada), cast.region, WHY, 2, clock)
    assert (version.version, version.back_to, version.trial_id) == (3, 1, None)
    assert (version.numbers, version.dial) == (first.numbers, first.dial)
    assert version.rationale == WHY and version.author_id == cast.ada.id
    assert "equity:policy:taken_back" in audited(session)
    again = policy.back(session, acting(cast.ada), cast.region, WHY, 3, clock)
    assert (again.version, again.back_to, again.dial) == (4, 2, 40)


def test_what_there_is_no_way_back_from(session: Session, cast: Cast, clock: Clock) -> None:
    with pytest.raises(policy.NothingBefore):
        policy.back(session, acting(cast.ada), cast.region, WHY, 1, clock)
    activate(session, cast, clock, trial(cast))
    with pytest.raises(policy.VersionChanged):
        policy.back(session, acting(cast.ada), cast.region, WHY, 1, clock)
    with pytest.raises(policy.NoRationale):
        policy.back(session, acting(cast.ada), cast.region, "because", 2, clock)
    assert versions(session, cast) == [1, 2]


def test_of_two_who_decide_at_once_the_second_sees_the_first(own_database: OwnDatabase, clock: Clock) -> None:
    with own_database.stored():
        region = f.RegionFactory()
        tried = [
            f.PlanFactory(region=region, kind=PlanKind.TRIAL, numbers={**asdict(Policy.at(dial)), "dial": dial})
            for dial in (20.0, 40.0)
        ]
    ids = [plan.id for plan in tried]

    def decide(session: Session, trial_id: int) -> int:
        here = session.get_one(type(region), region.id)
        return policy.activate(session, NOBODY, here, trial_id, WHY, 1, clock).version

    with own_database.session() as one, own_database.session() as two, ThreadPoolExecutor(1) as thread:
        assert decide(one, ids[0]) == 2
        second = thread.submit(decide, two, ids[1])
        until(own_database.waiting)
        one.commit()
        with pytest.raises(policy.VersionChanged) as refused:
            second.result(timeout=30)
    assert refused.value.facts == {"version": 2}
