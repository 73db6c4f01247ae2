"""Each partner's closest pieces of text, out of the scores of all pieces of a region.

The pieces are dealt out in rounds: the first piece of everybody, then the second of everybody who has two, and so on,
those with the most pieces first. A round then is one run of scores over the first so many partners, and the best three
of everybody are found with a few array operations a round, however the pieces are spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

TOP_PIECES = 3


@dataclass(frozen=True, slots=True)
class Deal:
    """The N pieces of those h partners who have any, dealt out.

    Attributes
    ----------
    order
        [N] the piece whose score counts for each one dealt: for copies, the first with the very same text.
    edges
        [rounds + 1] where each round begins in ``order``, and where the last one ends.
    holders, starts, sizes
        [h] who has pieces, the most pieces first; the first piece of each, and how many they have.
    """

    order: Indices
    edges: tuple[int, ...]
    holders: Indices
    starts: Indices
    sizes: Indices

    @classmethod
    def of(cls, owned: Indices, first_same: Indices) -> Deal:
        """From the number of pieces [P] of each partner, and for each piece [N] the first with the same text."""
        most_first = np.argsort(-owned, kind="stable")
        holders = most_first[: np.count_nonzero(owned)]
        sizes = owned[holders]
        starts = (np.cumsum(owned) - owned)[holders]
        # How many have a piece in each round: those whose size is larger than the rounds before it.
        rounds = int(sizes.max(initial=0))
        among = np.searchsorted(-sizes, -np.arange(rounds), side="left")
        dealt = [starts[:count] + number for number, count in enumerate(among.tolist())]
        order = first_same[np.concatenate(dealt)] if dealt else np.zeros(0, dtype=np.int64)
        return cls(order, (0, *np.cumsum(among).tolist()), holders, starts, sizes)


@dataclass(frozen=True, slots=True)
class Closest:
    """The closest pieces of h partners, in the order of the deal.

    Attributes
    ----------
    best, top
        [h] the best piece's score, and the mean of the best three, or of all where there are fewer.
    which
        [h] the best piece; the first of equals.
    spread
        Standard deviation of all pieces' scores around the mean of their partner's.
    """

    best: Floats
    top: Floats
    which: Indices
    spread: float


def closest(deal: Deal, scores: Floats) -> Closest:
    """The best of the pieces of each partner. ``scores``: [N] of the pieces, N > 0."""
    dealt = scores[deal.order]
    best, second, third = np.full((TOP_PIECES, len(deal.holders)), -np.inf, dtype=np.float32)
    number = np.zeros(len(deal.holders), dtype=np.int64)
    sums = np.zeros(len(deal.holders))
    for turn, (start, stop) in enumerate(pairwise(deal.edges)):
        new, held = dealt[start:stop], slice(stop - start)
        np.copyto(number[held], turn, where=new > best[held])
        # Whatever is beaten at one place is tried at the next.
        beaten = np.minimum(best[held], new)
        np.maximum(best[held], new, out=best[held])
        beaten_twice = np.minimum(second[held], beaten)
        np.maximum(second[held], beaten, out=second[held])
        np.maximum(third[held], beaten_twice, out=third[held])
        sums[held] += new
    second[deal.sizes < 2], third[deal.sizes < TOP_PIECES] = 0.0, 0.0
    top = (best + second + third) / np.minimum(deal.sizes, TOP_PIECES)
    return Closest(best, top.astype(np.float32), deal.starts + number, _spread_within(dealt, sums, deal.sizes))


def _spread_within(scores: Floats, sums: NDArray[np.float64], sizes: Indices) -> float:
    """Standard deviation of scores around the mean of their partner's, whose sums are given."""
    # Squared and summed here: the library would share out so long a product of two to threads, and wait for them.
    within = float(np.sum(np.square(scores, dtype=np.float64)) - np.sum(sums**2 / sizes))
    return float(np.sqrt(max(within, 0.0) / len(scores)))
