"""What people's decisions on shown lists may be taken to say: who was looked at, and how much one partner may teach."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST_LOOKED_AT = 0.2
"""No place counts as looked at less often than this: an inverse propensity weight is never above 5."""
EXAMINATION_STRENGTH = 30.0
"""The expectation 1 / log2(place + 1) counts as much as so many expected choices at each place."""


def expected_examination(places: int) -> Floats:
    """[places] chance that each place of a list is looked at, before anything is known: 1 / log2(place + 1)."""
    return 1.0 / np.log2(np.arange(2, places + 2))


def examination(chosen: ArrayLike, merit: ArrayLike, strength: float = EXAMINATION_STRENGTH) -> Floats:
    """Chance that each place of a list is looked at, relative to the first, from a region's own choices.

    Parameters
    ----------
    chosen
        [K] how many choices fell on each place of the lists that were decided on.
    merit
        [K] sum of the relevance rho of the candidates shown at each place of the same lists.
    strength
        Choices that the expectation theta0_k = 1 / log2(k + 1) counts for at each place.

    Returns
    -------
    numpy.ndarray
        [K] in [`LEAST_LOOKED_AT`, 1], never rising, the first 1. Without choices, the expectation.

    Notes
    -----
    Position-based model: a candidate is chosen when looked at *and* relevant, so that E chosen_k = kappa theta_k
    merit_k. With kappa from all choices, theta_k = (chosen_k + m theta0_k) / (kappa merit_k + m): the mean of a
    Gamma posterior. Raw approvals by place would take for position what is merit; here merit is only as good as rho.

    References
    ----------
    Joachims, Swaminathan and Schnabel, "Unbiased learning-to-rank with biased feedback" (2017); Craswell et al.,
    "An experimental comparison of click position-bias models" (2008).
    """
    taken, due = np.asarray(chosen, dtype=np.float64), np.asarray(merit, dtype=np.float64)
    expected = expected_examination(len(taken))
    level = taken.sum() / (expected @ due) if taken.sum() > 0 and due.sum() > 0 else 0.0
    looked = (taken + strength * expected) / (level * due + strength)
    relative = np.minimum.accumulate(looked / looked[:1])
    return np.clip(relative, LEAST_LOOKED_AT, 1.0)


def capped(weights: ArrayLike, partners: Sequence[Hashable], most_share: float) -> Floats:
    """Weights of decisions, scaled down so that no partner carries more than a share of them all.

    Parameters
    ----------
    weights
        [n] not negative.
    partners
        [n] whom each decision was about.
    most_share
        In (0, 1]. With so few partners that not all can stay below it, all carry the same.

    Notes
    -----
    Against the loop in which who is shown is approved, and who is approved is shown: the five-hundredth approval of
    one person adds nothing.
    """
    each = np.asarray(weights, dtype=np.float64)
    places: dict[Hashable, int] = {}
    owner = np.array([places.setdefault(partner, len(places)) for partner in partners], dtype=np.int64)
    totals = np.bincount(owner, each, minlength=len(places)).astype(np.float64)
    most = _ceiling(totals[totals > 0], most_share)
    scale = np.divide(most, totals, out=np.ones_like(totals), where=totals > most)
    return each * scale[owner] if len(each) else each


def _ceiling(totals: Floats, share: float) -> float:
    """The total t with t = share * sum(min(totals, t)); the smallest total where even equal ones are above it."""
    ordered, rest = np.sort(totals)[::-1], float(totals.sum())
    if len(ordered) == 0 or ordered[0] <= share * rest:
        return float("inf")
    for cut, total in enumerate(ordered, start=1):
        rest -= total
        if share * cut >= 1.0:
            break
        ceiling = share * rest / (1.0 - share * cut)  # with the `cut` largest at it, and the others below
        if cut == len(ordered) or ceiling >= ordered[cut]:
            return float(max(ceiling, ordered[-1]))
    return float(ordered[-1])
