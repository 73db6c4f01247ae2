"""Rounds of auctions whose weights follow what the rounds before gave.

Each round linearises the welfare (`matching.welfare`) where the rounds so far have led, holds the auction, and moves
on: an averaged Frank-Wolfe walk in which the plans themselves are whole, never mixtures. The best plan of all rounds
is kept, and so is the least of the bounds that the rounds prove.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.auction import Allotted, auction, bound
from matching.equity import Policy
from matching.settling import settle
from matching.welfare import LAST_REQUESTS, LAST_SCHOOLS, Point, Society, Welfare

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

EPSILON = 0.002
"""Increment of the bids, as a share of the network's middle ideal."""
COARSE = 0.02
"""The same of an auction before the first: it leads prices most of the way in large steps."""
ROUNDS = 30
"""Rounds at most, where nobody says otherwise."""
ENOUGH = 0.00095
"""A gap of welfare that ends the walk."""

SETTLED = 0.0004
"""A gap of welfare at which a plan is not improved any further."""

# Prices begin so far below those of the last round, as a share of the middle ideal, and by as much as they moved then.
_BELOW = 0.007
_BELOW_COARSE = 0.03  # The same where nothing is known of how they move: after a coarse auction, or for other weights.
_LEAST_STEP = 0.1  # A round moves utilities at least so far towards what it gave, and exposures so far:
_LEAST_STEP_SHOWN = 0.5
_FIRST_STRIDE = 2.0  # A group shown not at all has its boost raised by so many times the largest, less every round.


class Clock:
    """Says whether to go on, and why not: at a time limit, or when whoever watches has had enough."""

    def __init__(self, time_limit: float | None, progress: Callable[[int, int], bool] | None, rounds: int) -> None:
        self.until = None if time_limit is None else time.monotonic() + time_limit
        self.progress, self.rounds, self.done, self.stopped = progress, rounds, 0, ""

    def go_on(self) -> bool:
        """Whether there is time left and nobody has cancelled."""
        if self.until is not None and time.monotonic() >= self.until:
            self.stopped = "time"
        elif self.progress is not None and not self.progress(min(self.done, self.rounds), self.rounds):
            self.stopped = "cancelled"
        return not self.stopped


@dataclass(frozen=True, eq=False)
class Closest:
    """The plan for closeness alone, and the most quality that any plan could give.

    Attributes
    ----------
    columns
        [R, K] of the market's candidates.
    most
        No plan gives requests more than this mean share of their ideal.
    """

    columns: Indices
    price: Floats
    most: float
    bids: int

    @classmethod
    def of(cls, society: Society, order: Indices | None, clock: Clock) -> Closest:
        """Hold the auction in which W is relevance as a share of the request's ideal."""
        market, factor, nothing = society.market, society.per_ideal, np.zeros(len(society.market.capacity))
        coarse = auction(market, factor, nothing, COARSE * society.middle, order, clock.go_on)
        reserve = _below(coarse.price, _BELOW_COARSE * society.middle)
        found = auction(market, factor, nothing, EPSILON * society.middle, order, clock.go_on, reserve)
        most = bound(market, factor, nothing, found.price) / float(market.place_weights.sum()) / society.middle
        bids = coarse.bids_made + found.bids_made
        return cls(found.columns, found.price, most / max(int((society.ideal > 0).sum()), 1), bids)


@dataclass(frozen=True, eq=False)
class Round:
    """One auction, with what it was held for and what it proves.

    Attributes
    ----------
    school_factor, factor, boost
        [S], [R] and [P]: W = factor_r * relevance + boost_p.
    point
        Where welfare was linearised.
    value
        F of the plan it gave.
    worth, linear_bound
        What that plan is worth at these W, and what no plan exceeds at them; in utility.
    most
        What no plan's F exceeds, proven by this round.
    """

    point: Point
    school_factor: Floats
    factor: Floats
    boost: Floats
    allotted: Allotted
    value: float
    worth: float
    linear_bound: float
    most: float

    @classmethod
    def at(
        cls, welfare: Welfare, point: Point, order: Indices | None, clock: Clock, reserve: Floats | None = None
    ) -> Round:
        """Hold the auction that welfare is at a point."""
        society, market = welfare.society, welfare.society.market
        factor, boost = welfare.factor(point), point.boost[society.group]
        found = auction(market, factor, boost, EPSILON * society.middle, order, clock.go_on, reserve)
        linear = bound(market, factor, boost, found.price) / float(market.place_weights.sum())
        worth = factor @ society.utility(found.columns) + point.boost @ society.exposure(found.columns)
        value, most = welfare.value(found.columns), welfare.most(point, linear)
        school_factor = welfare.school_factor(point)
        return cls(point, school_factor, factor, boost, found, value, float(worth), linear, most)


@dataclass(eq=False)
class Walk:
    """Where the rounds have led.

    Attributes
    ----------
    point, exposure
        Averages of the rounds so far: where the next one linearises, and what groups were shown.
    best, least
        The round with the best plan, and the least bound proven.
    """

    welfare: Welfare
    point: Point
    exposure: Floats
    best: Round
    least: float
    rounds: int
    bids: int

    @classmethod
    def of(
        cls,
        society: Society,
        policy: Policy,
        closest: Closest,
        rounds: int,
        order: Indices | None,
        clock: Clock,
    ) -> Walk:
        """Make the rounds for one policy. Where it leans nowhere there is nothing to walk to: one round is enough."""
        welfare = Welfare.around(society, policy, closest.columns)
        utility, groups = society.utility(closest.columns), len(society.merit)
        start = Point(
            utility,
            np.full(len(society.need), LAST_SCHOOLS),
            np.full(len(utility), LAST_REQUESTS),
            np.zeros(groups),
        )
        clock.done = 0
        prices = closest.price * _dearer(welfare, start)
        first = Round.at(welfare, start, order, clock, _below(prices, _BELOW_COARSE * society.middle))
        exposure = society.exposure(closest.columns)
        bids = first.allotted.bids_made
        walk = cls(welfare, start, exposure, first, first.most, 1, bids)
        made = first
        while walk.rounds < rounds and walk.gap > ENOUGH and not policy.neutral and clock.go_on():
            walk._move(made.allotted.columns)
            reserve = _below(made.allotted.price, _BELOW * society.middle + _moved(prices, made.allotted.price))
            prices = made.allotted.price
            made = Round.at(welfare, walk.point, order, clock, reserve)
            walk.rounds, walk.bids = walk.rounds + 1, walk.bids + made.allotted.bids_made
            walk.least = min(walk.least, made.most)
            walk.best = made if made.value > walk.best.value else walk.best
            clock.done = walk.rounds
        if walk.gap > SETTLED and not policy.neutral:
            walk._settle(clock)
        return walk

    @property
    def gap(self) -> float:
        """How far the best plan's F is at most below any plan's, as a share of its worth at its own weights."""
        return max(self.least - self.best.value, 0.0) / max(self.best.worth, 1e-12)

    def _settle(self, clock: Clock) -> None:
        """Improve the best plan where it stands, part by part; see `matching.settling`."""
        welfare, best = self.welfare, self.best
        middle, before = welfare.society.middle, best.allotted.bids_made
        reserve = _below(best.allotted.price, _BELOW * middle)
        found = settle(welfare, best.point, best.allotted, self.least, EPSILON * middle, reserve, 1, clock.go_on)
        self.best = replace(best, allotted=found, value=welfare.value(found.columns))
        self.bids += found.bids_made - before

    def _move(self, columns: Indices) -> None:
        """Move towards what a plan gives: less and less, but never so little that the first rounds stay."""
        society, welfare, point = self.welfare.society, self.welfare, self.point
        part = 2.0 / (self.rounds + 2)
        utility = _mixed(point.utility, society.utility(columns), max(part, _LEAST_STEP))
        self.exposure = _mixed(self.exposure, society.exposure(columns), max(part, _LEAST_STEP_SHOWN))
        # Raise the boosts of groups that are shown too little, lower the others: carefully, for a little moves many.
        stride = _FIRST_STRIDE * welfare.most_boost / (1.0 + self.rounds / 4.0)
        boost = np.clip(point.boost + stride * welfare.overlooked(self.exposure), 0.0, welfare.most_boost)
        last_school, last_request = welfare.last(utility, point)
        self.point = Point(utility, last_school, last_request, boost)


def _dearer(welfare: Welfare, point: Point) -> float:
    """How many times as much requests can offer, in the middle, as where closeness alone counts: so prices rise."""
    before = float(welfare.society.per_ideal.sum())
    return float(welfare.factor(point).sum()) / before if before > 0 else 1.0


def _moved(before: Floats, after: Floats) -> float:
    """How far the prices of who is wanted moved, in the middle."""
    wanted = (after > 0) & np.isfinite(after) & np.isfinite(before)
    return float(np.abs(after[wanted] - before[wanted]).mean()) if wanted.any() else 0.0


def _below(price: Floats, less: float) -> Floats:
    """Prices to begin an auction with; nothing for those that were hardly asked, who may be asked by nobody."""
    return np.maximum(np.where(np.isfinite(price), price, 0.0) - less, 0.0)


def _mixed(before: Floats, after: Floats, part: float) -> Floats:
    return (1.0 - part) * before + part * after
