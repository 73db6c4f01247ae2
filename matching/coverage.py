"""Nobody is left with nothing while somebody with two or more could make room, directly or through a chain of moves.

The auction weighs; this does not. It looks for augmenting paths (Berge, "Two theorems in graph theory", 1957): a
request with nobody takes a partner from a request that has at least two, or from one that can move to another of its
own candidates, and so on. A search that finds nothing never has to be made again from where it has been.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from matching.auction import Market

Indices = NDArray[np.int64]


def mend(market: Market, columns: Indices) -> tuple[Indices, Indices]:
    """Give every request somebody that a chain of moves can free.

    Parameters
    ----------
    market
        A fixed candidate (`Market.fixed`) is never taken from its request.
    columns
        int64 [R, K] a feasible plan: columns of the candidates, padded with -1.

    Returns
    -------
    columns
        int64 [R, K] the plan after the moves; the order of what a request keeps is unchanged.
    empty
        Requests that have candidates and still have nobody: no chain can help them.
    """
    mended = columns.copy()
    size = (mended >= 0).sum(axis=1)
    lacking = np.flatnonzero((size == 0) & (market.candidates >= 0).any(axis=1))
    if len(lacking):
        start = np.concatenate([[0], np.cumsum(market.room)]).astype(np.int64)
        lacking = lacking[np.argsort(-market.relevance[lacking, 0], kind="stable")]
        _mend(market.candidates, market.room, market.fixed, start, mended, size, lacking)
    return mended, lacking[size[lacking] == 0]


@njit(cache=True, nogil=True)
def _mend(
    candidates: NDArray[np.int32],
    room: Indices,
    fixed: Indices,
    start: Indices,
    columns: Indices,
    size: Indices,
    lacking: Indices,
) -> None:
    requests, partners = len(candidates), len(room)
    holder, load = _holders(candidates, start, columns, size)
    seen_partner, seen_request = np.zeros(partners, dtype=np.bool_), np.zeros(requests, dtype=np.bool_)
    asked_by, asked_column = np.full(partners, -1), np.full(partners, -1)
    loses = np.full(requests, -1)
    line, met = np.empty(requests, dtype=np.int64), np.empty(partners, dtype=np.int64)
    for origin in lacking:
        line[0], first, last, touched = origin, 0, 1, 0
        seen_request[origin], loses[origin] = True, -1
        end, giver = -1, -1
        while first < last and end < 0:
            request = line[first]
            first += 1
            for column in range(candidates.shape[1]):
                partner = candidates[request, column]
                if partner < 0:
                    break
                if seen_partner[partner] or room[partner] == 0:
                    continue
                seen_partner[partner] = True
                met[touched], touched = partner, touched + 1
                asked_by[partner], asked_column[partner] = request, column
                if load[partner] < room[partner]:
                    end = partner
                    break
                for at in range(start[partner], start[partner] + load[partner]):
                    other = holder[at]
                    if fixed[other] >= 0 and candidates[other, fixed[other]] == partner:
                        continue
                    if size[other] >= 2:
                        if giver < 0 or size[other] > size[giver]:
                            giver = other
                    elif not seen_request[other]:
                        seen_request[other], loses[other] = True, partner
                        line[last], last = other, last + 1
                if giver >= 0:
                    end = partner
                    break
        if end < 0:
            # Nothing to be found from here on, for nobody: what was seen stays seen.
            continue
        _move(candidates, start, holder, load, columns, size, asked_by, asked_column, loses, end, giver)
        for at in range(touched):
            seen_partner[met[at]] = False
        for at in range(last):
            seen_request[line[at]] = False


@njit(cache=True, nogil=True)
def _holders(candidates: NDArray[np.int32], start: Indices, columns: Indices, size: Indices) -> tuple[Indices, Indices]:
    """Who holds each partner, from `start` of the partner on, and how many they are."""
    holder = np.empty(start[-1], dtype=np.int64)
    load = np.zeros(len(start) - 1, dtype=np.int64)
    for request in range(len(candidates)):
        for place in range(size[request]):
            partner = candidates[request, columns[request, place]]
            holder[start[partner] + load[partner]] = request
            load[partner] += 1
    return holder, load


@njit(cache=True, nogil=True)
def _move(
    candidates: NDArray[np.int32],
    start: Indices,
    holder: Indices,
    load: Indices,
    columns: Indices,
    size: Indices,
    asked_by: Indices,
    asked_column: Indices,
    loses: Indices,
    end: int,
    giver: int,
) -> None:
    """Carry out a chain from its end: each request takes the partner it asked for, and frees the one it had."""
    partner, before = end, giver
    while True:
        request = asked_by[partner]
        at = start[partner] + load[partner]
        if before < 0:
            load[partner] += 1
        else:
            at = start[partner]
            while holder[at] != before:
                at += 1
            if before == giver and partner == end:
                _drop(candidates, columns, size, giver, partner)
        holder[at] = request
        freed = loses[request]
        columns[request, 0] = asked_column[partner]
        if freed < 0:
            size[request] = 1
            return
        partner, before = freed, request


@njit(cache=True, nogil=True)
def _drop(candidates: NDArray[np.int32], columns: Indices, size: Indices, request: int, partner: int) -> None:
    place = 0
    while candidates[request, columns[request, place]] != partner:
        place += 1
    for at in range(place, size[request] - 1):
        columns[request, at] = columns[request, at + 1]
    size[request] -= 1
    columns[request, size[request]] = -1
