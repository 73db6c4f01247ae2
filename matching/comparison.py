"""Two plans of one region side by side: who gains, who gives, what it costs in closeness; and the dial from end to end.

Everything is told as a share of what a request could have had if nobody else asked (`Society.share`), so that schools
with near and with far partners can stand in one table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.auction import Market
from matching.equity import MOST_DIAL, Policy
from matching.planner import plan
from matching.plans import KEPT, Instance, Plan
from matching.welfare import Society

Floats = NDArray[np.float64]

DIALS = (0.0, 20.0, 40.0, 60.0, 80.0, MOST_DIAL)
"""Positions of the dial that are tried for its picture."""
_POINTS = 11
_QUARTERS = 4
_TENTH = 0.1


@dataclass(frozen=True)
class Change:
    """One figure by two plans."""

    before: float
    after: float


@dataclass(frozen=True)
class SchoolChange:
    """A school with open requests: its position, how many requests, and their mean share of the ideal."""

    school: int
    requests: int
    before: float
    after: float


@dataclass(frozen=True)
class Quarter:
    """A quarter of the schools with open requests by documented need, the highest first."""

    schools: int
    requests: int
    need_from: float
    need_to: float
    before: float
    after: float


@dataclass(frozen=True)
class GroupChange:
    """A group of partners: its share of merit (relevance as a candidate) and of exposure."""

    group: int
    merit: float
    before: float
    after: float


@dataclass(frozen=True)
class Move:
    """A request whose first partner differs; None for nobody."""

    request: int
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Comparison:
    """What changes from one plan to another.

    Attributes
    ----------
    requests
        Requests that have candidates.
    kept, bound
        Mean share of their ideal that they get, and what no plan exceeds.
    met
        Requests with somebody.
    worst_tenth
        Mean utility, not its share, in the tenth of schools that has least: what the policy's last tenth is about.
    gini
        Of the schools' shares; 0 is even.
    lorenz
        [2][11] cumulative share of what is given over schools, those with least first: before, after.
    """

    requests: int
    kept: Change
    bound: float
    met: Change
    worst_tenth: Change
    gini: Change
    lorenz: tuple[tuple[float, ...], tuple[float, ...]]
    quarters: tuple[Quarter, ...]
    schools: tuple[SchoolChange, ...]
    groups: tuple[GroupChange, ...]
    moved: tuple[Move, ...]


def compare(instance: Instance, before: Plan, after: Plan) -> Comparison:
    """Put two plans of one instance side by side."""
    ideal = _ideal(instance)
    asking = ideal > 0
    shares = [_share(instance, made, ideal) for made in (before, after)]
    schools = _schools(instance, asking, shares)
    by_school = [np.array([getattr(each, name) for each in schools]) for name in ("before", "after")]
    return Comparison(
        requests=int(asking.sum()),
        kept=_both(float(share[asking].mean()) if asking.any() else 1.0 for share in shares),
        bound=max(before.certificate.kept_bound, after.certificate.kept_bound),
        met=_both(float((made.chosen[:, 0] >= 0).sum()) for made in (before, after)),
        worst_tenth=_both(_worst(instance, made, asking) for made in (before, after)),
        gini=_both(gini(values) for values in by_school),
        lorenz=(lorenz(by_school[0]), lorenz(by_school[1])),
        quarters=_quarters(instance.need, schools),
        schools=schools,
        groups=_groups(instance, before, after),
        moved=_moved(before, after),
    )


def dial_curve(
    instance: Instance, policy: Policy, dials: Iterable[float] = DIALS, **how: Any
) -> list[dict[str, float | bool]]:
    """What each position of the dial keeps of closeness, and gives to schools of the highest documented need.

    Parameters
    ----------
    policy
        Gives what the dial does not turn.
    how
        Passed on to `matching.planner.plan`, for each position.

    Returns
    -------
    list
        By position: dial, kept (share of the proven best), first_quarter (share of the ideal), worst_tenth (utility),
        and whether it keeps the promise by itself (`selectable`), without being softened.
    """
    ideal = _ideal(instance)
    curve: list[dict[str, float | bool]] = []
    for dial in dials:
        made = plan(instance, policy.turned(dial), soften=False, **how)
        if made.stopped:
            break
        share = _share(instance, made, ideal)
        schools = _schools(instance, ideal > 0, [share, share])
        quarters = _quarters(instance.need, schools)
        curve.append(
            {
                "dial": float(dial),
                "kept": made.certificate.quality,
                "first_quarter": quarters[0].after if quarters else 1.0,
                "worst_tenth": _worst(instance, made, ideal > 0),
                "selectable": made.certificate.quality >= KEPT,
            }
        )
    return curve


def lorenz(values: Floats) -> tuple[float, ...]:
    """Cumulative share of a total at 0, 10, … 100 % of those who have least first; even where there is nothing."""
    total = float(values.sum())
    at = np.linspace(0.0, 1.0, _POINTS)
    if len(values) == 0 or total <= 0:
        return tuple(at.tolist())
    cumulated = np.concatenate([[0.0], np.cumsum(np.sort(values))]) / total
    return tuple(np.interp(at, np.linspace(0.0, 1.0, len(cumulated)), cumulated).tolist())


def gini(values: Floats) -> float:
    """Gini coefficient: 0 where all have the same, towards 1 where one has everything."""
    total, count = float(values.sum()), len(values)
    if count == 0 or total <= 0:
        return 0.0
    return float((2 * np.arange(1, count + 1) - count - 1) @ np.sort(values) / (count * total))


def _ideal(instance: Instance) -> Floats:
    nobody = np.full(len(instance.candidates), -1, dtype=np.int64)
    market = Market(instance.candidates, instance.relevance, instance.capacity, instance.slots, nobody)
    nothing = np.zeros(len(instance.need))
    # The same measure as the certificate's, or a plan could seem to keep more than its proven bound.
    return Society(market, instance.school, instance.need, nothing, nothing, instance.group).ideal


def _utility(instance: Instance, made: Plan) -> Floats:
    weights = 1.0 / np.log2(np.arange(2, instance.slots + 2))
    return np.asarray(made.relevance @ (weights / weights.sum()))


def _share(instance: Instance, made: Plan, ideal: Floats) -> Floats:
    utility = _utility(instance, made)
    return np.divide(utility, ideal, out=np.ones_like(utility), where=ideal > 0)


def _schools(instance: Instance, asking: NDArray[np.bool_], shares: list[Floats]) -> tuple[SchoolChange, ...]:
    schools = instance.school[asking]
    count = np.bincount(schools, minlength=len(instance.need))
    sums = [np.bincount(schools, share[asking], minlength=len(instance.need)) for share in shares]
    return tuple(
        SchoolChange(int(each), int(count[each]), *(float(total[each] / count[each]) for total in sums))
        for each in np.flatnonzero(count)
    )


def _quarters(need: Floats, schools: tuple[SchoolChange, ...]) -> tuple[Quarter, ...]:
    ordered = sorted(schools, key=lambda each: (-need[each.school], each.school))
    cuts = np.linspace(0, len(ordered), _QUARTERS + 1).round().astype(int)
    return tuple(_quarter(need, ordered[start:end]) for start, end in pairwise(cuts) if end > start)


def _quarter(need: Floats, schools: list[SchoolChange]) -> Quarter:
    requests = np.array([each.requests for each in schools], dtype=np.float64)
    needs = [float(need[each.school]) for each in schools]
    before, after = (
        float(requests @ np.array([getattr(each, name) for each in schools]) / requests.sum())
        for name in ("before", "after")
    )
    return Quarter(len(schools), int(requests.sum()), min(needs), max(needs), before, after)


def _groups(instance: Instance, before: Plan, after: Plan) -> tuple[GroupChange, ...]:
    count = int(instance.group.max(initial=-1)) + 1
    named = instance.candidates >= 0
    weights = np.bincount(instance.candidates[named], instance.relevance[named], minlength=len(instance.group))
    merit = _shared(np.asarray(np.bincount(instance.group, weights, minlength=count), np.float64))
    shown = [_shared(_exposure(instance, made, count)) for made in (before, after)]
    return tuple(
        GroupChange(each, float(merit[each]), float(shown[0][each]), float(shown[1][each])) for each in range(count)
    )


def _exposure(instance: Instance, made: Plan, count: int) -> Floats:
    weights = np.broadcast_to(1.0 / np.log2(np.arange(2, instance.slots + 2)), made.chosen.shape)
    taken = made.chosen >= 0
    return np.asarray(np.bincount(instance.group[made.chosen[taken]], weights[taken], minlength=count), np.float64)


def _shared(amounts: Floats) -> Floats:
    total = float(amounts.sum())
    return amounts / total if total > 0 else np.zeros(len(amounts))


def _moved(before: Plan, after: Plan) -> tuple[Move, ...]:
    first, then = before.chosen[:, 0].tolist(), after.chosen[:, 0].tolist()
    return tuple(
        Move(request, one if one >= 0 else None, other if other >= 0 else None)
        for request, (one, other) in enumerate(zip(first, then, strict=True))
        if one != other
    )


def _worst(instance: Instance, made: Plan, asking: NDArray[np.bool_]) -> float:
    if not asking.any():
        return 1.0
    utility = _utility(instance, made)
    values = np.sort([each.after for each in _schools(instance, asking, [utility, utility])])
    return float(values[: max(1, round(_TENTH * len(values)))].mean())


def _both(values: Iterable[float]) -> Change:
    before, after = values
    return Change(before, after)
