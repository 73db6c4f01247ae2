"""Each partner's closest pieces of text, out of the scores of all pieces of a region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

TOP_PIECES = 3


@dataclass(frozen=True, slots=True)
class Closest:
    """The closest pieces of P partners.

    Attributes
    ----------
    best, top
        [P] the best piece's score, and the mean of the best three, or of all where there are fewer; 0 without any.
    which
        [P] the best piece, the first of equals; -1 for who has none.
    spread
        Standard deviation of all pieces' scores around the mean of their partner's.
    """

    best: Floats
    top: Floats
    which: Indices
    spread: float


def closest(edges: Indices, scores: Floats) -> Closest:
    """The best of the pieces of each partner.

    Parameters
    ----------
    edges
        [P + 1] where each partner's pieces begin, and where the last one's end.
    scores
        [N] of the pieces, N > 0.
    """
    people = len(edges) - 1
    best, top = np.zeros(people, dtype=np.float32), np.zeros(people, dtype=np.float32)
    which = np.full(people, -1, dtype=np.int64)
    within = _closest(edges, scores, best, top, which)
    return Closest(best, top, which, float(np.sqrt(max(within, 0.0) / len(scores))))


@njit(cache=True, nogil=True)
def _closest(edges: Indices, scores: Floats, best: Floats, top: Floats, which: Indices) -> float:
    """Fill in the three arrays; the sum of squares around each partner's mean."""
    within = 0.0
    lowest = np.float32(-np.inf)
    for partner in range(len(edges) - 1):
        start, stop = edges[partner], edges[partner + 1]
        if start == stop:
            continue
        first, second, third, total, squares, leads = lowest, lowest, lowest, 0.0, 0.0, start
        for piece in range(start, stop):
            score = scores[piece]
            total += score
            squares += np.float64(score) * score
            # Without a branch: which way it went could not be foretold. Whoever is beaten is tried at the next place.
            leads = piece if score > first else leads
            beaten = min(first, score)
            first = max(first, score)
            beaten_twice = min(second, beaten)
            second = max(second, beaten)
            third = max(third, beaten_twice)
        which[partner] = leads
        number = stop - start
        summed = np.float64(first)
        if number > 1:
            summed += second
        if number > 2:
            summed += third
        best[partner], top[partner] = first, summed / min(number, TOP_PIECES)
        within += squares - total * total / number
    return within
