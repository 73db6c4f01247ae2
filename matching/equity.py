"""The region's equity policy, and how it orders the candidates of one request: need, deficit, boost and busy price.

Gross worth of a partner p for a request r of school s is W = need_s * deficit_r * rho(r, p) + boost_p; the score that
orders is V = W - price_p. Every number is bounded, and all of it is kept, because V is also the explanation a
coordinator reads. The parts come from the plan in effect (`matching.online`), or until the first one from here. Need
comes from documented facts only (`matching.need`); who a partner is enters only through their group
(`matching.groups`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.places import highest_first, places

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_SMALLEST_UTILITY = 0.05  # A school nobody has reached counts as reached this much; 0 would weigh without end.

# Until a region's first plan, what each part of an online score may reach; a plan has prices and weights of its own.
LEAST_WEIGHT, MOST_WEIGHT = 0.67, 1.5
MOST_DEFICIT = 1.5
MOST_PRICE, PRICE_POWER = 0.15, 2.0

DIGITS = 6
"""Decimals of a re-rank's factors that count, and that are stored."""

DEFAULT_DIAL, MOST_DIAL = 60.0, 100.0


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a region's numbers for re-ranking. All zero (`Policy.none()`) orders by relevance alone.

    Attributes
    ----------
    alpha
        How strongly a school's past service lowers its weight; 0 not at all.
    alpha2
        How strongly a request whose best partners are taken is lifted; 0 not at all.
    beta
        The largest exposure boost of any partner, in units of W.
    half_life_days
        After this long a past visit counts half.
    oldest_days
        A request that has waited longer picks before all others.
    """

    alpha: float = 4.0
    alpha2: float = 2.0
    beta: float = 0.1
    half_life_days: float = 180.0
    oldest_days: float = 10.0

    def __post_init__(self) -> None:
        ranges = {
            "alpha": (self.alpha, 0.0, 8.0),
            "alpha2": (self.alpha2, 0.0, 8.0),
            "beta": (self.beta, 0.0, 0.5),
            "half_life_days": (self.half_life_days, 1.0, 3650.0),
            "oldest_days": (self.oldest_days, 0.0, 3650.0),
        }
        for name, (value, least, most) in ranges.items():
            if not least <= value <= most:
                raise ValueError(f"policy: {name} must be between {least:g} and {most:g}, not {value:g}")

    @classmethod
    def at(cls, dial: float) -> Policy:
        """The numbers at a position of the dial: 0 the closest match only, `DEFAULT_DIAL` the default, at most 100."""
        if not 0 <= dial <= MOST_DIAL:
            raise ValueError(f"the dial stands between 0 and {MOST_DIAL:g}, not at {dial:g}")
        turn = dial / DEFAULT_DIAL
        return cls(alpha=4.0 * turn, alpha2=2.0 * turn, beta=0.1 * min(turn, 1.0))

    def turned(self, dial: float) -> Policy:
        """This policy with its dial at another position: what the dial does not turn stays as it is."""
        at = Policy.at(dial)
        return replace(self, alpha=at.alpha, alpha2=at.alpha2, beta=at.beta)

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> Policy:
        """The policy of stored numbers. What an older version stored and this one does not know is left out.

        Raises ValueError for numbers out of their ranges.
        """
        return cls(**{name: numbers[name] for name in cls.__dataclass_fields__ if name in numbers})

    @property
    def need_power(self) -> float:
        """Documented need counts as B to this power: 1 at the default, 0 where schools do not count at all."""
        return self.alpha / 4.0

    @property
    def neutral(self) -> bool:
        """Whether closeness alone decides."""
        return self.alpha == self.alpha2 == self.beta == 0.0

    @classmethod
    def none(cls) -> Policy:
        """Relevance alone: no need, no deficit, no boost, no price."""
        return cls(alpha=0.0, alpha2=0.0, beta=0.0)


def past_service(
    utility: ArrayLike, age_days: ArrayLike, school: ArrayLike, schools: int, half_life_days: float
) -> Floats:
    """Mean utility of each school's past requests, the older ones counting less.

    Parameters
    ----------
    utility
        [n] in [0, 1]: relevance of who came, 0 for a request that ended without anybody.
    age_days
        [n] days since the request was settled.
    school
        [n] index of its school, below `schools`.
    schools
        Number of schools S of the region.
    half_life_days
        Age at which a request counts half.

    Returns
    -------
    numpy.ndarray
        [S] mean utility, shrunk by one request's weight towards the region's mean. A school without history
        stands exactly at that mean (1 where no school has any), so history lowers or lifts, and its absence
        does neither.
    """
    values, owner = np.asarray(utility, dtype=np.float64), np.asarray(school, dtype=np.int64)
    decay = np.exp2(-np.clip(np.asarray(age_days, dtype=np.float64), 0.0, None) / half_life_days)
    total = decay.sum()
    mean = float(decay @ values / total) if total > 0 else 1.0
    served = np.bincount(owner, weights=decay * values, minlength=schools)
    asked = np.bincount(owner, weights=decay, minlength=schools)
    return (served + mean) / (asked + 1.0)


def school_need(need: ArrayLike, past: ArrayLike, policy: Policy) -> Floats:
    """Weight of each school in this policy: documented need times past service to the power of -alpha.

    Parameters
    ----------
    need
        [S] B of all the region's schools, each at least 1.
    past
        [S] their past service in [0, 1], from `past_service`.
    policy
        Gives alpha and the range.

    Returns
    -------
    numpy.ndarray
        [S] with mean 1, each in [LEAST_WEIGHT, MOST_WEIGHT]. Higher need never weighs less, more past service
        never more.

    References
    ----------
    Welfare-weighted ranking with concave utilities: Do et al., "Two-sided fairness in rankings via Lorenz
    dominance" (2021).
    """
    reached = np.clip(np.asarray(past, dtype=np.float64), _SMALLEST_UTILITY, None)
    raw = np.asarray(need, dtype=np.float64) * reached**-policy.alpha
    if len(raw) == 0:
        return raw
    low, high = LEAST_WEIGHT / raw.max(), MOST_WEIGHT / raw.min()
    # The clipped mean grows with the scale and passes 1 between these ends; 60 halvings reach float64's
    # precision.
    for _ in range(60):
        scale = (low + high) / 2
        if np.clip(scale * raw, LEAST_WEIGHT, MOST_WEIGHT).mean() < 1.0:
            low = scale
        else:
            high = scale
    return np.clip(high * raw, LEAST_WEIGHT, MOST_WEIGHT)


def request_deficit(best_free: float, best: float, policy: Policy) -> float:
    """Factor in [1, MOST_DEFICIT] for a request whose best partners have no room left.

    Parameters
    ----------
    best_free
        Best relevance among eligible partners with a free unit; 0 when there is none.
    best
        Best relevance among all eligible partners, as if nobody else asked.
    policy
        Gives alpha2 and the cap.
    """
    if best <= 0.0 or policy.alpha2 == 0.0:
        return 1.0
    share = max(best_free, 0.0) / best
    if share <= 0.0:
        return MOST_DEFICIT
    return float(np.clip(share**-policy.alpha2, 1.0, MOST_DEFICIT))


def busy_price(held: ArrayLike, capacity: ArrayLike, policy: Policy) -> Floats:
    """Price of asking each partner once more: 0 with no unit held, rising ever faster to `MOST_PRICE` when
    full.

    Parameters
    ----------
    held, capacity
        [P] units of the period that are held, and that the partner set.
    """
    units, room = np.asarray(held, dtype=np.float64), np.asarray(capacity, dtype=np.float64)
    load = np.divide(units, room, out=np.ones_like(units), where=room > 0)
    return (0.0 if policy.neutral else MOST_PRICE) * np.clip(load, 0.0, 1.0) ** PRICE_POWER


class Reranked(NamedTuple):
    """One request's partners in the policy's order, with all that led to it.

    Attributes
    ----------
    order
        [n] positions, best first.
    gross, score
        [n] W and V = W - price, by position.
    rank_before, rank_after
        [n] places from 1, by position: by relevance alone, and by V.
    rho, boost, price
        [n] as given.
    need, deficit
        The request's two factors.
    """

    order: Indices
    gross: Floats
    score: Floats
    rank_before: Indices
    rank_after: Indices
    rho: Floats
    boost: Floats
    price: Floats
    need: float
    deficit: float


def rerank(
    rho: ArrayLike,
    need: float = 1.0,
    deficit: float = 1.0,
    boost: ArrayLike | None = None,
    price: ArrayLike | None = None,
) -> Reranked:
    """Order one request's n candidates by V = need * deficit * rho + boost - price.

    Parameters
    ----------
    rho
        [n] relevance of the eligible candidates.
    need, deficit
        Positive factors of the request; see `school_need` and `request_deficit`.
    boost, price
        [n], in units of W; None for none.

    Notes
    -----
    Need, deficit, boosts and prices count with `DIGITS` decimals, as a ranking stores them, so that what is stored
    orders just as it did. Equal V are ordered by rho, then as given. Without boost and price the order is that of rho,
    whatever the factors: need decides how much closeness a class may claim against a busy partner's rest, never who
    is close.

    Raises
    ------
    ValueError
        For factors that are not positive, or numbers that are not finite.
    """
    if not (math.isfinite(need) and math.isfinite(deficit) and need > 0 and deficit > 0):
        raise ValueError("need and deficit must be positive")
    need, deficit = round(float(need), DIGITS), round(float(deficit), DIGITS)
    relevance = np.asarray(rho, dtype=np.float64)
    boosts, prices = _stored(boost, relevance), _stored(price, relevance)
    with np.errstate(invalid="ignore"):
        gross = need * deficit * relevance + boosts
        # Rounded, so that sums that differ in their last bit alone count as equal everywhere.
        score = (gross - prices).round(9)
    closest = highest_first(relevance)
    order = closest[highest_first(score[closest])]
    # Whatever is not finite has made a score that is not, and such a score is sorted to an end.
    if len(order) and not (math.isfinite(score[order[0]]) and math.isfinite(score[order[-1]])):
        raise ValueError("relevance, boosts and prices must be finite")
    return Reranked(order, gross, score, places(closest), places(order), relevance, boosts, prices, need, deficit)


def _stored(given: ArrayLike | None, relevance: Floats) -> Floats:
    """Boosts or prices as a ranking stores them; 0 where none are given."""
    return np.zeros_like(relevance) if given is None else np.asarray(given, dtype=np.float64).round(DIGITS)
