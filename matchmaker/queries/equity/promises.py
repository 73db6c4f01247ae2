"""What the plan in effect promises, and whether each promise is kept. A broken one is told as plainly as a kept one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.plans import KEPT
from matchmaker.queries.equity.outlook import Outlook
from matchmaker.queries.equity.service import Group
from models import LearningRequest, PlannedPlace

GAP = 0.05
"""Schools of the most documented need get so much less than any other group at most."""


class Code(StrEnum):
    """The promises, in the order they are told."""

    CLOSENESS = "closeness"
    CAPACITY = "capacity"
    BOOST = "boost"
    OLDEST = "oldest"
    NOBODY_LEFT = "nobody_left"
    GAP = "gap"


@dataclass(frozen=True)
class Promise:
    """One promise. ``value`` is what the plan reached, of how many ``of``, and ``limit`` what was promised."""

    code: Code
    kept: bool
    value: float
    limit: float
    of: float | None = None


def of_plan(session: Session, outlook: Outlook, by_need: Sequence[Group]) -> list[Promise]:
    """The promises of a plan. That of the gap needs two groups of schools that may be told of."""
    proven = outlook.certificate
    older, chose = _oldest(session, outlook)
    told = [
        Promise(Code.CLOSENESS, proven.quality >= KEPT, proven.quality, KEPT),
        Promise(Code.CAPACITY, proven.overload == 0, proven.overload, 0, outlook.people),
        Promise(Code.BOOST, proven.most_boost <= proven.boost_limit + 1e-9, proven.most_boost, proven.boost_limit),
        Promise(Code.OLDEST, chose == older, chose, proven.oldest_days, older),
        # Proven of each that is listed: whoever it could have is full, and no move of others frees one of them.
        Promise(Code.NOBODY_LEFT, True, len(proven.empty), 0, outlook.requests),
    ]
    if by_need and (first := by_need[0].plan) is not None:
        others = [group.plan.after for group in by_need[1:] if group.plan is not None]
        if others:
            gap = max(max(others) - first.after, 0.0)
            told.append(Promise(Code.GAP, gap <= GAP, gap, GAP))
    return told


def _oldest(session: Session, outlook: Outlook) -> tuple[int, int]:
    """Requests with a place that had waited longest when the plan began, and how many of them chose first."""
    before = outlook.began_at - timedelta(days=outlook.certificate.oldest_days)
    ids = session.scalars(
        select(LearningRequest.id).where(
            LearningRequest.posted_at < before,
            LearningRequest.id.in_(select(PlannedPlace.request_id).where(PlannedPlace.plan_id == outlook.plan_id)),
        )
    ).all()
    return len(ids), sum(each in outlook.picked for each in ids)
