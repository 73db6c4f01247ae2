"""What a plan gives to requests, schools and partner groups, each figure in [0, 1].

Every promise is kept only while its partner has room: all first choices in order of arrival, then all second ones,
and so on; a choice that finds no room leaves a hole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.rules import Chosen

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measures:
    """What a plan gives.

    Attributes
    ----------
    served_ndcg
        Mean over requests of utility / what the request's own best partners would give; 1 is everybody's dream.
        Utility is relevance weighted by place, 1/log2(place + 1), scaled to sum 1 over the slots.
    worst_schools
        Mean utility of a school's requests, averaged over the worst tenth of the schools.
    worst_requests
        The nDCG of the worst hundredth of the requests, averaged.
    group_tv
        Half the summed distance between partner groups' shares of exposure and of merit (relevance summed over all
        candidate lists); 0 is exposure as deserved.
    overload
        Promises beyond capacity, over slots wanted.
    filled
        Slots with a partner, over slots wanted.
    left_empty, rescuable
        Requests with nobody at all; and how many of these could have somebody who has room, or whom a request with
        two or more would give up, were requests with one to move on to other candidates of theirs.
    weighted, total
        Relevance of all the choices: weighted by place, and as it is.
    """

    served_ndcg: float
    worst_schools: float
    worst_requests: float
    group_tv: float
    overload: float
    filled: float
    left_empty: int
    rescuable: int
    weighted: float
    total: float


def place_weights(slots: int) -> Floats:
    """[K] weight of each place: 1/log2(place + 1), scaled to sum 1."""
    weights = 1.0 / np.log2(np.arange(2, slots + 2))
    return np.asarray(weights / weights.sum(), np.float64)


def measure(instance: Instance, chosen: Chosen) -> Measures:
    """The figures of a plan, [R, K] partner ids, -1 where there is nobody.

    Raises ValueError when a request holds somebody who is no candidate of its, or the same partner twice.
    """
    relevance, weights = _looked_up(instance, chosen), place_weights(instance.slots)
    kept = _kept(instance, chosen)
    utility = np.where(kept, relevance, 0.0) @ weights
    best = instance.relevance[:, : instance.slots].astype(np.float64)
    ideal = best @ weights[: best.shape[1]]
    ndcg = utility[ideal > 0] / ideal[ideal > 0]
    requests = np.bincount(instance.school, minlength=len(instance.need))
    served = np.bincount(instance.school, utility, len(instance.need))
    taken = chosen >= 0
    return Measures(
        served_ndcg=float(ndcg.mean()),
        worst_schools=_worst(served[requests > 0] / requests[requests > 0], 0.10),
        worst_requests=_worst(ndcg, 0.01),
        group_tv=_group_distance(instance, chosen, weights),
        overload=float((taken & ~kept).sum() / taken.size),
        filled=float(taken.sum() / taken.size),
        left_empty=int((~kept.any(axis=1)).sum()),
        rescuable=_rescuable(instance, chosen, kept),
        weighted=float(utility.sum()),
        total=float(relevance[kept].sum()),
    )


def _looked_up(instance: Instance, chosen: Chosen) -> Floats:
    """[R, K] relevance of each choice, row by row: a table of all pairs would not fit in memory."""
    found = np.zeros(chosen.shape)
    for first in range(0, len(chosen), 4096):
        rows = slice(first, first + 4096)
        offered, wanted = instance.candidates[rows], chosen[rows]
        order = np.argsort(offered, axis=1, kind="stable")
        key = np.arange(len(offered))[:, None] * (len(instance.capacity) + 1) + 1
        sorted_keys = (np.take_along_axis(offered, order, axis=1) + key).ravel()
        at = np.searchsorted(sorted_keys, (wanted + key).ravel()).clip(0, sorted_keys.size - 1)
        if (sorted_keys[at] != (wanted + key).ravel())[(wanted >= 0).ravel()].any():
            raise ValueError("the plan gives a request somebody who is no candidate of its")
        held = np.take_along_axis(instance.relevance[rows], order, axis=1).ravel()[at].reshape(wanted.shape)
        found[rows] = np.where(wanted >= 0, held, 0.0)
    held_sorted = np.sort(chosen, axis=1)
    if ((held_sorted[:, 1:] == held_sorted[:, :-1]) & (held_sorted[:, 1:] >= 0)).any():
        raise ValueError("the plan gives a request the same partner twice")
    return found


def _kept(instance: Instance, chosen: Chosen) -> NDArray[np.bool_]:
    """[R, K] which promises find room: by place, then by arrival."""
    by_turn = chosen[instance.arrival].T.ravel()
    order = np.argsort(by_turn, kind="stable")
    partner = by_turn[order]
    first = np.searchsorted(partner, partner)
    room = np.where(partner >= 0, instance.capacity[partner], 0)
    in_time = np.empty(len(by_turn), np.bool_)
    in_time[order] = np.arange(len(partner)) - first < room
    kept = np.empty(chosen.shape, np.bool_)
    kept[instance.arrival] = in_time.reshape(chosen.shape[::-1]).T
    return kept


def _rescuable(instance: Instance, chosen: Chosen, kept: NDArray[np.bool_]) -> int:
    held = kept.sum(axis=1)
    empty = instance.candidates[held == 0]
    if not len(empty):
        return 0
    load = np.bincount(chosen[kept], minlength=len(instance.capacity))
    # One more place than partners: padding, -1, finds it and is never to be had.
    to_be_had = np.append(load < instance.capacity, False)
    to_be_had[chosen[(held >= 2)[:, None] & kept]] = True
    movable, has = instance.candidates[held == 1], chosen[held == 1][kept[held == 1]]
    while True:
        before = to_be_had.sum()
        to_be_had[has[to_be_had[movable].any(axis=1)]] = True
        if to_be_had.sum() == before:
            return int(to_be_had[empty].any(axis=1).sum())


def _worst(values: Floats, share: float) -> float:
    return float(np.sort(values)[: max(1, round(share * len(values)))].mean())


def _group_distance(instance: Instance, chosen: Chosen, weights: Floats) -> float:
    taken, groups = chosen >= 0, int(instance.group.max()) + 1
    exposure = np.bincount(instance.group[chosen[taken]], np.broadcast_to(weights, chosen.shape)[taken], groups)
    merit = np.zeros(groups)
    for first in range(0, len(chosen), 4096):
        offered = instance.candidates[first : first + 4096]
        worth = instance.relevance[first : first + 4096][offered >= 0]
        merit += np.bincount(instance.group[offered[offered >= 0]], worth, groups)
    return float(np.abs(exposure / max(exposure.sum(), 1e-12) - merit / max(merit.sum(), 1e-12)).sum() / 2)
