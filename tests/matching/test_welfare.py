"""Welfare: concave, rightly derived, and never above what a round proves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.auction import auction, bound
from matching.equity import Policy
from matching.welfare import (
    LAST_REQUESTS,
    LAST_SCHOOLS,
    MOST_WEIGHT,
    Point,
    Welfare,
    last_weights,
    psi,
    slope,
    within_share,
)
from tests.matching import markets

seeds = st.integers(0, 2**32 - 1)
POWERS = (0.0, 0.5, 1.0, 2.0, 4.0)


@pytest.mark.parametrize("power", POWERS)
def test_psi_is_concave_and_slope_is_its_derivative(power: float) -> None:
    share = np.linspace(0.0, 3.0, 400)
    value, step = psi(share, power), 1e-6
    assert np.allclose(
        (psi(share + step, power) - psi(share - step, power)) / (2 * step), slope(share, power), rtol=1e-3
    )
    assert (np.diff(value) > 0).all() and (np.diff(value, 2) <= 1e-8).all()
    assert psi(np.ones(1), power)[0] == pytest.approx(0.0)
    weighs = slope(np.array([0.0, 100.0]), power)
    assert weighs == pytest.approx([MOST_WEIGHT, 1 / MOST_WEIGHT] if power else [1.0, 1.0]), "nobody without bound"


@given(seeds)
def test_the_last_are_those_with_the_least_and_the_edge_counts_partly(seed: int) -> None:
    chance = np.random.default_rng(seed)
    value, size = chance.random(20), chance.integers(0, 4, 20).astype(float)
    size[0] = 1.0
    weights = last_weights(value, size, 0.3)
    assert weights @ size == pytest.approx(0.3 * size.sum())
    assert ((weights >= 0) & (weights <= 1)).all()
    edge = value[weights > 0].max()
    assert (weights[(value < edge) & (size > 0)] == 1).all()
    # No other admissible weights make the sum smaller.
    other = within_share(chance.random(20), size, 0.3)
    assert (weights * size) @ value <= (other * size) @ value + 1e-9


@given(seeds)
def test_weights_are_brought_within_their_share_by_one_shift(seed: int) -> None:
    chance = np.random.default_rng(seed)
    weights, size = 3 * chance.random(20) - 1, 1.0 + chance.integers(0, 4, 20)
    found = within_share(weights, size, 0.3)
    assert found @ size == pytest.approx(0.3 * size.sum())
    inside = (found > 0) & (found < 1)
    assert np.ptp(weights[inside] - found[inside]) < 1e-9 if inside.any() else True
    assert np.allclose(within_share(found, size, 0.3), found)


def around(seed: int, tiny: bool = False) -> tuple[Welfare, np.ndarray]:
    instance = markets.tiny(seed) if tiny else markets.drawn(seed)
    chance = np.random.default_rng(seed)
    schools = len(instance.need)
    society = replace(
        markets.society(instance), past=chance.random(schools), past_weight=2 * chance.random(schools).round()
    )
    columns = auction(society.market, society.per_ideal, np.zeros(len(instance.capacity)), 0.01).columns
    return Welfare.around(society, Policy.at(float(chance.uniform(0, 100))), columns), columns


@given(seeds)
def test_the_factor_of_a_request_is_the_derivative_of_welfare(seed: int) -> None:
    welfare, _ = around(seed)
    some = welfare.society.ideal > 0
    utility = welfare.society.ideal * np.random.default_rng(seed).random(len(some))
    nothing = np.zeros(len(welfare.society.need)), np.zeros(len(some)), np.zeros(len(welfare.society.merit))
    factor, step = welfare.factor(Point(utility, *nothing)), 1e-6
    for request in np.flatnonzero(some):
        more, less = utility.copy(), utility.copy()
        more[request] += step
        less[request] -= step
        derived = (welfare._smooth(more) - welfare._smooth(less)) / (2 * step)
        assert derived == pytest.approx(factor[request], rel=1e-3)


@given(seeds)
def test_no_plans_welfare_exceeds_what_a_round_proves_wherever_it_linearises(seed: int) -> None:
    welfare, _ = around(seed, tiny=True)
    society, chance = welfare.society, np.random.default_rng(seed)
    instance = markets.tiny(seed)
    size = np.where(society.requests_of > 0, society.requests_of + society.past_weight, 0.0)
    point = Point(
        society.ideal * chance.random(len(society.ideal)),
        within_share(chance.random(len(society.need)), size, LAST_SCHOOLS),
        within_share(chance.random(len(society.ideal)), (society.ideal > 0).astype(float), LAST_REQUESTS),
        welfare.most_boost * chance.random(len(society.merit)),
    )
    factor, boost = welfare.factor(point), point.boost[society.group]
    price = auction(society.market, factor, boost, 0.01).price
    places = society.market.place_weights.sum()
    most = welfare.most(point, bound(society.market, factor, boost, price) / places)
    for plan in markets.every_plan(instance, in_order=True):
        assert welfare.value(plan) <= most + 1e-9
        # And each plan's own linearised worth lies above its welfare.
        worth = factor @ society.utility(plan) + point.boost @ society.exposure(plan)
        assert welfare.value(plan) <= welfare.most(point, float(worth)) + 1e-9


def test_a_neutral_policy_counts_requests_beside_their_ideal_alone() -> None:
    welfare, columns = around(1)
    neutral = replace(welfare, policy=Policy.none())
    society = neutral.society
    utility = society.utility(columns)
    point = Point(utility, np.zeros(len(society.need)), np.zeros(len(utility)), np.zeros(len(society.merit)))
    assert np.allclose(neutral.factor(point), society.per_ideal)
