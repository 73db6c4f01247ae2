"""The last steps of a plan: some of the requests bid again while all others keep what they have.

A round of the walk answers its weights as a whole: where two plans are worth the same at them, every school may swing
at once, and F, which is concave, falls between. So the requests of the best round are dealt into parts, and one part
after another bids again for the room that the others leave, at weights that follow what all schools have now. A step
that does not raise F is not taken. (Blocks of coordinates after Lacoste-Julien and others, "Block-coordinate
Frank-Wolfe optimization for structural SVMs", 2013; here the steps are whole, so that the plan stays one.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching.auction import Allotted, Market, auction
from matching.welfare import Point, Welfare

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

PARTS = 8
"""So many parts a pass: one is small enough that schools barely move, and large enough to trade within."""
PASSES = 4
"""Passes over all requests at most."""
ENOUGH = 0.02
"""A pass that closes less than this share of the gap is the last."""


def settle(
    welfare: Welfare,
    point: Point,
    allotted: Allotted,
    most: float,
    epsilon: float,
    reserve: Floats,
    seed: int,
    go_on: Callable[[], bool],
) -> Allotted:
    """Raise F of a plan, part by part.

    Parameters
    ----------
    welfare, point
        Whose F, and where the round that gave the plan linearised it: what requests weigh among themselves stays.
    allotted
        The plan of that round; its prices are returned as they are.
    most
        What no plan's F exceeds: nothing is done where there is nothing to gain.
    epsilon, reserve
        As in `matching.auction.auction`.
    seed
        Which requests bid together.

    Returns
    -------
    Allotted
        A plan whose F is at least that of the plan given.
    """
    market = welfare.society.market
    columns, bids, made = allotted.columns.copy(), allotted.bids.copy(), allotted.bids_made
    boost = point.boost[welfare.society.group]
    first_factor = welfare.factor(point)
    load = _load(market, columns)
    best = welfare.value(columns)
    chance = np.random.default_rng(seed)
    # Dealt by what requests could have, not by their numbers.
    order = market.order
    for _ in range(PASSES):
        before = best
        for part in np.array_split(order[chance.permutation(len(order))], min(PARTS, len(order))):
            if not go_on():
                return replace(allotted, columns=columns, bids=bids, bids_made=made)
            freed = market.part(part, market.capacity - load + _load(market, columns, part))
            found = auction(freed, _weights(welfare, point, columns)[part], boost, epsilon, reserve=reserve)
            tried = columns.copy()
            tried[part], offers = _ordered(freed, found, first_factor[part], boost)
            made += found.bids_made
            value = welfare.value(tried)
            if value > best:
                load += _load(market, tried, part) - _load(market, columns, part)
                columns, best, bids[part] = tried, value, offers
        if best - before <= ENOUGH * (most - before):
            break
    return replace(allotted, columns=columns, bids=bids, bids_made=made)


def _weights(welfare: Welfare, point: Point, columns: Indices) -> Floats:
    """[R] what requests weigh: schools by what they have now, requests among themselves as at the point."""
    society = welfare.society
    now = welfare.school_factor(replace(point, utility=society.utility(columns)))
    return welfare.factor(point, now)


def _load(market: Market, columns: Indices, part: Indices | None = None) -> Indices:
    """[P] units taken by all requests, or by some."""
    own = columns if part is None else columns[part]
    candidates = market.candidates if part is None else market.candidates[part]
    partner = np.take_along_axis(candidates, np.maximum(own, 0), axis=1)[own >= 0]
    return np.bincount(partner, minlength=len(market.capacity))


def _ordered(market: Market, found: Allotted, factor: Floats, boost: Floats) -> tuple[Indices, Floats]:
    """Columns and bids of a part, the best W first by the weights that the whole plan is told in."""
    columns, taken = found.columns, found.columns >= 0
    at = np.maximum(columns, 0)
    worth = factor[:, None] * np.take_along_axis(market.relevance, at, axis=1)
    worth += boost[np.take_along_axis(market.candidates, at, axis=1)]
    order = np.argsort(np.where(taken, -worth, np.inf), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1), np.take_along_axis(found.bids, order, axis=1)
