"""Ranking one request between two plans: prices of this moment, and the weights that the plan found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.equity import rerank
from matching.online import group_boost, prices, weights
from matching.plans import Terms

TERMS = Terms(
    school_factor=(0.8, 1.6),
    last_school=(0.0, 1.0),
    group_boost=(0.0, 0.04),
    request_middle=0.9,
    middle=0.5,
    least_ideal=0.1,
    lean=1.0,
    alpha2=2.0,
)
NOTHING = np.zeros(3)
RHO = np.array([0.6, 0.5, 0.4])


def test_a_price_is_the_bid_that_would_lose_its_unit() -> None:
    partner, bid = np.array([0, 0, 0, 1, 2]), np.array([0.1, 0.3, 0.2, 0.5, 0.4])
    # Partner 0: two units for three bids; 1: as many units as bids; 2: a unit is left over; 3: nobody bids.
    assert prices(partner, bid, np.array([2, 1, 2, 1])) == pytest.approx([0.2, 0.5, 0.0, 0.0])


def test_a_price_rises_with_what_is_taken_and_falls_when_it_is_given_back() -> None:
    partner, bid = np.zeros(4, dtype=np.int64), np.array([0.1, 0.2, 0.3, 0.4])
    by_free = [float(prices(partner, bid, np.array([free]))[0]) for free in (5, 4, 3, 2, 1, 0)]
    assert by_free == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.4])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=12),
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
)
def test_prices_agree_with_counting_one_by_one(places: list[tuple[int, float]], free: list[int]) -> None:
    partner = np.array([each for each, _ in places], dtype=np.int64)
    bid = np.array([offer for _, offer in places], dtype=np.float64)
    found = prices(partner, bid, np.array(free))
    for each in range(4):
        offers = sorted((offer for who, offer in places if who == each), reverse=True)
        units = max(free[each], 1)
        assert found[each] == (offers[units - 1] if len(offers) >= units else 0.0)


def test_a_request_in_the_middle_of_a_school_in_the_middle_weighs_about_one() -> None:
    terms = Terms((1.0,), (0.0,), (), 1.0, 0.6, 0.1, 1.0, 2.0)
    need, deficit = weights(terms, 0, np.full(3, 0.6), np.full(3, 0.6), NOTHING, NOTHING, 3)
    assert (need, deficit) == pytest.approx((1.0, 1.0))


def test_a_school_reached_less_and_a_request_that_finds_its_best_taken_weigh_more() -> None:
    def factor(school: int | None, rho: np.ndarray, price: np.ndarray) -> float:
        need, deficit = weights(TERMS, school, RHO, rho, NOTHING[: len(rho)], price, 3)
        return need * deficit

    assert factor(1, RHO, NOTHING) > factor(0, RHO, NOTHING)
    assert factor(0, RHO[2:], NOTHING[:1]) > factor(0, RHO, NOTHING)
    # Somebody as close as the best is dear: what the request would take at these prices is less.
    assert factor(0, RHO, np.array([2.0, 0.0, 0.0])) == pytest.approx(factor(0, RHO, NOTHING))
    four = np.array([0.6, 0.5, 0.4, 0.2])
    dear = np.array([2.0, 0.0, 0.0, 0.0])
    taken = weights(TERMS, 0, four, four, np.zeros(4), dear, 3)
    assert taken[0] * taken[1] > factor(0, RHO, NOTHING)


def test_without_any_leaning_need_is_one_and_the_order_is_that_of_closeness() -> None:
    terms = Terms((1.0, 1.0), (0.1, 0.1), (0.0,), 0.9, 0.5, 0.1, 0.0, 0.0)
    need, deficit = weights(terms, 1, RHO, RHO, NOTHING, NOTHING, 3)
    assert need == 1.0
    assert rerank(RHO, need, deficit).order.tolist() == [0, 1, 2]


def test_nobody_who_could_come_is_no_error() -> None:
    nobody = np.zeros(0)
    need, deficit = weights(TERMS, None, nobody, nobody, nobody, nobody, 3)
    assert need > 0 and deficit > 0 and np.isfinite(deficit)


def test_a_group_that_the_plan_did_not_meet_has_no_boost() -> None:
    assert group_boost(TERMS, np.array([1, 0, 5])) == pytest.approx([0.04, 0.0, 0.0])
