"""Candidates of one request side by side: what was asked of each, and who else would do without whoever is chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from matchmaker.queries import plans
from matchmaker.queries.candidates import Candidate
from matchmaker.queries.equity.asked import year_start
from models import Introduction, IntroductionState, LearningRequest, PlannedPlace, Region, School

_NEVER_LEFT = (IntroductionState.APPROVED, IntroductionState.UNDONE)


@dataclass(frozen=True)
class Elsewhere:
    """Another open request that the region's plan gives the same partner first."""

    request_id: int
    title: str
    language: str
    school_name: str


@dataclass(frozen=True)
class Compared:
    """One column. ``asked`` counts invitations of this school year; ``left_without`` are the requests whose planned
    first choice would be gone once this candidate is chosen, None where no plan is in effect to tell."""

    candidate: Candidate
    asked: int
    last_invited: datetime | None
    left_without: tuple[Elsewhere, ...] | None
    words: tuple[str, ...]


def of(
    session: Session, request: LearningRequest, region: Region, chosen: Sequence[Candidate], now: datetime
) -> list[Compared]:
    """Some candidates of a request, in their order; two queries."""
    ids = [candidate.partner.id for candidate in chosen]
    asked = _asked(session, ids, year_start(region, now))
    planned = _planned(session, request, region, ids) if region.plan_id is not None else None
    return [
        Compared(
            candidate,
            *asked.get(candidate.partner.id, (0, None)),
            None if planned is None else _left_without(candidate, planned[candidate.partner.id]),
            _shared(candidate),
        )
        for candidate in chosen
    ]


def _asked(session: Session, partner_ids: Sequence[int], since: datetime) -> dict[int, tuple[int, datetime | None]]:
    """How often each was invited since then, and when last at all."""
    invited = Introduction.invited_at
    rows = session.execute(
        select(Introduction.partner_id, func.count().filter(invited >= since), func.max(invited))
        .where(Introduction.partner_id.in_(partner_ids), Introduction.state.not_in(_NEVER_LEFT))
        .group_by(Introduction.partner_id)
    )
    return {partner_id: (number, last) for partner_id, number, last in rows}


def _planned(
    session: Session, request: LearningRequest, region: Region, partner_ids: Sequence[int]
) -> defaultdict[int, list[Row[PlannedPlace, LearningRequest, str]]]:
    """The other open requests that the plan in effect gives these partners first, whoever needs them least first."""
    rows = session.execute(
        select(PlannedPlace, LearningRequest, School.name)
        .join(LearningRequest, LearningRequest.id == PlannedPlace.request_id)
        .join(School, School.id == LearningRequest.school_id)
        .where(
            PlannedPlace.plan_id == region.plan_id,
            PlannedPlace.partner_id.in_(partner_ids),
            PlannedPlace.place == 1,
            PlannedPlace.request_id != request.id,
            LearningRequest.state.in_(plans.OPEN),
        )
        .order_by(PlannedPlace.bid, PlannedPlace.id)
    )
    found: defaultdict[int, list[Row[PlannedPlace, LearningRequest, str]]] = defaultdict(list)
    for row in rows:
        found[row[0].partner_id].append(row)
    return found


def _left_without(
    candidate: Candidate, planned: Sequence[Row[PlannedPlace, LearningRequest, str]]
) -> tuple[Elsewhere, ...]:
    """Those for whom no unit of the month would be left, one being taken here."""
    same_month = [row for row in planned if row[0].period == candidate.places.period]
    free = max(candidate.places.limit - candidate.places.agreed - candidate.places.held - 1, 0)
    return tuple(
        Elsewhere(other.id, other.title, other.language, school)
        for _, other, school in same_month[: max(len(same_month) - free, 0)]
    )


def _shared(candidate: Candidate) -> tuple[str, ...]:
    """The words that both sides use, as the reasons name them."""
    named = (word for reason in candidate.reasons for word in reason.get("params", {}).get("words", ()))
    return tuple(dict.fromkeys(named))
