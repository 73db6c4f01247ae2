"""The people put before a coordinator for one request, with every part of their score and what to mind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.queries import capacity, cautions, clearances, eligibility
from models import (
    CapacityUnit,
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    Partner,
    Proposal,
    ProposalState,
    Ranking,
    Region,
    Steer,
)


@dataclass(frozen=True)
class Candidate:
    """One row of the desk. ``need`` is school need times request deficit; ``free_windows`` None when nothing is said
    of weekdays; ``distance_miles`` None when a place is unknown; ``reasons`` codes with their facts, ``why`` the same
    as sentences by language; ``steer`` whose hand put them there, if one did and it still counts; then ``rank_after``
    is where the ranker had them."""

    id: int
    state: ProposalState
    rank: int
    rank_before: int
    rank_after: int
    relevance: float
    need: float
    boost: float
    price: float
    score: float
    why: dict[str, str]
    reasons: list[dict[str, Any]]
    partner: Partner
    fund: Fund | None
    steer: Steer | None
    places: capacity.Places
    distance_miles: float | None
    free_windows: int | None
    cautions: tuple[cautions.Caution, ...]


def of_ranking(
    session: Session, ranking: Ranking, request: LearningRequest, region: Region, now: datetime
) -> list[Candidate]:
    """The proposals of a ranking in order, superseded ones left out.

    ``request`` has its windows, its school and its steers loaded.
    """
    offered = cautions.days([window.starts_at for window in request.windows], region, now)
    required = clearances.needed(region, Proposal.partner_id, request, literal(offered.first))
    shown = select(Proposal.partner_id).where(Proposal.ranking_id == ranking.id)
    units = capacity.units_taken().where(CapacityUnit.partner_id.in_(shown), CapacityUnit.period == offered.period)
    month = units.subquery()
    miles = eligibility.distance_miles(request.school).label("miles")
    rows = session.execute(
        select(Proposal, miles, required.label("required"), month.c.agreed, month.c.held)
        .join(Partner, Partner.id == Proposal.partner_id)
        .outerjoin(month, month.c.partner_id == Partner.id)
        .where(Proposal.ranking_id == ranking.id, Proposal.state != ProposalState.SUPERSEDED)
        .options(joinedload(Proposal.partner), joinedload(Proposal.fund))
        .order_by(Proposal.rank)
    ).all()
    weekdays = _weekdays(request, region, now)
    steers = {steer.id: steer for steer in request.steers}
    return [
        _candidate(
            row.Proposal,
            row.miles,
            offered,
            (row.agreed or 0, row.held or 0),
            weekdays,
            steers,
            clearance_required=row.required,
        )
        for row in rows
    ]


def undoable(session: Session, region_id: int, account_id: int, now: datetime) -> Introduction | None:
    """The newest approval of a coordinator whose invitation has not left."""
    return session.scalar(
        select(Introduction)
        .where(
            Introduction.region_id == region_id,
            Introduction.approved_by_id == account_id,
            Introduction.state == IntroductionState.APPROVED,
            Introduction.due_at > now,
        )
        .options(joinedload(Introduction.partner))
        .order_by(Introduction.id.desc())
        .limit(1)
    )


def _candidate(
    proposal: Proposal,
    miles: float | None,
    offered: cautions.Days,
    taken: tuple[int, int],
    weekdays: list[int],
    steers: dict[int, Steer],
    *,
    clearance_required: bool,
) -> Candidate:
    partner = proposal.partner
    places = capacity.Places(offered.period, *taken, partner.monthly_capacity)
    standing = cautions.Standing(partner.paused_at is not None, partner.clearance, partner.clearance_expires_on)
    warned = cautions.found(standing, places, offered, clearance_required=clearance_required)
    return Candidate(
        id=proposal.id,
        state=proposal.state,
        rank=proposal.rank,
        rank_before=proposal.rank_before,
        rank_after=proposal.rank_after,
        relevance=proposal.relevance,
        need=proposal.need * proposal.deficit,
        boost=proposal.boost,
        price=proposal.price,
        score=proposal.score,
        why=proposal.why,
        reasons=proposal.reasons,
        partner=partner,
        fund=proposal.fund,
        steer=steers.get(proposal.steer_id or 0),
        places=places,
        distance_miles=miles,
        free_windows=sum(day in partner.weekdays for day in weekdays) if partner.weekdays else None,
        cautions=warned if proposal.state is ProposalState.OPEN else (),
    )


def _weekdays(request: LearningRequest, region: Region, now: datetime) -> list[int]:
    zone = ZoneInfo(region.time_zone)
    return [window.starts_at.astimezone(zone).weekday() for window in request.windows if window.starts_at > now]
