"""A plan that takes effect while people decide, on two real connections: both go through, whoever comes first."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.policies import NOBODY
from matchmaker.services import partners, plan_runs, planning
from models import CapacityUnit, Introduction, Partner, Plan, PlannedPlace, PlanState, Region
from tests import factories as f
from tests.cast import assemble
from tests.databases import OwnDatabase
from tests.services.conftest import set_desk
from tests.services.test_at_once import Act, Stage


@pytest.fixture
def stage(own_database: OwnDatabase) -> Stage:
    """A desk whose request, and another, could be planned."""
    with own_database.stored() as session:
        cast = assemble()
        desk = set_desk(cast)
        known = [{"partner_id": who.id, "relevance": 0.5} for who in (cast.esperanza, cast.ramon)]
        other = f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas)
        f.RankingFactory(region=cast.region, of=other, candidates=known)
        desk.ranking.candidates = known
        planning.ask(session, NOBODY, session.get_one(Region, cast.region.id), lambda: f.NOW)
    return Stage(own_database, cast, desk)


@pytest.fixture
def plan(stage: Stage, clock: Clock) -> Act:
    """Makes the plan that was asked for, and holds what it locks until its transaction ends."""

    def make(session: Session) -> None:
        plan_id = session.query(Plan.id).scalar()
        lease = plan_runs.Lease(plan_id, "here:1", lambda: Session(stage.database.engine), clock)
        assert plan_runs.run(session, lease)

    return make


def effect(stage: Stage) -> tuple[int, int, int]:
    """Plans in effect, the places they give, and units held."""
    done = stage.count(Plan.state == PlanState.DONE, of=Plan), stage.count(of=PlannedPlace)
    assert stage.count(Region.plan_id.is_not(None), of=Region) == done[0]
    return *done, stage.count(of=CapacityUnit)


def test_an_approval_waits_for_a_plan_that_takes_effect(stage: Stage, plan: Act, clock: Clock) -> None:
    outcome = stage.overtake(plan, lambda session: stage.desk.approve(session, clock))
    assert outcome.exception() is None
    assert effect(stage) == (1, 4, 1) and stage.count(of=Introduction) == 1


def test_a_plan_waits_for_an_approval_and_leaves_it_as_it_is(stage: Stage, plan: Act, clock: Clock) -> None:
    outcome = stage.overtake(lambda session: stage.desk.approve(session, clock), plan)
    assert outcome.exception() is None
    assert effect(stage) == (1, 4, 1) and stage.count(of=Introduction) == 1


def test_a_plan_waits_for_a_partner_who_pauses(stage: Stage, plan: Act, clock: Clock) -> None:
    """Both want the partner's row and the region's, in this order: nobody waits in a circle."""
    outcome = stage.overtake(
        lambda session: partners.pause(session, NOBODY, session.get_one(Partner, stage.cast.ramon.id), clock), plan
    )
    assert outcome.exception() is None
    assert effect(stage)[0] == 1
