"""The plan of a whole region: closeness alone first, then the walk, then what is proven of it.

The auction for closeness alone is the measure of the quality that a plan keeps. Who has waited too long picks; the walk
(`matching.walk`) plans for everybody; where its best plan does not keep the promise of quality, the policy is softened
and the walk made again. At last a request with nobody gets somebody wherever a chain of moves can free one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching import coverage, picking
from matching.auction import Market
from matching.equity import Policy
from matching.plans import KEPT, Certificate, Instance, Plan, Terms
from matching.walk import ROUNDS, Clock, Closest, Round, Walk
from matching.welfare import Society

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SOFTER = 0.6
"""What alpha, alpha2 and beta are multiplied with when a plan does not keep the promise."""
MOST_SOFTER = 6


def plan(
    instance: Instance,
    policy: Policy | None = None,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[int, int], bool] | None = None,
    soften: bool = True,
) -> Plan:
    """Plan a whole region.

    Parameters
    ----------
    instance
        Who asks and who could come.
    policy
        The region's numbers; the default ones when None. With `Policy.none()` closeness alone decides: the utilitarian
        auction.
    rounds
        Auctions held at most, after the one for closeness alone.
    seed
        0 lets requests bid in the order of what they could have; any other number shuffles that order.
    time_limit
        Seconds after which the best plan so far is returned with what is proven of it; None for no limit.
    progress
        Called with (rounds done, rounds) after every round and now and then within one; False stops like the limit.
    soften
        Whether to soften the policy where its plan does not keep the promise of quality. False only to look at it.

    Raises
    ------
    ValueError
        For an instance that breaks its format (when it is made).
    """
    if instance.candidates.shape[1] == 0 or len(instance.capacity) == 0:
        partners = len(instance.capacity)
        alone = plan(_nobody(instance), policy, rounds=rounds, seed=seed, progress=progress)
        return replace(alone, price=alone.price[:partners], boost=alone.boost[:partners])
    asked = policy or Policy()
    clock = Clock(time_limit, progress, rounds)
    market = Market(
        np.ascontiguousarray(instance.candidates, dtype=np.int32),
        np.ascontiguousarray(instance.relevance, dtype=np.float32),
        np.ascontiguousarray(instance.capacity, dtype=np.int64),
        instance.slots,
        np.full(len(instance.candidates), -1, dtype=np.int64),
    )
    order = None if seed == 0 else np.random.default_rng(seed).permutation(market.order)
    society = _society(instance, market)
    closest = Closest.of(society, order, clock)
    waiting = instance.waiting_days
    if waiting is not None and (waiting > asked.oldest_days).any():
        fixed = picking.first(market, waiting, asked.oldest_days, society.school, society.need)
        society = _society(instance, replace(market, fixed=fixed))
    walk, softened, bids = Walk.of(society, asked, closest, rounds, order, clock), 0, closest.bids
    most_softer = MOST_SOFTER if soften else 0
    while not clock.stopped and softened < most_softer and _kept(society, walk.best) < KEPT * closest.most:
        used, softened, bids = walk.welfare.policy, softened + 1, bids + walk.bids
        softer = replace(used, alpha=used.alpha * SOFTER, alpha2=used.alpha2 * SOFTER, beta=used.beta * SOFTER)
        walk = Walk.of(society, softer, closest, rounds, order, clock)
    return _told(society, asked, closest, walk, softened, bids + walk.bids, clock.stopped)


def _nobody(instance: Instance) -> Instance:
    """An instance where nobody could come, with a column and a partner to look into."""
    requests, partners = len(instance.candidates), max(len(instance.capacity), 1)
    return replace(
        instance,
        candidates=np.full((requests, 1), -1, dtype=np.int32),
        relevance=np.zeros((requests, 1), dtype=np.float32),
        capacity=np.zeros(partners, dtype=np.int64),
        group=np.zeros(partners, dtype=np.int64),
    )


def _society(instance: Instance, market: Market) -> Society:
    nothing = np.zeros(len(instance.need))
    return Society(
        market,
        np.ascontiguousarray(instance.school, dtype=np.int64),
        np.asarray(instance.need, dtype=np.float64),
        nothing if instance.past is None else np.asarray(instance.past, dtype=np.float64),
        nothing if instance.past_weight is None else np.asarray(instance.past_weight, dtype=np.float64),
        np.ascontiguousarray(instance.group, dtype=np.int64),
    )


def _kept(society: Society, made: Round) -> float:
    """Mean share of their ideal that a round's plan gives to requests that have any."""
    return _mean_share(society, made.allotted.columns)


def _mean_share(society: Society, columns: Indices) -> float:
    some = society.ideal > 0
    return float(society.share(society.utility(columns))[some].mean()) if some.any() else 1.0


def _told(
    society: Society, asked: Policy, closest: Closest, walk: Walk, softened: int, bids: int, stopped: str
) -> Plan:
    """The best plan of a walk with every request served that can be, the parts of its scores, and its certificate."""
    market, welfare, best = society.market, walk.welfare, walk.best
    columns, empty = coverage.mend(market, best.allotted.columns)
    taken, at = columns >= 0, np.maximum(columns, 0)
    partner = np.where(taken, np.take_along_axis(market.candidates, at, axis=1), -1)
    rho = np.where(taken, np.take_along_axis(market.relevance, at, axis=1), 0.0).astype(np.float64)
    boost = np.where(taken, best.boost[partner], 0.0)
    gross = np.where(taken, best.factor[:, None] * rho + boost, 0.0)
    price = np.minimum(best.allotted.price, gross.max(initial=0.0))
    unmoved = taken & (columns == best.allotted.columns)
    offers = np.where(unmoved, best.allotted.bids, np.where(taken, price[partner], 0.0))
    need = best.school_factor[society.school] if welfare.lean > 0 else np.ones(market.requests)
    worth = float(best.factor @ society.utility(columns) + best.point.boost @ society.exposure(columns))
    value = welfare.value(columns)
    load = np.bincount(partner[taken], minlength=len(market.capacity))
    certificate = Certificate(
        linear_ratio=worth / best.linear_bound if best.linear_bound > 0 else 1.0,
        concave_gap=max(walk.least - value, 0.0) / max(worth, 1e-12),
        kept=_mean_share(society, columns),
        kept_bound=closest.most,
        most_boost=float(best.boost.max(initial=0.0)),
        boost_limit=welfare.most_boost,
        overload=int(np.maximum(load - market.capacity, 0).sum()),
        empty=tuple(int(request) for request in empty),
        rounds=walk.rounds,
        bids=bids,
        softened=softened,
    )
    return Plan(
        chosen=partner.astype(np.int32),
        relevance=rho,
        gross=gross,
        bid=np.where(np.isfinite(offers), offers, gross),
        price=price,
        boost=best.boost,
        need=need,
        deficit=np.divide(best.factor, need, out=np.zeros_like(best.factor), where=need > 0),
        picked=market.fixed >= 0,
        policy=welfare.policy,
        asked=asked,
        certificate=certificate,
        terms=_terms(walk),
        objective=value,
        stopped=stopped,
    )


def _terms(walk: Walk) -> Terms:
    welfare, best = walk.welfare, walk.best
    some = welfare.society.ideal[welfare.society.ideal > 0]
    return Terms(
        school_factor=tuple(best.school_factor.tolist()),
        last_school=tuple(best.point.last_school.tolist()),
        group_boost=tuple(best.point.boost.tolist()),
        request_middle=welfare.request_middle,
        middle=welfare.society.middle,
        least_ideal=float(some.min()) if len(some) else 0.0,
        lean=welfare.lean,
        alpha2=welfare.policy.alpha2,
    )
