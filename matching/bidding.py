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
    partners: NDArray[np.int32]
    worth: Floats
    offers: Floats
    size: Indices
    waiting: NDArray[np.int32]
    waits: NDArray[np.uint8]
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
    """Let those who wait bid, about `most_bids` times. `loss[i]`: what those from place i on lose by moving down."""
    slots = len(weights)
    start, heap, holder, load, price = state.start, state.heap, state.holder, state.load, state.price
    taken, lists, partners, worth = state.taken, state.lists, state.partners, state.worth
    offers, size, waiting, waits = state.offers, state.size, state.waiting, state.waits
    head, length = state.ends[0], state.ends[1]
    loss = np.zeros(slots + 1)
    bids = 0
    while length > 0 and bids < most_bids:
        request = waiting[head]
        head = (head + 1) % len(waiting)
        length -= 1
        waits[request] = 0
        # All its open places bid in a row: what a request reads of memory is read once.
        while size[request] < slots:
            bids += 1
            column, gross, offer = _choose(
                request, candidates, relevance, factor, boost, ceiling, weights, loss, price, taken, worth, size
            )
            if column < 0:
                break
            partner = candidates[request, column]
            offer += epsilon
            first = start[partner]
            if load[partner] < room[partner]:
                _rise(heap, holder, first, load[partner], offer, request)
                load[partner] += 1
            else:
                loser = holder[first]
                _sink(heap, holder, first, room[partner], offer, request)
                _lose(taken, lists, partners, worth, offers, size, loser, partner)
                if waits[loser] == 0:
                    waits[loser] = 1
                    waiting[(head + length) % len(waiting)] = loser
                    length += 1
            if load[partner] == room[partner]:
                price[partner] = heap[first]
            _win(taken, lists, partners, worth, offers, size, request, column, partner, gross, offer)
    state.ends[0], state.ends[1] = head, length
    return bids


@njit(cache=True, nogil=True)
def _choose(
    request: int,
    candidates: NDArray[np.int32],
    relevance: NDArray[np.float32],
    factor: Floats,
    boost: Floats,
    ceiling: float,
    weights: Floats,
    loss: Floats,
    price: Floats,
    taken: NDArray[np.uint8],
    worth: Floats,
    size: Indices,
) -> tuple[int, float, float]:
    """The column that adds most to a request's list net of its price, its W, and the price up to which it is best."""
    held = size[request]
    loss[held] = 0.0
    for place in range(held - 1, -1, -1):
        following = weights[place + 1] if place + 1 < len(weights) else 0.0
        loss[place] = loss[place + 1] + (weights[place] - following) * worth[request, place]
    chosen, gross, best, second = -1, 0.0, 0.0, 0.0
    top = 0
    for column in range(candidates.shape[1]):
        partner = candidates[request, column]
        if partner < 0:
            break
        plain = factor[request] * relevance[request, column]
        # Candidates come by relevance: once even the largest boost and no price cannot reach the second best, none can.
        while top < held and worth[request, top] >= plain + ceiling:
            top += 1
        if weights[top] * (plain + ceiling) - loss[top] <= second:
            break
        if taken[request, column]:
            continue
        own = plain + boost[partner]
        place = top
        while place < held and worth[request, place] >= own:
            place += 1
        net = weights[place] * own - loss[place] - price[partner]
        if net > best:
            chosen, gross, best, second = column, own, net, best
        elif net > second:
            second = net
    if chosen < 0:
        return -1, 0.0, 0.0
    return chosen, gross, price[candidates[request, chosen]] + best - second


@njit(cache=True, nogil=True)
def _win(
    taken: NDArray[np.uint8],
    lists: NDArray[np.int32],
    partners: NDArray[np.int32],
    worth: Floats,
    offers: Floats,
    size: Indices,
    request: int,
    column: int,
    partner: int,
    gross: float,
    offer: float,
) -> None:
    place = size[request]
    while place > 0 and worth[request, place - 1] < gross:
        lists[request, place] = lists[request, place - 1]
        partners[request, place] = partners[request, place - 1]
        worth[request, place] = worth[request, place - 1]
        offers[request, place] = offers[request, place - 1]
        place -= 1
    lists[request, place] = column
    partners[request, place] = partner
    worth[request, place] = gross
    offers[request, place] = offer
    taken[request, column] = 1
    size[request] += 1


@njit(cache=True, nogil=True)
def _lose(
    taken: NDArray[np.uint8],
    lists: NDArray[np.int32],
    partners: NDArray[np.int32],
    worth: Floats,
    offers: Floats,
    size: Indices,
    request: int,
    partner: int,
) -> None:
    place = 0
    while partners[request, place] != partner:
        place += 1
    taken[request, lists[request, place]] = 0
    last = size[request] - 1
    for at in range(place, last):
        lists[request, at] = lists[request, at + 1]
        partners[request, at] = partners[request, at + 1]
        worth[request, at] = worth[request, at + 1]
        offers[request, at] = offers[request, at + 1]
    lists[request, last] = -1
    partners[request, last] = -1
    worth[request, last] = 0.0
    offers[request, last] = 0.0
    size[request] = last


@njit(cache=True, nogil=True)
def _rise(heap: Floats, holder: NDArray[np.int32], start: int, count: int, offer: float, request: int) -> None:
    """Add a bid to a heap of `count`."""
    at = count
    while at > 0 and heap[start + (at - 1) // 2] > offer:
        above = (at - 1) // 2
        heap[start + at] = heap[start + above]
        holder[start + at] = holder[start + above]
        at = above
    heap[start + at] = offer
    holder[start + at] = request


@njit(cache=True, nogil=True)
def _sink(heap: Floats, holder: NDArray[np.int32], start: int, count: int, offer: float, request: int) -> None:
    """Put a bid in the place of a heap's smallest."""
    at = 0
    while 2 * at + 1 < count:
        below = 2 * at + 1
        if below + 1 < count and heap[start + below + 1] < heap[start + below]:
            below += 1
        if heap[start + below] >= offer:
            break
        heap[start + at] = heap[start + below]
        holder[start + at] = holder[start + below]
        at = below
    heap[start + at] = offer
    holder[start + at] = request


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
