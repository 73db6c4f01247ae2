"""Why a partner is not among those put forward: what excludes them now, or where the newest ranking left them.

All figures are those the ranking stored; nothing is scored again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matching import why_not
from matchmaker.queries import eligibility, plans, rankings
from models import (
    Account,
    LearningRequest,
    Partner,
    Proposal,
    ProposalState,
    Ranking,
    StateChange,
    Steer,
)


class Standing(StrEnum):
    """Where the newest ranking left somebody."""

    UNRANKED = "unranked"
    PROPOSED = "proposed"
    KEPT = "kept"
    NEWER = "newer"
    BEYOND = "beyond"
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Placed:
    """A candidate as the ranking stored it; ``place`` counts from 1 in the ranker's own order."""

    name: str
    place: int
    parts: dict[str, Any]


@dataclass(frozen=True)
class PassedOver:
    """Who passed over somebody, when, and the reason as it was kept."""

    by: str | None
    at: datetime
    reason: str


@dataclass(frozen=True)
class WhyNot:
    """The answer. ``rule`` and ``miles`` are of now, everything else of the newest ranking; ``last`` is whom the ranker
    put forward last, ``parts`` and ``less`` how the two differ (matching.why_not); ``kept_for`` for how many other
    classes the region's plan keeps them."""

    partner: Partner
    rule: str | None
    miles: float | None
    standing: Standing
    ranking: Ranking | None
    steer: Steer | None
    passed: PassedOver | None
    own: Placed | None
    last: Placed | None
    parts: tuple[why_not.Part, ...]
    less: tuple[str, ...]
    kept_for: int


def of(session: Session, request: LearningRequest, partner: Partner, now: datetime) -> WhyNot:
    """Why not this partner for this request. ``request`` has its steers loaded."""
    verdict = eligibility.verdicts(session, request, [partner.id], now)[partner.id]
    ranking = rankings.latest(session, request.id)
    own: Placed | None = None
    last: Placed | None = None
    standing = Standing.UNRANKED
    if ranking is not None:
        shown = _last_shown(session, ranking)
        kept = rankings.kept(session, ranking.id, [partner.id, *([shown.partner_id] if shown else [])])
        own = _placed(partner, ranking, kept)
        if shown is not None and shown.partner_id in kept:
            last = Placed(shown.partner.name, *kept[shown.partner_id])
        standing = _standing(session, ranking, partner, own)
    behind = own is not None and last is not None and own.place > last.place
    return WhyNot(
        partner=partner,
        rule=verdict.rule,
        miles=verdict.distance,
        standing=standing,
        ranking=ranking,
        steer=next((steer for steer in request.steers if steer.partner_id == partner.id), None),
        passed=_passed(session, request.id, partner.id) if verdict.rule == "passed" else None,
        own=own,
        last=last if behind else None,
        parts=why_not.parts(own.parts, last.parts) if behind and own and last else (),
        less=why_not.less(own.parts, last.parts) if behind and own and last else (),
        kept_for=plans.kept_for_others(session, request, partner.id),
    )


def _last_shown(session: Session, ranking: Ranking) -> Proposal | None:
    """Whom the ranker itself put forward last."""
    return session.scalar(
        select(Proposal)
        .where(Proposal.ranking_id == ranking.id, Proposal.steer_id.is_(None))
        .options(joinedload(Proposal.partner))
        .order_by(Proposal.rank_after.desc())
        .limit(1)
    )


def _placed(partner: Partner, ranking: Ranking, kept: dict[int, tuple[int, dict[str, Any]]]) -> Placed | None:
    if partner.id in kept:
        return Placed(partner.name, *kept[partner.id])
    by_hand = next((parts for parts in ranking.pinned if parts["partner_id"] == partner.id), None)
    return Placed(partner.name, by_hand["place"], rankings.whole(by_hand, ranking.versions)) if by_hand else None


def _standing(session: Session, ranking: Ranking, partner: Partner, own: Placed | None) -> Standing:
    if session.scalar(
        select(Proposal.id).where(
            Proposal.ranking_id == ranking.id,
            Proposal.partner_id == partner.id,
            Proposal.state == ProposalState.OPEN,
        )
    ):
        return Standing.PROPOSED
    if own is not None:
        return Standing.KEPT
    if partner.reviewed_at is not None and partner.reviewed_at > ranking.ranked_at:
        return Standing.NEWER
    return Standing.BEYOND if ranking.eligible > len(ranking.candidates) else Standing.EXCLUDED


def _passed(session: Session, request_id: int, partner_id: int) -> PassedOver | None:
    row = session.execute(
        select(Account.name, StateChange.at, StateChange.reason)
        .select_from(StateChange)
        .join(Proposal, Proposal.id == StateChange.proposal_id)
        .outerjoin(Account, Account.id == StateChange.actor_id)
        .where(
            Proposal.request_id == request_id,
            Proposal.partner_id == partner_id,
            StateChange.after == ProposalState.PASSED.value,
        )
        .order_by(StateChange.id.desc())
        .limit(1)
    ).first()
    return PassedOver(row.name, row.at, row.reason or "") if row else None
