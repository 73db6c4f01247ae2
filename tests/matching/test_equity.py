from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.equity import (
    LEAST_WEIGHT,
    MOST_PRICE,
    MOST_WEIGHT,
    Policy,
    busy_price,
    past_service,
    request_deficit,
    rerank,
    school_need,
)

POLICY = Policy()
shares = st.floats(0, 1)
needs = st.lists(st.tuples(st.floats(1, 1.5), shares), min_size=1, max_size=12)
rhos = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=12)


@given(rhos, st.floats(0.1, 5), st.floats(1, 2))
def test_no_policy_orders_by_relevance(rho: list[float], need: float, deficit: float) -> None:
    found = rerank(rho, need, deficit)
    assert list(found.order) == sorted(range(len(rho)), key=lambda place: -rho[place])
    assert (found.rank_before == found.rank_after).all()


def test_a_policy_of_none_asks_for_no_price_or_deficit() -> None:
    none = Policy.none()
    assert not busy_price([3], [3], none).any()
    assert request_deficit(0.1, 0.9, none) == 1.0


def test_stored_numbers_make_their_policy_again_whatever_else_was_stored_with_them() -> None:
    assert Policy.of({**asdict(Policy.at(30)), "dial": 30, "least_shown": 4}) == Policy.at(30)
    assert Policy.of({"alpha": 1.0}) == Policy(alpha=1.0)
    with pytest.raises(ValueError, match="alpha"):
        Policy.of({"alpha": 9.0})


def test_turning_the_dial_leaves_alone_what_it_does_not_turn() -> None:
    own = Policy(half_life_days=365.0, oldest_days=21.0)
    assert own.turned(30) == Policy(2.0, 1.0, 0.05, half_life_days=365.0, oldest_days=21.0)
    assert Policy().turned(100) == Policy.at(100)
    with pytest.raises(ValueError, match="dial"):
        own.turned(101)


def test_the_score_is_what_the_desk_prints() -> None:
    found = rerank([0.73, 0.81, 0.69, 0.55], 1.25, 1.0, [0.08, 0.0, 0.02, 0.06], [0.03, 0.12, 0.05, 0.0])
    assert found.score == pytest.approx([0.9625, 0.8925, 0.8325, 0.7475])
    assert list(found.order) == [0, 1, 2, 3]
    assert list(found.rank_before) == [2, 1, 3, 4]
    assert list(found.rank_after) == [1, 2, 3, 4]


def test_equal_candidates_keep_their_order() -> None:
    assert list(rerank([0.5] * 5, 1.2, 1.0, [0.0] * 5, [0.1] * 5).order) == [0, 1, 2, 3, 4]


@given(rhos, st.data())
def test_a_higher_price_never_lifts_and_a_higher_boost_never_lowers(rho: list[float], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rho) - 1))
    more = np.zeros(len(rho))
    more[place] = data.draw(st.floats(0, 0.5))
    before = rerank(rho).rank_after[place]
    assert rerank(rho, price=more).rank_after[place] >= before
    assert rerank(rho, boost=more).rank_after[place] <= before


def test_need_lets_a_class_claim_a_close_but_busy_partner() -> None:
    close_and_busy, far_and_free = (0.6, 0.15), (0.5, 0.0)
    rho, price = zip(close_and_busy, far_and_free, strict=True)
    assert rerank(rho, need=1.0, price=price).order[0] == 1
    assert rerank(rho, need=1.6, price=price).order[0] == 0


@pytest.mark.parametrize("factors", [(0, 1), (1, 0), (-1, 1), (float("nan"), 1), (1, float("inf"))])
def test_factors_must_be_positive(factors: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        rerank([0.5], *factors)


BROKEN = (
    {"rho": [np.nan]},
    {"rho": [0.5], "price": [np.inf]},
    {"rho": [0.9, np.nan, 0.1]},
    {"rho": [0.9, 0.5, 0.1], "boost": [0.0, np.inf, 0.0]},
    {"rho": [0.9, 0.5, 0.1], "price": [0.0, np.inf, 0.0]},
    {"rho": [0.9, np.inf, 0.1], "price": [0.0, np.inf, 0.0]},
)


@pytest.mark.parametrize("broken", BROKEN)
def test_numbers_must_be_finite(broken: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="finite"):
        rerank(**broken)  # type: ignore[arg-type]


@given(needs)
def test_school_weights_have_mean_1_and_stay_in_range(schools: list[tuple[float, float]]) -> None:
    need, past = zip(*schools, strict=True)
    weights = school_need(need, past, POLICY)
    assert weights.mean() == pytest.approx(1.0, abs=1e-6)
    assert weights.min() >= LEAST_WEIGHT - 1e-12
    assert weights.max() <= MOST_WEIGHT + 1e-12


@given(needs, st.floats(0, 0.5), shares)
def test_more_need_never_weighs_less_and_more_service_never_more(
    schools: list[tuple[float, float]], more: float, served: float
) -> None:
    need, past = np.array(schools).T
    before = school_need(need, past, POLICY)[0]
    assert school_need([min(need[0] + more, 1.5), *need[1:]], past, POLICY)[0] >= before - 1e-9
    assert school_need(need, [max(past[0], served), *past[1:]], POLICY)[0] <= before + 1e-9


def test_school_weights_of_an_empty_region() -> None:
    assert len(school_need([], [], POLICY)) == 0


def test_past_service_halves_with_age_and_is_neutral_without_history() -> None:
    found = past_service([1.0, 0.0, 1.0, 0.0], [0, 180, 180, 0], [0, 0, 1, 1], 3, half_life_days=180)
    # Decayed: school 0 has 1 of 1.5, school 1 has 0.5 of 1.5, the region 1.5 of 3; one request's weight of that mean.
    assert found == pytest.approx([(1 + 0.5) / 2.5, (0.5 + 0.5) / 2.5, 0.5])


def test_past_service_of_a_region_that_begins() -> None:
    assert past_service([], [], [], 2, half_life_days=180) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("free", "best", "factor"), [(0.8, 0.8, 1.0), (0.4, 0.8, 2**0.5), (0.0, 0.8, 1.5), (0.1, 0.8, 1.5), (0, 0, 1)]
)
def test_request_deficit(free: float, best: float, factor: float) -> None:
    assert request_deficit(free, best, Policy(alpha2=0.5)) == pytest.approx(factor)


def test_busy_price_is_zero_when_free_full_at_the_cap_and_convex_between() -> None:
    price = busy_price([0, 1, 2, 3, 4, 9], [4] * 6, POLICY)
    assert price[0] == 0.0
    assert (price[4:] == MOST_PRICE).all()
    steps = np.diff(price[:5])
    assert (np.diff(steps) > 0).all()
    assert busy_price([0], [0], POLICY)[0] == MOST_PRICE


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": -1},
        {"beta": 0.9},
        {"half_life_days": 0},
        {"half_life_days": 0.5},
        {"oldest_days": -1},
        {"alpha2": float("nan")},
    ],
)
def test_a_policy_out_of_range_is_refused_by_name(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        Policy(**change)
