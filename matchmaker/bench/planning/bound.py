"""What no plan can exceed, computed here from a plan's prices alone, so that nobody's own word is taken for it.

For any prices that are not negative, the relevance weighted by place of every plan within capacity is at most
sum room * price + sum over requests of the best that the request could buy at those prices; room is capacity, but no
more than the requests that name the partner. What a request could buy is found exactly: among distinct partners the
more relevant one stands in the earlier place, so one pass over the candidates by relevance, keeping the best worth of
every number of places filled, sees all lists that may be best.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.measures import place_weights


def upper_bound(instance: Instance, price: NDArray[np.float64]) -> float:
    """At most this much relevance weighted by place can be had; prices [P] in the same units, where weights sum to 1.

    Raises ValueError for a price that is negative or no number.
    """
    if not (price >= 0).all():
        raise ValueError("prices must be numbers that are not negative")
    weights = place_weights(instance.slots)
    bought: float = _bought(instance.candidates, instance.relevance, weights, np.asarray(price, np.float64))
    named = np.bincount(instance.candidates[instance.candidates >= 0], minlength=len(price))
    return float(np.minimum(instance.capacity, named) @ price) + bought


@njit(cache=True)
def _bought(candidates: Any, relevance: Any, weights: Any, price: Any) -> float:
    slots = len(weights)
    total = 0.0
    best = np.empty(slots + 1)
    for r in range(len(candidates)):
        best[:] = -np.inf
        best[0] = 0.0
        for column in range(candidates.shape[1]):
            partner = candidates[r, column]
            if partner < 0:
                break
            for place in range(slots - 1, -1, -1):
                worth = best[place] + weights[place] * relevance[r, column] - price[partner]
                best[place + 1] = max(best[place + 1], worth)
        total += best.max()
    return total
