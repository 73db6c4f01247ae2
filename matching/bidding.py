"""The compiled half of the auction: what happens between two bids. Everything here is an array.

The functions change the state they are given; `matching.auction` makes it, and says what it is for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class State(NamedTuple):
    """The auction between two bids. The bids on partner p are a heap, smallest first, from `start[p]` on."""

    start: Indices
    heap: Floats
    holder: NDArray[np.int32]
    load: Indices
    price: Floats
    taken: NDArray[np.uint8]
    lists: NDArray[np.int32]
    worth: Floats
    offers: Floats
    size: Indices
    waiting: NDArray[np.int32]
    ends: Indices


@njit(cache=True, nogil=True)
def bid(
    candidates: NDArray[np.int32],
    relevance: NDArray[np.float32],
    factor: Floats,
    boost: Floats,
    ceiling: float,
    room: Indices,
    weights: Floats,
    epsilon: float,
    most_bids: int,
    state: State,
) -> int:
    """Let those who wait bid, at most `most_bids` times. `loss[i]`: what those from place i on lose by moving down."""
    slots = len(weights)
    head, waiting = state.ends[0], state.ends[1]
    loss = np.zeros(slots + 1)
    bids = 0
    while waiting > 0 and bids < most_bids:
        bids += 1
        request = state.waiting[head]
        head = (head + 1) % len(state.waiting)
        waiting -= 1
        column, gross, offer = _choose(candidates, relevance, factor, boost, ceiling, weights, request, loss, state)
        if column < 0:
            continue
        partner = candidates[request, column]
        offer += epsilon
        if state.load[partner] < room[partner]:
            _rise(state, state.start[partner], state.load[partner], offer, request)
            state.load[partner] += 1
        else:
            loser = state.holder[state.start[partner]]
            _sink(state, state.start[partner], room[partner], offer, request)
            _lose(candidates, state, loser, partner)
            state.waiting[(head + waiting) % len(state.waiting)] = loser
            waiting += 1
        if state.load[partner] == room[partner]:
            state.price[partner] = state.heap[state.start[partner]]
        _win(state, request, column, gross, offer)
    state.ends[0], state.ends[1] = head, waiting
    return bids


@njit(cache=True, nogil=True)
def _choose(
    candidates: NDArray[np.int32],
    relevance: NDArray[np.float32],
    factor: Floats,
    boost: Floats,
    ceiling: float,
    weights: Floats,
    request: int,
    loss: Floats,
    state: State,
) -> tuple[int, float, float]:
    """The column that adds most to a request's list net of its price, its W, and the price up to which it is best."""
    held = state.size[request]
    worth = state.worth[request]
    loss[held] = 0.0
    for place in range(held - 1, -1, -1):
        following = weights[place + 1] if place + 1 < len(weights) else 0.0
        loss[place] = loss[place + 1] + (weights[place] - following) * worth[place]
    chosen, gross, best, second = -1, 0.0, 0.0, 0.0
    top = 0
    for column in range(candidates.shape[1]):
        partner = candidates[request, column]
        if partner < 0:
            break
        plain = factor[request] * relevance[request, column]
        # Candidates come by relevance: once even the largest boost and no price cannot reach the second best, none can.
        while top < held and worth[top] >= plain + ceiling:
            top += 1
        if weights[top] * (plain + ceiling) - loss[top] <= second:
            break
        if state.taken[request, column]:
            continue
        own = plain + boost[partner]
        place = top
        while place < held and worth[place] >= own:
            place += 1
        net = weights[place] * own - loss[place] - state.price[partner]
        if net > best:
            chosen, gross, best, second = column, own, net, best
        elif net > second:
            second = net
    if chosen < 0:
        return -1, 0.0, 0.0
    return chosen, gross, state.price[candidates[request, chosen]] + best - second


@njit(cache=True, nogil=True)
def _win(state: State, request: int, column: int, gross: float, offer: float) -> None:
    place = state.size[request]
    while place > 0 and state.worth[request, place - 1] < gross:
        state.lists[request, place] = state.lists[request, place - 1]
        state.worth[request, place] = state.worth[request, place - 1]
        state.offers[request, place] = state.offers[request, place - 1]
        place -= 1
    state.lists[request, place] = column
    state.worth[request, place] = gross
    state.offers[request, place] = offer
    state.taken[request, column] = 1
    state.size[request] += 1


@njit(cache=True, nogil=True)
def _lose(candidates: NDArray[np.int32], state: State, request: int, partner: int) -> None:
    place = 0
    while candidates[request, state.lists[request, place]] != partner:
        place += 1
    state.taken[request, state.lists[request, place]] = 0
    last = state.size[request] - 1
    for at in range(place, last):
        state.lists[request, at] = state.lists[request, at + 1]
        state.worth[request, at] = state.worth[request, at + 1]
        state.offers[request, at] = state.offers[request, at + 1]
    state.lists[request, last] = -1
    state.worth[request, last] = 0.0
    state.offers[request, last] = 0.0
    state.size[request] = last


@njit(cache=True, nogil=True)
def _rise(state: State, start: int, count: int, offer: float, request: int) -> None:
    """Add a bid to a heap of `count`."""
    at = count
    while at > 0 and state.heap[start + (at - 1) // 2] > offer:
        above = (at - 1) // 2
        state.heap[start + at] = state.heap[start + above]
        state.holder[start + at] = state.holder[start + above]
        at = above
    state.heap[start + at] = offer
    state.holder[start + at] = request


@njit(cache=True, nogil=True)
def _sink(state: State, start: int, count: int, offer: float, request: int) -> None:
    """Put a bid in the place of a heap's smallest."""
    at = 0
    while 2 * at + 1 < count:
        below = 2 * at + 1
        if below + 1 < count and state.heap[start + below + 1] < state.heap[start + below]:
            below += 1
        if state.heap[start + below] >= offer:
            break
        state.heap[start + at] = state.heap[start + below]
        state.holder[start + at] = state.holder[start + below]
        at = below
    state.heap[start + at] = offer
    state.holder[start + at] = request


@njit(cache=True, nogil=True)
def best_lists(
    candidates: NDArray[np.int32],
    relevance: NDArray[np.float32],
    factor: Floats,
    boost: Floats,
    price: Floats,
    weights: Floats,
    fixed: Indices,
) -> float:
    """Sum over requests of their best list at given prices. `value[k]`: the best of k candidates so far."""
    width, slots = candidates.shape[1], len(weights)
    worth, order, value = np.empty(width), np.empty(width, dtype=np.int64), np.empty(slots + 1)
    total = 0.0
    for request in range(len(candidates)):
        count = 0
        while count < width and candidates[request, count] >= 0:
            worth[count] = factor[request] * relevance[request, count] + boost[candidates[request, count]]
            # Nearly sorted already: boosts move a candidate by a few places.
            at = count
            while at > 0 and worth[order[at - 1]] < worth[count]:
                order[at] = order[at - 1]
                at -= 1
            order[at] = count
            count += 1
        value[:] = -np.inf
        value[0] = 0.0
        for at in range(count):
            column = order[at]
            cost = price[candidates[request, column]]
            must = column == fixed[request]
            if worth[column] <= cost and not must:
                continue
            for places in range(slots, 0, -1):
                with_it = value[places - 1] + weights[places - 1] * worth[column] - cost
                value[places] = with_it if must else max(value[places], with_it)
            if must:
                value[0] = -np.inf
        total += value.max()
    return total
