"""The planner is killed in the middle of a plan: after a restart the plan takes effect, and what is decided stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from matchmaker import create_app, jobs
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import NOBODY
from matchmaker.services import planning
from models import CapacityUnit, Introduction, IntroductionState, Plan, PlannedPlace, PlanState, Proposal, Region
from tests import factories as f
from tests.cast import Cast
from tests.embedded.watching import until
from tests.faults.conftest import House, ask
from tests.services.conftest import set_desk


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
        pytest.param("school", id="while it reads", marks=pytest.mark.full),
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
