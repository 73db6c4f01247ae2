"""After a plan: whom it gives a request comes first on the desk, and its requests are ranked anew one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from matchmaker import jobs
from matchmaker.services import renewing
from models import LearningRequest, OutboxItem, Plan, QueueName, Ranking, RequestState
from tests import factories as f
from tests.cast import Cast
from tests.services.valley import Valley

RANKING = QueueName.RANKING


def plan_for(valley: Valley, request: LearningRequest, *names: str) -> Plan:
    """A plan in effect that gives a request these people, in this order."""
    region = valley.cast.region
    plan: Plan = f.PlanFactory(region=region, finished_at=f.NOW)
    for place, name in enumerate(names, 1):
        f.PlannedPlaceFactory(region=region, made=plan, of=request, who=valley.people[name], place=place)
    region.plan_id = plan.id
    valley.session.flush()
    return plan


def test_who_is_planned_comes_first_in_the_plans_order(valley: Valley) -> None:
    request = valley.ask()
    ranking = valley.propose(request)
    assert ranking is not None and valley.proposed(request)[0] == "Ximena"
    before = [candidate["partner_id"] for candidate in ranking.candidates]
    plan_for(valley, request, "Moisés", "Petra")
    again = valley.propose(request)
    assert again is not None
    assert valley.proposed(request)[:3] == ["Moisés", "Petra", "Ximena"]
    assert sorted(valley.proposed(request)) == sorted(valley.people)
    assert [candidate["partner_id"] for candidate in again.candidates] == before, "the ranker's own order stays"
    assert [proposal.rank_after for proposal in valley.proposals(request)][2] == 1


def test_a_ranking_names_the_plan_whose_prices_it_took(valley: Valley) -> None:
    def made_with() -> tuple[int, int | None]:
        ranking = valley.propose(request)
        assert ranking is not None
        return ranking.versions["policy"], ranking.versions["plan"]

    request = valley.ask()
    assert made_with() == (1, None)
    plan = plan_for(valley, request, "Moisés")
    assert made_with() == (1, plan.id)
    f.EquityPolicyFactory(region=valley.cast.region, version=2)
    assert made_with() == (2, None), "until the region is planned with it, a new version has no prices"


def test_whom_a_coordinator_put_forward_comes_before_the_plan(valley: Valley) -> None:
    request = valley.ask()
    f.SteerFactory(region=valley.cast.region, of=request, who=valley.people["Rafael"])
    plan_for(valley, request, "Moisés", "Rafael")
    valley.propose(request)
    assert valley.proposed(request)[:3] == ["Rafael", "Moisés", "Ximena"]


def test_a_planned_person_whom_a_rule_excludes_by_now_is_passed_over(valley: Valley) -> None:
    request = valley.ask()
    plan_for(valley, request, "Moisés", "Petra", "Rafael")
    valley.people["Moisés"].paused_at = f.NOW
    held = f.IntroductionFactory(
        region=valley.cast.region, suggested__who=valley.people["Petra"], suggested__region=valley.cast.region
    )
    valley.people["Petra"].monthly_capacity = 1
    valley.propose(request)
    assert held.partner_id == valley.people["Petra"].id
    assert valley.proposed(request)[0] == "Rafael"
    assert {"Moisés", "Petra"}.isdisjoint(valley.proposed(request))


def test_another_requests_places_mean_nothing_here(valley: Valley) -> None:
    request, other = valley.ask(), valley.ask()
    plan_for(valley, other, "Moisés")
    valley.propose(request)
    assert valley.proposed(request)[0] == "Ximena"


@pytest.fixture
def ranker(app: Flask, valley: Valley, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valley]:
    """The application as the ranker's process has it, at the factories' present."""
    monkeypatch.setattr(jobs, "utc_now", lambda: f.NOW)
    app.extensions["index"] = valley.index
    yield valley
    del app.extensions["index"]


def ranked_before(valley: Valley) -> LearningRequest:
    request = valley.ask()
    request.state = RequestState.PROPOSED
    f.RankingFactory(region=valley.cast.region, of=request)
    return request


def renewal(valley: Valley, plan: Plan) -> OutboxItem:
    renewing.ask(valley.session, plan, f.NOW)
    valley.session.flush()
    return valley.session.query(OutboxItem).filter_by(kind="renew").one()


def rankings_of(valley: Valley, *requests: LearningRequest) -> list[int]:
    counted = valley.session.query(Ranking.request_id)
    return [counted.filter_by(request_id=request.id).count() for request in requests]


def test_requests_are_ranked_anew_one_a_step_and_a_new_one_goes_between(ranker: Valley) -> None:
    first, second = ranked_before(ranker), ranked_before(ranker)
    item = renewal(ranker, plan_for(ranker, second, "Moisés"))
    assert jobs.do_next(ranker.session, RANKING)
    assert rankings_of(ranker, first, second) == [2, 1]
    assert (item.payload["done"], item.payload["of"], item.done_at) == (1, 2, None)
    came = ranker.ask()
    f.OutboxItemFactory(
        queue=RANKING, kind="propose", due_at=f.NOW - timedelta(seconds=1), payload={"request_id": came.id}
    )
    assert jobs.do_next(ranker.session, RANKING)
    assert rankings_of(ranker, first, second, came) == [2, 1, 1], "the new one does not wait for the rest"
    while jobs.do_next(ranker.session, RANKING):
        pass
    assert rankings_of(ranker, first, second, came) == [2, 2, 1]
    assert ranker.proposed(second)[0] == "Moisés"
    assert item.done_at == f.NOW


def test_what_is_decided_or_ranked_since_is_left_alone(ranker: Valley, cast: Cast) -> None:
    since, decided, unranked = ranked_before(ranker), ranked_before(ranker), ranker.ask()
    plan = plan_for(ranker, since)
    f.RankingFactory(region=cast.region, of=since, ranked_at=f.NOW)
    decided.state = RequestState.PLACED
    renewal(ranker, plan)
    assert jobs.do_next(ranker.session, RANKING)
    assert not jobs.do_next(ranker.session, RANKING)
    assert rankings_of(ranker, since, decided, unranked) == [2, 1, 0]


def test_a_later_plan_ends_an_earlier_renewal(ranker: Valley) -> None:
    request = ranked_before(ranker)
    item = renewal(ranker, plan_for(ranker, request))
    plan_for(ranker, request)
    assert jobs.do_next(ranker.session, RANKING)
    assert item.done_at == f.NOW and rankings_of(ranker, request) == [1]


def test_a_request_that_cannot_be_ranked_does_not_hold_up_the_others(
    ranker: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = ranked_before(ranker), ranked_before(ranker)
    item = renewal(ranker, plan_for(ranker, good))
    propose = jobs._propose

    def stumbles(session, request_id):
        if request_id == broken.id:
            raise RuntimeError("not this one")
        return propose(session, request_id)

    monkeypatch.setattr(jobs, "_propose", stumbles)
    for _ in range(renewing.MOST_TRIES):
        item.due_at = f.NOW
        ranker.session.commit()
        assert jobs.do_next(ranker.session, RANKING)
        assert rankings_of(ranker, broken, good) == [1, 1]
    item.due_at = f.NOW
    ranker.session.commit()
    assert jobs.do_next(ranker.session, RANKING)
    assert rankings_of(ranker, broken, good) == [1, 2]
    assert item.attempts == 0
