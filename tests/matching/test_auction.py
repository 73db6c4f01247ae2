"""The capacity auction, held against every plan there is of tiny markets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.auction import Allotted, Market, auction, bound
from matching.equity import Policy
from matching.settling import settle
from matching.welfare import Point, Welfare
from tests.matching import markets

FINE = 1e-4
seeds = st.integers(0, 2**32 - 1)


def worths(seed: int, market: Market, groups: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Factors [R] and boosts [P]."""
    chance = np.random.default_rng(seed)
    boost = 0.2 * chance.random(groups)[chance.integers(0, groups, len(market.capacity))]
    return 0.5 + chance.random(market.requests), boost


def worth(market: Market, columns: np.ndarray, factor: np.ndarray, boost: np.ndarray) -> float:
    taken, at = columns >= 0, np.maximum(columns, 0)
    gross = factor[:, None] * np.take_along_axis(market.relevance, at, axis=1).astype(np.float64)
    gross += boost[np.take_along_axis(market.candidates, at, axis=1)]
    return float((np.where(taken, gross, 0.0) @ market.place_weights).sum())


@given(seeds)
def test_an_auction_is_feasible_from_the_first_bid_on(seed: int) -> None:
    instance = markets.drawn(seed)
    market = markets.market(instance)
    factor, boost = worths(seed, market)
    found = auction(market, factor, boost, 0.01)
    markets.check_feasible(instance, markets.partners_of(instance, found.columns))
    assert found.finished
    load = np.bincount(
        markets.partners_of(instance, found.columns)[found.columns >= 0], minlength=len(instance.capacity)
    )
    assert (found.price[load < market.room] == 0).all(), "who has room costs nothing"
    assert np.array_equal(found.columns, auction(market, factor, boost, 0.01).columns)


@given(seeds)
def test_no_plan_is_worth_more_than_the_bound_and_the_auction_comes_within_its_bids_increments(seed: int) -> None:
    instance = markets.tiny(seed)
    market = markets.market(instance)
    factor, boost = worths(seed, market)
    best = max(worth(market, columns, factor, boost) for columns in markets.every_plan(instance))
    for reserve in (None, np.random.default_rng(seed).random(3) * 0.3):
        found = auction(market, factor, boost, FINE, reserve=reserve)
        markets.check_feasible(instance, markets.partners_of(instance, found.columns))
        proven = bound(market, factor, boost, found.price)
        mine = worth(market, found.columns, factor, boost)
        assert mine <= best + 1e-9 <= proven + 2e-9
        if reserve is None:
            assert mine >= best - 6 * FINE
            assert proven <= best + 6 * FINE


@given(seeds)
def test_the_bound_holds_for_any_prices(seed: int) -> None:
    instance = markets.tiny(seed)
    market = markets.market(instance)
    factor, boost = worths(seed, market)
    best = max(worth(market, columns, factor, boost) for columns in markets.every_plan(instance))
    chance = np.random.default_rng(seed)
    for price in (np.zeros(3), chance.random(3), np.array([np.inf, 0.0, chance.random()])):
        assert bound(market, factor, boost, price) >= best - 1e-9


@given(seeds)
def test_the_numbers_of_requests_and_partners_do_not_matter(seed: int) -> None:
    instance = markets.drawn(seed)
    other, back, partner = markets.renumbered(instance, seed)
    factor, boost = worths(seed, markets.market(instance))
    one = auction(markets.market(instance), factor, boost, 0.01)
    two = auction(markets.market(other), factor[back], boost[np.argsort(partner)], 0.01)
    assert np.array_equal(one.columns[back], two.columns)
    assert np.allclose(one.price, two.price[partner])


@given(seeds)
def test_what_is_fixed_stays_whatever_others_bid(seed: int) -> None:
    instance = markets.drawn(seed)
    fixed = np.full(len(instance.candidates), -1, np.int64)
    left = instance.capacity.copy()
    for request in range(0, len(fixed), 2):
        # The last candidate: the one that the request itself would least bid for.
        column = int((instance.candidates[request] >= 0).sum()) - 1
        if column >= 0 and left[instance.candidates[request, column]] > 0:
            fixed[request] = column
            left[instance.candidates[request, column]] -= 1
    market = replace(markets.market(instance), fixed=fixed)
    factor, boost = worths(seed, market)
    found = auction(market, factor, boost, 0.01)
    markets.check_feasible(instance, markets.partners_of(instance, found.columns))
    for request in np.flatnonzero(fixed >= 0):
        assert fixed[request] in found.columns[request]
        assert np.isinf(found.bids[request][found.columns[request] == fixed[request]]).all()
    assert bound(market, factor, boost, found.price) >= worth(market, found.columns, factor, boost) - 1e-9


def test_an_auction_that_is_stopped_leaves_a_plan_that_can_be_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.auction.BIDS_AT_ONCE", 5)
    instance = markets.drawn(3)
    market = markets.market(instance)
    asked: list[None] = []
    found = auction(market, *worths(3, market), 0.01, go_on=lambda: bool(asked.append(None)) or len(asked) < 2)
    assert not found.finished and found.bids_made < auction(market, *worths(3, market), 0.01).bids_made
    markets.check_feasible(instance, markets.partners_of(instance, found.columns))


def test_a_partner_without_room_is_nobody() -> None:
    instance = replace(markets.drawn(4), capacity=np.zeros(8, np.int64))
    market = markets.market(instance)
    found = auction(market, *worths(4, market), 0.01)
    assert (found.columns == -1).all()


@given(seeds)
def test_settling_a_plan_raises_welfare_or_leaves_it(seed: int) -> None:
    instance = markets.drawn(seed, requests=20, partners=12)
    society = markets.society(instance)
    market = society.market
    nothing = np.zeros(len(market.capacity))
    closest = auction(market, society.per_ideal, nothing, 0.01)
    welfare = Welfare.around(society, Policy(), closest.columns)
    utility = society.utility(closest.columns)
    point = Point(utility, np.full(len(instance.need), 0.1), np.full(len(utility), 0.02), np.zeros(3))
    before: Allotted = auction(market, welfare.factor(point), nothing, 0.01)
    after = settle(welfare, point, before, np.inf, 0.01, nothing, 1, lambda: True)
    markets.check_feasible(instance, markets.partners_of(instance, after.columns))
    assert welfare.value(after.columns) >= welfare.value(before.columns)
    assert ((after.columns >= 0) == (after.bids > 0)).all()
    stopped = settle(welfare, point, before, np.inf, 0.01, nothing, 1, lambda: False)
    assert np.array_equal(stopped.columns, before.columns)
