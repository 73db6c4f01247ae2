"""The planner is killed in the middle of a plan: after a restart the plan takes effect, and what is decided stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Select, func, insert, select, text

from matchmaker import create_app, jobs
from matchmaker.bench import synthetic
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import NOBODY
from matchmaker.queries import rankings
from matchmaker.services import planning
from models import (
    CapacityUnit,
    Introduction,
    IntroductionState,
    Partner,
    Plan,
    PlannedPlace,
    PlanState,
    Proposal,
    Ranking,
    Region,
)
from tests import factories as f
from tests.cast import Cast
from tests.embedded.watching import until
from tests.faults.conftest import House, ask
from tests.services.conftest import set_desk

pytestmark = pytest.mark.full


@pytest.fixture
def planned(house: House, people: Cast) -> int:
    """A plan asked for: three open requests that two people could come to, beside one that is approved."""
    with house.database.stored() as session:
        # Of the present, so that no night is due beside what a test asks for.
        people.region.created_at = utc_now()
        session.merge(people.region)
        desk = set_desk(people, starts_at=utc_now() + timedelta(days=21))
        desk.approve(session, utc_now)
        for number in range(3):
            request = ask(people, number)
            known = [{"partner_id": who.id, "relevance": 0.5} for who in (people.esperanza, people.ramon)]
            f.RankingFactory(region=people.region, of=request, candidates=known)
        return planning.ask(session, NOBODY, session.get_one(Region, people.region.id), utc_now).id


def decided(house: House) -> list[object]:
    with house.database.session() as session:
        return [
            session.execute(select(Introduction.id, Introduction.state, Introduction.partner_id)).all(),
            session.execute(select(CapacityUnit.id, CapacityUnit.unit, CapacityUnit.released_at)).all(),
            session.execute(select(Proposal.id, Proposal.state).order_by(Proposal.id)).all(),
        ]


def state(house: House, plan_id: int) -> PlanState:
    with house.database.session() as session:
        return session.get_one(Plan, plan_id).state


def drained(house: House) -> int:
    """What another planner does in this moment: how many items it finds."""
    app = create_app(replace(house.database.settings, redis_url=house.environment["REDIS_URL"]))
    with app.app_context():
        try:
            return jobs.drain("planning")
        finally:
            db.engine.dispose()


@pytest.mark.parametrize(
    "caught",
    [
        pytest.param("planned_place", id="as it takes effect"),
        pytest.param("school", id="while it reads"),
    ],
)
def test_a_planner_killed_in_the_middle_finishes_after_its_restart(house: House, planned: int, caught: str) -> None:
    before = decided(house)
    with house.database.session() as barrier:
        # Whoever wants this table waits here: the planner is caught with the plan in its hands.
        barrier.execute(text(f"LOCK TABLE {caught} IN ACCESS EXCLUSIVE MODE"))
        house.start("planner")
        until(lambda: house.database.waiting() == 1, seconds=120)
        assert state(house, planned) is PlanState.RUNNING
        assert drained(house) == 0, "a second planner finds nothing to do meanwhile"
        house.kill("planner")
    assert house.count(of=PlannedPlace) == 0
    assert house.count(Region.plan_id.is_not(None), of=Region) == 0
    house.start("planner")
    until(lambda: state(house, planned) is PlanState.DONE, seconds=120)
    assert house.count(Region.plan_id == planned, of=Region) == 1
    assert house.count(PlannedPlace.plan_id == planned, of=PlannedPlace) == 3, "three units are free, one is held"
    assert house.count(Plan.attempts == 2, of=Plan) == 1
    assert house.count(Introduction.state == IntroductionState.APPROVED) == 1
    assert decided(house) == before


def test_a_large_region_is_planned_through_the_queue_killed_and_cancelled(house: House) -> None:
    """600 open requests beside 2,000 partners: killed between two rounds it finishes, and the next is cancelled."""
    region_id = large_region(house, requests=600, partners=2_000)
    first = asked(house, region_id)
    house.start("planner")
    until(lambda: rounds(house, first) >= 2, seconds=120)
    house.kill("planner")
    assert state(house, first) is PlanState.RUNNING
    house.start("planner")
    until(lambda: state(house, first) is PlanState.DONE, seconds=300)
    with house.database.session() as session:
        plan = session.get_one(Plan, first)
        print(plan.figures)
        assert plan.figures["requests"] == 600 and plan.figures["certificate"]["feasible"]
        assert session.scalar(beyond_capacity(region_id)) == 0
    second = asked(house, region_id)
    house.start("clock")
    until(lambda: house.kept_alive() and rounds(house, second) >= 1, seconds=120)
    with house.database.session() as session:
        planning.cancel(session, NOBODY, second, utc_now)
        session.commit()
    until(lambda: state(house, second) is PlanState.CANCELLED, seconds=60)
    assert house.count(Region.plan_id == first, of=Region) == 1


def large_region(house: House, *, requests: int, partners: int) -> int:
    """A region of invented people whose requests have all been ranked."""
    random = np.random.default_rng(7)
    with house.database.session() as session:
        made = synthetic.build(
            session, partners * synthetic.FUNDS_A_PARTNER, requests, utc_now(), seed=7, of_all_schools=True
        )
        people = np.array(session.scalars(select(Partner.id).where(Partner.region_id == made.region_id)).all())
        policy = rankings.policy_in_effect(session, made.region_id)
        rows = []
        for request_id in made.request_ids:
            known = random.choice(people, 200, replace=False).tolist()
            close = np.sort(random.beta(2, 4, 200))[::-1].round(6).tolist()
            rows.append(
                {"region_id": made.region_id, "request_id": request_id, "request_version": 1, "policy_id": policy.id,
                 "ranked_at": utc_now(), "eligible": 200, "excluded": {}, "versions": {}, "pinned": [],
                 "candidates": {"partner_id": known, "relevance": close}}
            )  # fmt: skip
        session.execute(insert(Ranking), rows)
        session.commit()
        return made.region_id


def asked(house: House, region_id: int) -> int:
    with house.database.session() as session:
        plan = planning.ask(session, NOBODY, session.get_one(Region, region_id), utc_now)
        session.commit()
        return plan.id


def rounds(house: House, plan_id: int) -> int:
    with house.database.session() as session:
        return session.get_one(Plan, plan_id).rounds_done


def beyond_capacity(region_id: int) -> Select[int]:
    """How many partners a plan gave to more requests of a month than they have units free there."""
    held = (
        select(CapacityUnit.partner_id, CapacityUnit.period, func.count().label("units"))
        .where(CapacityUnit.region_id == region_id, CapacityUnit.released_at.is_(None))
        .group_by(CapacityUnit.partner_id, CapacityUnit.period)
        .subquery()
    )
    of_month = (held.c.partner_id == PlannedPlace.partner_id) & (held.c.period == PlannedPlace.period)
    over = (
        select(PlannedPlace.partner_id)
        .join(Partner, Partner.id == PlannedPlace.partner_id)
        .outerjoin(held, of_month)
        .where(PlannedPlace.region_id == region_id)
        .group_by(PlannedPlace.partner_id, PlannedPlace.period, Partner.monthly_capacity, held.c.units)
        .having(func.count() + func.coalesce(held.c.units, 0) > Partner.monthly_capacity)
    )
    return select(func.count()).select_from(over.subquery())
