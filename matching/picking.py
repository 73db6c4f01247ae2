"""Who has waited too long picks before all others: a picking sequence weighted by school.

Schools take turns in the order of (picks so far + 1/2) / need, so that over any stretch of turns each has its share
(Chakraborty, Schmidt-Kraepelin, Suksompong, "Picking sequences and monotonicity in weighted fair division", 2021). In
its turn a school's longest-waiting request takes its best candidate who still has room. What is picked stays picked.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from matching.auction import Market

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def first(market: Market, waiting_days: Floats, oldest_days: float, school: Indices, need: Floats) -> Indices:
    """The one candidate that each request older than `oldest_days` takes before all others.

    Parameters
    ----------
    market
        Its `fixed` is not read.
    waiting_days
        [R] how long each request has waited.
    school, need
        [R] school of each request, and [S] its weight.

    Returns
    -------
    numpy.ndarray
        int64 [R] column of `Market.candidates`; -1 for who does not pick, or finds nobody with room.
    """
    fixed = np.full(market.requests, -1, dtype=np.int64)
    left = market.capacity.copy()
    lines: dict[int, list[int]] = {}
    # The longest-waiting last in each line, to be taken off its end; equal ones by what they could have.
    for request in np.lexsort((market.relevance.sum(axis=1, dtype=np.float64), waiting_days)):
        if waiting_days[request] > oldest_days:
            lines.setdefault(int(school[request]), []).append(int(request))
    turns = [(0.5 / need[each], -float(waiting_days[line[-1]]), each) for each, line in lines.items()]
    heapq.heapify(turns)
    picks = dict.fromkeys(lines, 0)
    while turns:
        _, _, each = heapq.heappop(turns)
        line = lines[each]
        request = line.pop()
        fixed[request] = _best_with_room(market.candidates[request], left)
        if fixed[request] >= 0:
            left[market.candidates[request, fixed[request]]] -= 1
        picks[each] += 1
        if line:
            heapq.heappush(turns, ((picks[each] + 0.5) / need[each], -float(waiting_days[line[-1]]), each))
    return fixed


def _best_with_room(candidates: NDArray[np.int32], left: Indices) -> int:
    real = candidates[candidates >= 0]
    free = np.flatnonzero(left[real] > 0)
    return int(free[0]) if len(free) else -1
