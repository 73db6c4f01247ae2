"""What is around a request when somebody is put first for it: what the network owes its class, and who had no room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.equity import Reranked
from matching.explain import Reason

LONG_WEEKS = 2
"""From so many weeks on, a wait is worth a sentence."""
CLEARER = 0.02
"""By so much relevance at least, somebody is said to be closer."""


def owed(waiting_days: float, reached_less: bool) -> Reason | None:
    """What the network owes a class: a long wait, a school that was reached less than others, both, or None."""
    weeks = int(waiting_days // 7)
    if weeks < LONG_WEEKS:
        return Reason("reached_less") if reached_less else None
    return Reason("waited_reached_less" if reached_less else "waited", {"weeks": weeks})


def closer(reranked: Reranked, first: int, full: NDArray[np.float64]) -> tuple[bool, int] | None:
    """Who would have been closer than the candidate put first, and is not first for want of room.

    Parameters
    ----------
    reranked
        The request's n candidates.
    first
        Place among them of whoever is put first.
    full
        [f] relevance of those whose month is full, by place in whatever list the caller has.

    Returns
    -------
    (is full, place) or None
        The closest of all that are closer by `CLEARER` at least: a full one by its place in `full`, or a candidate who
        is dearer than the first by place among the candidates. The full one goes before an equal candidate.
    """
    rho = reranked.rho
    dearer = reranked.price > reranked.price[first]
    ahead = np.flatnonzero(dearer & (reranked.rank_after > reranked.rank_after[first]))
    busiest = int(ahead[np.argmax(rho[ahead])]) if len(ahead) else -1
    fullest = int(np.argmax(full)) if len(full) else -1
    least = float(rho[first]) + CLEARER
    by_busy = float(rho[busiest]) if busiest >= 0 else -1.0
    by_full = float(full[fullest]) if fullest >= 0 else -1.0
    if max(by_busy, by_full) < least:
        return None
    return (True, fullest) if by_full >= by_busy else (False, busiest)
