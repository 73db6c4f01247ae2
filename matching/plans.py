"""What a plan is made of, and what comes out of it; made by `matching.planner`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.equity import Policy

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

KEPT = 0.97
"""The promise: at least this share of the best quality that capacities allow."""


@dataclass(frozen=True, eq=False)
class Instance:
    """Who asks, who could come, and how often: all that a plan is made of.

    Attributes
    ----------
    candidates
        int32 [R, C] partners 0..P-1 that a request may have, padded at the end with -1, nobody twice in a row.
    relevance
        float32 [R, C] in [0, 1], rows sorted descending, 0 in the padding.
    capacity
        int64 [P] how many requests a partner can take.
    school
        int64 [R] school of each request, 0..S-1.
    need
        float64 [S] documented need B, 1 for an ordinary school.
    group
        int64 [P] group of each partner, for exposure.
    slots
        K, partners wanted per request.
    waiting_days
        float64 [R] how long each request has waited; None where that is not known.
    past, past_weight
        float64 [S] mean utility of a school's settled requests, and how many they count as; None for no history.
    """

    candidates: NDArray[np.int32]
    relevance: NDArray[np.float32]
    capacity: Indices
    school: Indices
    need: Floats
    group: Indices
    slots: int
    waiting_days: Floats | None = None
    past: Floats | None = None
    past_weight: Floats | None = None

    def __post_init__(self) -> None:
        requests, partners, schools = len(self.candidates), len(self.capacity), len(self.need)
        if self.candidates.ndim != 2 or self.relevance.shape != self.candidates.shape:
            raise ValueError("candidates and relevance must be two tables of one shape")
        whole = self.candidates, self.capacity, self.school, self.group
        if any(each.dtype.kind not in "iu" for each in whole) or any(
            each.ndim != 1 for each in (*whole[1:], self.need)
        ):
            raise ValueError("candidates, capacity, school and group must be whole numbers, the last three in one row")
        if self.candidates.max(initial=-1) >= partners or self.candidates.min(initial=-1) < -1:
            raise ValueError("a candidate is not a partner")
        real = self.candidates >= 0
        if (real[:, 1:] & ~real[:, :-1]).any():
            raise ValueError("a candidate stands after padding")
        if not np.isfinite(self.relevance).all() or (self.relevance[~real] != 0).any():
            raise ValueError("relevance must be finite, and 0 in the padding")
        if self.relevance.min(initial=0) < 0 or self.relevance.max(initial=0) > 1:
            raise ValueError("relevance must lie between 0 and 1")
        if (np.diff(self.relevance, axis=1) > 0).any():
            raise ValueError("rows of relevance must be sorted descending")
        if len(self.school) != requests or len(self.group) != partners:
            raise ValueError("school or group has the wrong length")
        if self.school.min(initial=0) < 0 or self.school.max(initial=-1) >= schools:
            raise ValueError("a request's school has no need")
        if self.slots < 1 or self.capacity.min(initial=0) < 0 or self.group.min(initial=0) < 0:
            raise ValueError("slots, capacities and groups cannot be negative")
        named = np.sort(self.candidates, axis=1)
        if ((named[:, 1:] == named[:, :-1]) & (named[:, 1:] >= 0)).any():
            raise ValueError("a request names the same partner twice")
        for name, length in (("waiting_days", requests), ("past", schools), ("past_weight", schools)):
            held = getattr(self, name)
            if held is not None and not (
                held.shape == (length,) and np.isfinite(held).all() and held.min(initial=0) >= 0
            ):
                raise ValueError(f"{name} must be {length} finite numbers, none negative")
        if not (np.isfinite(self.need).all() and self.need.min(initial=1.0) > 0):
            raise ValueError("need must be positive and finite")


@dataclass(frozen=True)
class Certificate:
    """What is proven of a plan. Shares are of 1; every bound holds whatever the auction did.

    Attributes
    ----------
    linear_ratio
        Worth of the plan beside the most any plan could be worth, both in the W of the round that gave it.
    concave_gap
        How far F of the plan is at most below the best plan's, as a share of the plan's worth at its own weights.
    kept, kept_bound
        Mean share of their ideal that requests get, and the most that any plan could give; `quality` is their ratio.
    most_boost
        Largest boost in W, and what it may not exceed: `boost_limit`, at most beta.
    overload
        Places promised beyond capacity: always 0.
    empty
        Requests left with nobody although they had candidates: everybody they could have is full, and no chain of
        moves frees one of them.
    rounds, bids, softened
        Rounds made, bids in all of them, and how often the policy was softened to keep the promise.
    """

    linear_ratio: float
    concave_gap: float
    kept: float
    kept_bound: float
    most_boost: float
    boost_limit: float
    overload: int
    empty: tuple[int, ...]
    rounds: int
    bids: int
    softened: int

    @property
    def quality(self) -> float:
        """Quality kept: at least this share of the best that capacities allow."""
        return self.kept / self.kept_bound if self.kept_bound > 0 else 1.0

    @property
    def feasible(self) -> bool:
        """Whether nobody is over capacity and the promise of quality is kept."""
        return self.overload == 0 and self.quality >= KEPT


@dataclass(frozen=True)
class Terms:
    """What ranks one request by a plan until the next one.

    Attributes
    ----------
    school_factor, last_school
        [S] weight of each school, and by how much it is one of the last; see `matching.welfare`.
    group_boost
        [G] in units of W.
    request_middle, middle, least_ideal, lean, alpha2
        The means, the least ideal that a request is measured beside, the lean towards schools and the power that a
        request's own factor is made with.
    """

    school_factor: tuple[float, ...]
    last_school: tuple[float, ...]
    group_boost: tuple[float, ...]
    request_middle: float
    middle: float
    least_ideal: float
    lean: float
    alpha2: float


@dataclass(frozen=True, eq=False)
class Plan:
    """Who is planned for whom, at which prices, why, and what is proven of it.

    Attributes
    ----------
    chosen
        int32 [R, K] partners, best first, padded at the end with -1.
    relevance, gross, bid
        float64 [R, K] rho, W = need * deficit * rho + boost, and the price up to which a place is kept (infinite for a
        picked one); 0 in the padding. The score that orders is V = gross - price.
    price, boost
        float64 [P].
    need, deficit
        float64 [R] the two factors of a request: its school's, and its own.
    picked
        bool [R] whether the request had waited so long that it picked before all others.
    policy, asked
        As used, and as asked for: they differ when the promise of quality took softer numbers.
    objective
        F of the plan, in units of utility; see `matching.welfare`.
    stopped
        "" for a finished plan, else "time" or "cancelled".
    """

    chosen: NDArray[np.int32]
    relevance: Floats
    gross: Floats
    bid: Floats
    price: Floats
    boost: Floats
    need: Floats
    deficit: Floats
    picked: NDArray[np.bool_]
    policy: Policy
    asked: Policy
    certificate: Certificate
    terms: Terms
    objective: float
    stopped: str
