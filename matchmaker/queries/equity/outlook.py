"""The plan in effect as its figures tell it: what it promises, and what it changes against closeness alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Plan, Region


@dataclass(frozen=True)
class Change:
    """One figure with the dial at 0, and as the plan has it."""

    before: float
    after: float


@dataclass(frozen=True)
class SchoolShare:
    """A school with open requests, and the share they get of what they would have if nobody else asked."""

    school_id: int
    requests: int
    before: float
    after: float


@dataclass(frozen=True)
class GroupShare:
    """A group of partners (matching.groups): shares of merit and of exposure."""

    group: int
    merit: float
    before: float
    after: float


@dataclass(frozen=True)
class Comparison:
    """The plan beside the one for closeness alone; see matching.comparison. ``lorenz`` has a point each tenth of the
    schools, those that get least first."""

    requests: int
    met: Change
    worst_tenth: Change
    gini: Change
    lorenz_before: tuple[float, ...]
    lorenz_after: tuple[float, ...]
    schools: tuple[SchoolShare, ...]
    groups: tuple[GroupShare, ...]


@dataclass(frozen=True)
class Certificate:
    """What is proven of the plan; see matching.plans.Certificate. ``oldest_days`` is the wait that goes first."""

    quality: float
    most_boost: float
    boost_limit: float
    overload: int
    empty: frozenset[int]
    softened: int
    oldest_days: float


@dataclass(frozen=True)
class Outlook:
    """The plan in effect. ``comparison`` is None for plans from before it was kept."""

    plan_id: int
    policy_id: int
    began_at: datetime
    finished_at: datetime | None
    requests: int
    people: int
    certificate: Certificate
    picked: frozenset[int]
    comparison: Comparison | None
    weights: Mapping[int, float]


def in_effect(session: Session, region_id: int) -> Outlook | None:
    """The region's plan, if it has one that placed anybody."""
    plan = session.scalar(
        select(Plan)
        .join(Region, (Region.id == Plan.region_id) & (Region.plan_id == Plan.id))
        .where(Region.id == region_id)
    )
    return of(plan) if plan is not None and "certificate" in plan.figures else None


def of(plan: Plan) -> Outlook:
    """A finished plan's figures."""
    figures, terms = plan.figures, plan.terms
    proven, compared = figures["certificate"], figures.get("comparison")
    return Outlook(
        plan_id=plan.id,
        policy_id=plan.policy_id,
        began_at=plan.started_at or plan.asked_at,
        finished_at=plan.finished_at,
        requests=figures["requests"],
        people=figures["people"],
        certificate=Certificate(
            quality=proven["quality"],
            most_boost=proven["most_boost"],
            boost_limit=proven["boost_limit"],
            overload=proven["overload"],
            empty=frozenset(proven["empty"]),
            softened=proven["softened"],
            oldest_days=figures["used"]["oldest_days"],
        ),
        picked=frozenset(figures["picked"]),
        comparison=_comparison(compared) if compared else None,
        weights=dict(zip(terms["school_ids"], terms["school_factor"], strict=False)),
    )


def _comparison(told: Mapping[str, Any]) -> Comparison:
    return Comparison(
        requests=told["requests"],
        met=Change(**told["met"]),
        worst_tenth=Change(**told["worst_tenth"]),
        gini=Change(**told["gini"]),
        lorenz_before=tuple(told["lorenz"]["before"]),
        lorenz_after=tuple(told["lorenz"]["after"]),
        schools=tuple(SchoolShare(**each) for each in told["schools"]),
        groups=tuple(GroupShare(**each) for each in told["groups"]),
    )


def mean_share(schools: Sequence[SchoolShare]) -> Change | None:
    """The share that all requests of some schools get; None where none of them asks."""
    requests = sum(each.requests for each in schools)
    if requests == 0:
        return None
    return Change(
        sum(each.requests * each.before for each in schools) / requests,
        sum(each.requests * each.after for each in schools) / requests,
    )
