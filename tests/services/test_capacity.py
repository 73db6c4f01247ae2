"""The capacity ledger: which month, which unit, and never one too many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import capacity
from matchmaker.services.capacity import PartnerFull
from models import CapacityUnit, Introduction, IntroductionState
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import OCTOBER

Held = Callable[..., int]


@pytest.fixture
def introductions(cast: Cast) -> list[Introduction]:
    """Three introductions with Ramón that hold nothing yet; he gives two visits a month."""
    return [
        f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon, state=IntroductionState.UNDONE)
        for _ in range(3)
    ]


@pytest.mark.parametrize(
    ("zone", "month"), [("America/Phoenix", 10), ("UTC", 11), ("America/New_York", 11), ("Pacific/Honolulu", 10)]
)
def test_the_month_is_the_regions(session: Session, zone: str, month: int) -> None:
    midnight_in_utc = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert capacity.period_of(midnight_in_utc, f.RegionFactory(time_zone=zone)) == date(2026, month, 1)


def test_until_a_date_is_chosen_it_is_the_month_of_the_earliest(session: Session, cast: Cast) -> None:
    late, early = datetime(2026, 12, 2, 17, tzinfo=UTC), datetime(2026, 11, 30, 17, tzinfo=UTC)
    hour = timedelta(hours=1)
    request = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, windows=[(late, late + hour), (early, early + hour)]
    )
    assert capacity.period_of_request(request, cast.region, f.NOW) == date(2026, 11, 1)
    undated = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=[])
    assert capacity.period_of_request(undated, cast.region, f.NOW) == date(2026, 9, 1)


def test_units_are_given_from_the_lowest_and_no_further_than_set(
    session: Session, introductions: list[Introduction], held: Held
) -> None:
    first, second, third = introductions
    assert capacity.hold(session, first, OCTOBER, f.NOW).unit == 1
    assert capacity.hold(session, second, OCTOBER, f.NOW).unit == 2
    with pytest.raises(PartnerFull):
        capacity.hold(session, third, OCTOBER, f.NOW)
    assert held() == 2


def test_a_released_unit_is_given_again_and_stays_on_the_ledger(
    session: Session, introductions: list[Introduction], held: Held
) -> None:
    first, second, third = introductions
    for each in (first, second):
        capacity.hold(session, each, OCTOBER, f.NOW)
    for _ in range(2):
        capacity.release(session, first, f.NOW)
    assert held() == 1
    assert capacity.hold(session, third, OCTOBER, f.NOW).unit == 1
    assert len(session.scalars(select(CapacityUnit)).all()) == 3


def test_months_do_not_share_units(session: Session, introductions: list[Introduction], held: Held) -> None:
    for each, month in zip(introductions, (9, 10, 11), strict=True):
        assert capacity.hold(session, each, date(2026, month, 1), f.NOW).unit == 1
    assert held() == 3


def test_a_limit_lowered_below_what_is_held_gives_nothing_more(
    session: Session, cast: Cast, introductions: list[Introduction], held: Held
) -> None:
    first, second, third = introductions
    for each in (first, second):
        capacity.hold(session, each, OCTOBER, f.NOW)
    cast.ramon.monthly_capacity = 1
    session.flush()
    capacity.release(session, second, f.NOW)
    with pytest.raises(PartnerFull):
        capacity.hold(session, third, OCTOBER, f.NOW)
    assert held() == 1


def test_moving_within_a_month_moves_nothing(session: Session, introductions: list[Introduction], held: Held) -> None:
    unit = capacity.hold(session, introductions[0], OCTOBER, f.NOW)
    capacity.move(session, introductions[0], OCTOBER, f.NOW)
    assert (unit.released_at, held()) == (None, 1)


def test_a_place_given_up_is_taken_anew(session: Session, introductions: list[Introduction], held: Held) -> None:
    capacity.hold(session, introductions[0], OCTOBER, f.NOW)
    capacity.release(session, introductions[0], f.NOW)
    capacity.move(session, introductions[0], OCTOBER, f.NOW)
    assert held(introductions[0].partner_id, OCTOBER) == 1
