"""What is said of a request beside each candidate's own reasons: the plan, what the class is owed, who had no room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from matching import circumstances
from matching.explain import Reason
from matching.groups import NEW_DAYS
from matching.matrices import Matrices
from matchmaker.queries import plans
from matchmaker.queries.eligibility import Eligibility
from matchmaker.services.recall import Standing
from matchmaker.services.scoring import Scored
from models import LearningRequest, Partner

_NAME = select(Partner.name).where(Partner.id == bindparam("id"))


def around(
    session: Session,
    request: LearningRequest,
    found: Eligibility,
    scored: Scored,
    matrices: Matrices,
    standing: Standing,
    first: Sequence[int],
    planned: Collection[int],
    now: datetime,
) -> dict[int, list[Reason]]:
    """What to say with those put before the desk, by place among the candidates; most of it with the very first.

    ``planned``: places of those whom the plan gives the request; said where it put somebody ahead of their own place.
    """
    if not first:
        return {}
    ahead = {at: rank for rank, at in enumerate(first, 1) if at in planned}
    said = {
        at: [Reason("by_plan")] if ahead.get(at, len(first)) < scored.reranked.rank_after[at] else [] for at in first
    }
    waited = (now - request.posted_at).total_seconds() / 86_400 if request.posted_at else 0.0
    owed = circumstances.owed(waited, standing.schools[request.school_id].reached_less)
    closer = _closer(session, request, found, scored, matrices, first[0])
    said[first[0]] += [reason for reason in (owed, closer) if reason is not None]
    return said


def groups(scored: Scored, matrices: Matrices, first: Sequence[int], standing: Standing) -> dict[int, str]:
    """The group whose boost a candidate carries, by place; nothing for those who know what they know in both ways."""
    since = standing.at.date().toordinal() - NEW_DAYS
    named = {}
    for at in first:
        position = scored.positions[at]
        by_practice, by_training = bool(matrices.practice[position]), bool(matrices.credentialed[position])
        if matrices.joined[position] > since:
            named[at] = "new"
        elif by_practice != by_training:
            named[at] = "practice" if by_practice else "credentialed"
    return named


def _closer(
    session: Session, request: LearningRequest, found: Eligibility, scored: Scored, matrices: Matrices, first: int
) -> Reason | None:
    """Whoever would be closer than the first, with what they have given; who offers no visit at all is left out."""
    roll = found.roll
    full = found.full[roll.monthly_capacity[found.full] > 0]
    positions = matrices.positions(roll.partner_ids[full])
    full, positions = full[positions >= 0], positions[positions >= 0]
    who = circumstances.closer(scored.reranked, first, scored.relevance.rho[positions])
    if who is None:
        return None
    is_full, at = who
    partner_id = int(roll.partner_ids[full[at]] if is_full else matrices.partner_ids[scored.positions[at]])
    [place] = roll.places(np.array([partner_id])).tolist()
    held, visits = int(found.units[place]), int(roll.monthly_capacity[place])
    name = session.scalars(_NAME, {"id": partner_id}).one()
    if is_full:
        return Reason("closer_full", {"name": name, "visits": visits})
    if classes := plans.kept_for_others(session, request, partner_id):
        return Reason("closer_planned", {"name": name, "classes": classes})
    return Reason("closer_busy", {"name": name, "held": held, "visits": visits}) if held else None
