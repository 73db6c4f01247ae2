"""The capacity auction: who gets which scarce partner, at which price, and how far from the best that can be.

Each request r wants `K` partners; the first place counts w_1 = 1, later ones less. Its worth of a partner p is
W = factor_r * relevance + boost_p, and a list is worth the sum of w_k * W over its places, best first. Requests bid
for one place after another, each for the partner that adds most to what the request already holds, up to the margin
over its next best plus epsilon. A full partner keeps the highest bids and drops the lowest; the lowest bid kept is
the partner's price.

Lists of this kind are gross substitutes (they are a flow: place, pair, partner), so that a request never regrets a
partner it keeps while other prices rise, and the auction ends within the bids' increments of the best plan there is
(Kelso and Crawford, "Job matching, coalition formation, and gross substitutes", 1982; increments after Bertsekas,
"The auction algorithm", 1988). That is why it works; what is *claimed* is `bound` alone, which holds for any prices.

Compiled: no Python object is touched between the first bid and the last. Equal worths go to the candidate that stands
first in its row, so the result is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.bidding import State, best_lists, bid

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

BIDS_AT_ONCE = 200_000
"""So many bids are made before the caller is asked whether to go on: well under a second."""
_IDLE = 0.25  # Units left idle by a reserve may be worth this share of the increments that all places may lose.
FIXED = np.inf
"""The bid of a place that nobody can take away."""


@dataclass(frozen=True, eq=False)
class Market:
    """What does not change from auction to auction.

    Attributes
    ----------
    candidates
        int32 [R, C] partners 0..P-1 a request may have, padded at the end with -1, nobody twice in a row.
    relevance
        float32 [R, C], rows sorted descending, 0 in the padding.
    capacity
        int64 [P] how many requests a partner can take.
    slots
        K, the partners wanted per request.
    fixed
        int64 [R] column of the one candidate that a request has already, whatever others bid; -1 for none. The units
        they take must be within capacity.
    """

    candidates: NDArray[np.int32]
    relevance: NDArray[np.float32]
    capacity: Indices
    slots: int
    fixed: Indices

    @property
    def requests(self) -> int:
        """R."""
        return len(self.candidates)

    @cached_property
    def place_weights(self) -> Floats:
        """[K] w_k = 1 / log2(k + 1): what a place counts beside the first."""
        return 1.0 / np.log2(np.arange(2, self.slots + 2))

    @cached_property
    def room(self) -> Indices:
        """[P] units that anybody could ask for: capacity, but never more than requests name the partner."""
        named = np.bincount(self.candidates[self.candidates >= 0], minlength=len(self.capacity))
        return np.minimum(self.capacity, named)

    @cached_property
    def order(self) -> Indices:
        """[R] the order in which requests make their first bids: by what they could have, not by their numbers."""
        best = self.relevance[:, : min(self.slots, 3)]
        return np.lexsort((self.relevance.sum(axis=1, dtype=np.float64), *best.T[::-1]))[::-1].astype(np.int64)

    def part(self, requests: Indices, capacity: Indices) -> Market:
        """The market of some of the requests, for the room that the others leave."""
        own = self.candidates[requests], self.relevance[requests]
        return Market(*own, capacity, self.slots, self.fixed[requests])

    @cached_property
    def ideal(self) -> Floats:
        """[R] each request's utility if nobody else asked."""
        top = self.relevance[:, : self.slots].astype(np.float64)
        return top @ self.place_weights[: top.shape[1]]


@dataclass(frozen=True, eq=False)
class Allotted:
    """Who holds what after an auction; a plan that is feasible at any moment.

    Attributes
    ----------
    columns
        int64 [R, K] columns of `Market.candidates`, the best W first, padded with -1.
    bids
        float64 [R, K] the price up to which the request keeps the partner; `FIXED` for a fixed one, 0 in the padding.
    price
        float64 [P] lowest bid kept by a full partner, 0 where there is room.
    bids_made
        How many bids it took.
    finished
        False when the auction was stopped before every place had bid as often as it wanted.
    """

    columns: Indices
    bids: Floats
    price: Floats
    bids_made: int
    finished: bool


def auction(
    market: Market,
    factor: Floats,
    boost: Floats,
    epsilon: float,
    order: Indices | None = None,
    go_on: Callable[[], bool] | None = None,
    reserve: Floats | None = None,
) -> Allotted:
    """Hold one auction for gross worths W = factor_r * relevance + boost_p.

    Parameters
    ----------
    market
        Candidates, capacities and places.
    factor
        [R], not negative; a request of factor 0 bids for nobody unless boosts are positive.
    boost
        [P], not negative.
    epsilon
        Increment above the margin, positive, in units of W. Smaller is nearer to the best plan and slower.
    order
        [R] order of the first bids; `Market.order` when None.
    go_on
        Asked after every `BIDS_AT_ONCE` bids; False ends the auction with the plan of that moment.
    reserve
        [P] prices to begin with instead of 0, best a little below those of a similar auction: most of the way up is
        saved. Who is not asked at theirs is offered for nothing at the end, to places that are still open; where that
        leaves too much unused, the auction is held again without reserve for them.
    """
    order = market.order if order is None else order
    bids_made = 0
    for again in (True, False):
        state = _begin(market, factor, boost, order, reserve)
        bids_made += _exhaust(market, factor, boost, epsilon, state, go_on)
        left = (state.price > 0) & (state.load < market.room)
        if reserve is None or not left.any() or state.ends[1] > 0:
            break
        idle = float(reserve[left] @ (market.room - state.load)[left])
        if again and idle > _IDLE * epsilon * market.requests * market.slots:
            reserve = np.where(left, 0.0, reserve)
            continue
        state.price[left] = 0.0
        _wait(state, order)
        bids_made += _exhaust(market, factor, boost, epsilon, state, go_on)
        left &= state.load < market.room
        state.price[left] = reserve[left]
        break
    return Allotted(state.lists.astype(np.int64), state.offers, state.price, bids_made, int(state.ends[1]) == 0)


def _exhaust(
    market: Market,
    factor: Floats,
    boost: Floats,
    epsilon: float,
    state: State,
    go_on: Callable[[], bool] | None,
) -> int:
    """Let those who wait bid until nobody does, or until told to stop. Returns how many bids it took."""
    ceiling = float(boost.max(initial=0.0))
    made = 0
    while state.ends[1] > 0 and (made == 0 or go_on is None or go_on()):
        made += int(
            bid(
                market.candidates,
                market.relevance,
                factor,
                boost,
                ceiling,
                market.room,
                market.place_weights,
                epsilon,
                BIDS_AT_ONCE,
                state,
            )
        )
    return made


def bound(market: Market, factor: Floats, boost: Floats, price: Floats) -> float:
    """What no feasible plan can be worth more than, by the prices of an auction or any others that are not negative.

    The dual of the linearised problem: the value of all units at their prices, and of each request's best list at
    these prices, which a dynamic programme over candidates sorted by W finds exactly. A price of infinity (all units
    fixed) counts as the most anybody could offer.

    Returns
    -------
    float
        In units of W, summed over all places.
    """
    most = float(factor.max(initial=0.0)) * float(market.relevance.max(initial=0.0)) + float(boost.max(initial=0.0))
    finite = np.minimum(price, most)
    lists = best_lists(market.candidates, market.relevance, factor, boost, finite, market.place_weights, market.fixed)
    return float(market.room @ finite + lists)


def _begin(market: Market, factor: Floats, boost: Floats, order: Indices, reserve: Floats | None) -> State:
    requests, slots, partners = market.requests, market.slots, len(market.capacity)
    start = np.concatenate([[0], np.cumsum(market.room)]).astype(np.int64)
    state = State(
        start=start,
        heap=np.zeros(int(start[-1])),
        holder=np.zeros(int(start[-1]), dtype=np.int32),
        load=np.zeros(partners, dtype=np.int64),
        price=np.zeros(partners) if reserve is None else reserve.copy(),
        taken=np.zeros(market.candidates.shape, dtype=np.uint8),
        lists=np.full((requests, slots), -1, dtype=np.int32),
        partners=np.full((requests, slots), -1, dtype=np.int32),
        worth=np.zeros((requests, slots)),
        offers=np.zeros((requests, slots)),
        size=np.zeros(requests, dtype=np.int64),
        waiting=np.zeros(max(requests, 1), dtype=np.int32),
        waits=np.zeros(requests, dtype=np.uint8),
        ends=np.zeros(2, dtype=np.int64),
    )
    _hold_fixed(market, factor, boost, state)
    _wait(state, order)
    return state


def _wait(state: State, order: Indices) -> None:
    """Put every request with an open place in line: a ring, for who loses waits again."""
    line = order[state.size[order] < state.lists.shape[1]]
    state.waiting[: len(line)] = line
    state.waits[line] = 1
    state.ends[:] = 0, len(line)


def _hold_fixed(market: Market, factor: Floats, boost: Floats, state: State) -> None:
    for request in np.flatnonzero(market.fixed >= 0):
        column = market.fixed[request]
        partner = market.candidates[request, column]
        at = state.start[partner] + state.load[partner]
        state.heap[at], state.holder[at] = FIXED, request
        state.load[partner] += 1
        state.taken[request, column] = 1
        state.lists[request, 0], state.partners[request, 0], state.offers[request, 0] = column, partner, FIXED
        state.worth[request, 0] = factor[request] * market.relevance[request, column] + boost[partner]
        state.size[request] = 1
    full = state.load == market.room
    state.price[full] = FIXED
