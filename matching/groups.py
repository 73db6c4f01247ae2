"""Groups of partners, by how they know what they know and by how new they are; what else they are does not exist here.

A group that is shown less than its merit is due a boost: one of at most beta, the same for all in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.equity import Policy

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

KNOWLEDGE = ("credentialed", "practice", "both")
"""How partners know what they know. Each comes twice among the groups of a plan: 2 k not new, 2 k + 1 new."""
NEW_DAYS = 90
"""A partner counts as new for so long."""

BOOST_GROUPS = ("credentialed", "practice", "new")
"""The only groups that may carry an exposure boost: how the partner came to know it, and newness."""

_NO_MERIT = 1e-9  # A smaller share is rounding, and would overflow as a divisor.


def of(credentialed: ArrayLike, practice: ArrayLike, new: ArrayLike) -> Indices:
    """[P] group of each partner in a plan, by how they know what they know and by newness; see `KNOWLEDGE`.

    Who has not said counts as practice.
    """
    by_degree, by_practice = np.asarray(credentialed, dtype=bool), np.asarray(practice, dtype=bool)
    knowledge = np.where(by_degree & by_practice, 2, np.where(by_degree, 0, 1))
    return np.asarray(2 * knowledge + np.asarray(new, dtype=bool), dtype=np.int64)


def shares(values: ArrayLike, members: ArrayLike) -> Floats:
    """Share of each group in a total over partners; groups may overlap, so shares need not sum to 1.

    Parameters
    ----------
    values
        [P] not negative: exposure (position weights of past rankings), or merit (sum of relevance).
    members
        [P, G] bool, by `BOOST_GROUPS`.
    """
    amounts, belongs = np.asarray(values, dtype=np.float64), np.asarray(members, dtype=np.float64)
    total = amounts.sum()
    return amounts @ belongs / total if total > 0 else np.zeros(belongs.shape[1])


def exposure_boost(exposure: ArrayLike, merit: ArrayLike, members: ArrayLike, policy: Policy) -> Floats:
    """Boost of each partner in [0, beta]: the largest of the groups they belong to.

    Parameters
    ----------
    exposure, merit
        [G] shares from `shares`. A group shown as much as its merit, or without merit, gets none.
    members
        [P, G] bool, by `BOOST_GROUPS`.
    policy
        Gives beta.

    Notes
    -----
    Without any recorded exposure nobody has been overlooked yet, and nobody is boosted.
    """
    shown, due = np.asarray(exposure, dtype=np.float64), np.asarray(merit, dtype=np.float64)
    belongs = np.asarray(members, dtype=bool)
    if shown.sum() <= 0:
        return np.zeros(len(belongs))
    reached = np.divide(shown, due, out=np.ones_like(shown), where=due > _NO_MERIT)
    group = policy.beta * np.clip(1.0 - reached, 0.0, 1.0)
    return np.max(np.where(belongs, group, 0.0), axis=1, initial=0.0)
