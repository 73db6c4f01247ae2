"""What is said of a request with its first candidate: what the class is owed, who had no room, what the plan did."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from matching import explain
from models import IntroductionState, LearningRequest, Partner
from tests import factories as f
from tests.services.valley import WATER, Valley


def around(valley: Valley, request: LearningRequest) -> list[list[dict[str, Any]]]:
    """What is said around the request with each of those proposed, in order."""
    valley.propose(request)
    codes = explain.AROUND_CODES
    return [[each for each in proposal.reasons if each["code"] in codes] for proposal in valley.proposals(request)]


def fill(valley: Valley, partner: Partner, units: int) -> None:
    """Take so many units of the month that the request asks for."""
    for unit in range(1, units + 1):
        held = f.IntroductionFactory(region=valley.cast.region, suggested__who=partner, state=IntroductionState.UNDONE)
        f.CapacityUnitFactory(held_by=held, period=date(2026, 10, 1), unit=unit)


def full(visits: int) -> dict[str, Any]:
    return {"code": "closer_full", "params": {"name": "Ximena", "visits": visits}}


def test_nothing_is_said_where_there_is_nothing_to_say(valley: Valley) -> None:
    assert around(valley, valley.ask()) == [[], [], [], []]


def test_whoever_is_full_and_would_be_closer_is_named_with_what_they_gave(valley: Valley) -> None:
    request = valley.ask()
    fill(valley, valley.people["Ximena"], 2)
    first, *others = around(valley, request)
    assert first == [full(2)]
    assert others == [[], []]
    assert "Ximena would be closer, but has given all 2 visits" in valley.proposals(request)[0].why["en"]


def test_whoever_offers_no_visit_at_all_is_not_said_to_have_given_them(valley: Valley) -> None:
    valley.people["Ximena"].monthly_capacity = 0
    assert around(valley, valley.ask())[0] == []


def test_a_busy_partner_who_would_be_closer_is_named_with_the_load(valley: Valley) -> None:
    valley.add("Zoila", ("Washes", "I show where flood water runs in the wash."))
    request = valley.ask()
    assert around(valley, request)[0] == []
    ximena = valley.people["Ximena"]
    ximena.monthly_capacity = 3
    fill(valley, ximena, 2)
    first = around(valley, request)[0]
    assert valley.proposed(request)[0] == "Zoila"
    assert first == [{"code": "closer_busy", "params": {"name": "Ximena", "held": 2, "visits": 3}}]


def test_a_partner_whom_the_plan_keeps_for_others_is_said_to_be(valley: Valley) -> None:
    region, ximena = valley.cast.region, valley.people["Ximena"]
    valley.add("Zoila", ("Washes", "I show where flood water runs in the wash."))
    plan = f.PlanFactory(region=region, finished_at=f.NOW)
    region.plan_id = plan.id
    ximena.monthly_capacity = 3
    fill(valley, ximena, 2)
    request, other, content = valley.ask(), valley.ask(), valley.ask()
    f.PlannedPlaceFactory(region=region, made=plan, of=other, who=ximena)
    f.PlannedPlaceFactory(region=region, made=plan, of=content, who=ximena, bid=0.001)
    assert around(valley, request)[0] == [{"code": "closer_planned", "params": {"name": "Ximena", "classes": 1}}]


def test_whom_the_plan_puts_ahead_of_their_own_place_is_said_to_be(valley: Valley) -> None:
    region, request = valley.cast.region, valley.ask()
    plan = f.PlanFactory(region=region, finished_at=f.NOW)
    region.plan_id = plan.id
    f.PlannedPlaceFactory(region=region, made=plan, of=request, who=valley.people["Moisés"])
    first, *others = around(valley, request)
    assert valley.proposed(request)[0] == "Moisés"
    assert {"code": "by_plan", "params": {}} in first and not any(others)


def test_a_long_wait_at_a_school_that_was_reached_less_is_owed(valley: Valley) -> None:
    region, request = valley.cast.region, valley.ask()
    request.posted_at = f.NOW - timedelta(days=44)
    assert around(valley, request)[0] == [{"code": "waited", "params": {"weeks": 6}}]
    elsewhere = f.TeacherFactory(region=region, school=f.SchoolFactory(region=region))
    for who, state in ((elsewhere, IntroductionState.MET), (valley.cast.ana, IntroductionState.LAPSED)):
        done = f.LearningRequestFactory(region=region, asked_by=who, state="done")
        f.IntroductionFactory(region=region, suggested__of=done, state=state)
    assert around(valley, request)[0] == [{"code": "waited_reached_less", "params": {"weeks": 6}}]


def test_equal_people_are_told_apart_by_nothing(valley: Valley) -> None:
    valley.add("Zoila", WATER)
    fill(valley, valley.people["Ximena"], 2)
    assert around(valley, valley.ask())[0] == [], "Zoila is as close as Ximena"
