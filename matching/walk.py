"""Rounds of auctions whose weights follow what the rounds before gave.

Each round linearises the welfare (`matching.welfare`) where the rounds so far have led, holds the auction, and moves
on: an averaged Frank-Wolfe walk in which the plans themselves are whole, never mixtures. The best plan of all rounds
is kept, and so is the least of the bounds that the rounds prove.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.auction import Allotted, auction, bound
from matching.equity import Policy
from matching.welfare import LAST_REQUESTS, LAST_SCHOOLS, Point, Society, Welfare

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

EPSILON = 0.002
"""Increment of the bids, as a share of the network's middle ideal."""
ROUNDS = 30
"""Rounds at most, where nobody says otherwise."""
ENOUGH = 0.0008
"""A gap of welfare that ends the walk."""

_RESERVE, _RESERVE_LESS = 0.9, 0.05  # Prices begin at this share of the last ones, less this share of the middle ideal.
_LEAST_STEP = 0.3  # A round moves utilities at least so far towards what it gave, and exposures so far:
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
    most: float
    bids: int

    @classmethod
    def of(cls, society: Society, order: Indices | None, clock: Clock) -> Closest:
        """Hold the auction in which W is relevance as a share of the request's ideal."""
        market, factor, nothing = society.market, society.per_ideal, np.zeros(len(society.market.capacity))
        found = auction(market, factor, nothing, EPSILON * society.middle, order, clock.go_on)
        most = bound(market, factor, nothing, found.price) / float(market.place_weights.sum()) / society.middle
        return cls(found.columns, most / max(int((society.ideal > 0).sum()), 1), found.bids_made)


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
        first = Round.at(welfare, start, order, clock)
        exposure = society.exposure(closest.columns)
        bids = first.allotted.bids_made
        walk = cls(welfare, start, exposure, first, first.most, 1, bids)
        made = first
        while walk.rounds < rounds and walk.gap > ENOUGH and not policy.neutral and clock.go_on():
            walk._move(made.allotted.columns)
            made = Round.at(welfare, walk.point, order, clock, walk._reserve(made.allotted.price))
            walk.rounds, walk.bids = walk.rounds + 1, walk.bids + made.allotted.bids_made
            walk.least = min(walk.least, made.most)
            walk.best = made if made.value > walk.best.value else walk.best
            clock.done = walk.rounds
        return walk

    @property
    def gap(self) -> float:
        """How far the best plan's F is at most below any plan's, as a share of its worth at its own weights."""
        return max(self.least - self.best.value, 0.0) / max(self.best.worth, 1e-12)

    def _reserve(self, price: Floats) -> Floats:
        """Prices to begin the next round with; nothing for those that were hardly asked, who may be asked by nobody."""
        finite = np.where(np.isfinite(price), price, 0.0)
        return np.maximum(_RESERVE * finite - _RESERVE_LESS * self.welfare.society.middle, 0.0)

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


def _mixed(before: Floats, after: Floats, part: float) -> Floats:
    return (1.0 - part) * before + part * after
