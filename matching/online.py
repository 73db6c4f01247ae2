"""One request between two plans: what the plan in effect says of its weight, and of everybody's price by now.

The weights of schools and the boosts of groups stay as the plan found them (`matching.plans.Terms`). Prices move with
what is taken: a partner's price is what the request has to outbid that would lose them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matching.plans import Terms
from matching.welfare import AGAIN, slope

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def prices(partner: Indices, bid: Floats, free: Indices) -> Floats:
    """Price of each partner at this moment.

    Parameters
    ----------
    partner, bid
        [m] planned places of *other* requests that are still open: whose they are (0..P-1), and up to which price
        each request keeps them.
    free
        [P] units that nobody holds.

    Returns
    -------
    numpy.ndarray
        [P] the lowest bid that still has a unit, where there are at least as many bids as units; 0 where a unit is
        left over. Somebody without any free unit has the price of their highest bid.
    """
    order = np.lexsort((-bid, partner))
    owner = partner[order]
    rank = np.arange(len(order)) - np.searchsorted(owner, owner)
    last = rank == np.maximum(free[owner] - 1, 0)
    found = np.zeros(len(free))
    found[owner[last]] = bid[order[last]]
    return found


def weights(
    terms: Terms, school: int | None, best: Floats, rho: Floats, boost: Floats, price: Floats, slots: int
) -> tuple[float, float]:
    """Need and deficit of a request: the two factors of W = need * deficit * rho + boost.

    Parameters
    ----------
    terms
        Of the plan in effect.
    school
        The school's position in the plan; None for a school that it did not know, which counts as one in the middle.
    best
        [m] relevance of everybody who could come if nobody else asked, in any order.
    rho, boost, price
        [n] of the candidates there are.
    slots
        How many partners the plan gives a request.

    Notes
    -----
    The deficit is large for a request whose best partners are dear or gone, as in the plan: it compares what the
    request would take at these prices with what it could have had without competition.
    """
    need = 1.0 if school is None else terms.school_factor[school]
    last = 0.0 if school is None else terms.last_school[school]
    place = 1.0 / np.log2(np.arange(2, slots + 2))
    place /= place.sum()
    ideal = max(float(_first(best, slots) @ place[: min(slots, len(best))]), terms.least_ideal, 1e-9)
    per_ideal = terms.middle / ideal
    plain = (terms.lean * need + per_ideal) / (1.0 + terms.lean)
    chosen = np.argsort(-(plain * rho + boost - price), kind="stable")[:slots]
    share = min(float(np.sort(rho[chosen])[::-1] @ place[: len(chosen)]) / ideal, 1.0)
    own = float(slope(np.array([share / terms.request_middle]), terms.alpha2)[0]) * per_ideal
    factor = (terms.lean * need + own) / (1.0 + terms.lean) + AGAIN * terms.lean * last
    return (need, factor / need) if terms.lean > 0 else (1.0, factor)


def group_boost(terms: Terms, group: Indices) -> Floats:
    """[P] boost of each partner by group; 0 for a group that the plan did not meet."""
    known: Sequence[float] = terms.group_boost
    boost = np.zeros(max(len(known), int(group.max(initial=-1)) + 1))
    boost[: len(known)] = known
    return np.asarray(boost[group])


def _first(values: Floats, count: int) -> Floats:
    """The highest ones, descending."""
    if len(values) > count:
        values = np.partition(values, len(values) - count)[-count:]
    return np.sort(values)[::-1]
