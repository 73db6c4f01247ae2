"""Approved introductions by the thousand for ``bench mail``: each waits for its invitation, again for every round."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from matchmaker.bench import synthetic
from models import (
    CapacityUnit,
    EquityPolicy,
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    Partner,
    Proposal,
    ProposalState,
    QueueName,
    Ranking,
    Region,
    RequestState,
    StateChange,
    Teacher,
)

_PERIOD = text("SELECT date_trunc('month', min(starts_at) AT TIME ZONE 'America/Phoenix')::date FROM request_window")


def build(session: Session, count: int, now: datetime, seed: int = 5) -> int:
    """Store a region in which so many people were approved, one a request; returns its id. Nothing is due yet."""
    made = synthetic.build(session, synthetic.FUNDS_A_PARTNER * count, count, now, seed, of_all_schools=True)
    _open_at_all_hours(session, made.region_id)
    partners = list(session.scalars(select(Partner.id).where(Partner.region_id == made.region_id).order_by(Partner.id)))
    session.execute(update(Partner).values(monthly_capacity=4))
    funds: dict[int, int] = {owner: fund for fund, owner in session.execute(select(Fund.id, Fund.partner_id))}
    policy = session.scalars(select(EquityPolicy.id)).first()
    approver = session.scalars(select(Teacher.account_id)).first()
    asked: dict[str, Any] = {"region_id": made.region_id}
    pairs = list(zip(made.request_ids, partners, strict=True))
    rankings = synthetic.store(
        session,
        Ranking,
        [
            {**asked, "request_id": request, "request_version": 1, "policy_id": policy, "ranked_at": now, "eligible": 1}
            | {"excluded": {}, "candidates": [], "pinned": [], "versions": {}}
            for request, _ in pairs
        ],
    )
    proposals = synthetic.store(
        session,
        Proposal,
        [
            {**asked, "ranking_id": ranking, "request_id": request, "partner_id": partner}
            | {"fund_id": funds.get(partner), "state": ProposalState.APPROVED, **_SCORE}
            for ranking, (request, partner) in zip(rankings, pairs, strict=True)
        ],
    )
    introductions = synthetic.store(
        session,
        Introduction,
        [
            {**asked, "request_id": request, "partner_id": partner, "proposal_id": proposal}
            | {"approved_by_id": approver, "approved_at": now, "due_at": now}
            for proposal, (request, partner) in zip(proposals, pairs, strict=True)
        ],
    )
    period = session.execute(_PERIOD).scalar_one()
    units = [
        {**asked, "partner_id": partner, "introduction_id": introduction, "period": period, "unit": 2, "held_at": now}
        for introduction, (_, partner) in zip(introductions, pairs, strict=True)
    ]
    synthetic.store(session, CapacityUnit, units)
    waiting = LearningRequest.id.in_(made.request_ids)
    session.execute(update(LearningRequest).where(waiting).values(state=RequestState.PLACED))
    session.commit()
    return made.region_id


def ask_again(session: Session, region_id: int, now: datetime, count: int) -> None:
    """Everybody is approved and nobody invited, as before the first round; the first so many invitations are due."""
    session.execute(delete(OutboxItem))
    session.execute(delete(StateChange))
    fresh = {"invited_at": None, "answer_by": None, "state": IntroductionState.APPROVED}
    of_requests = Introduction.proposal_id.is_not(None)
    session.execute(update(Introduction).where(of_requests).values(**fresh))
    found = select(Introduction.id, Introduction.key).where(of_requests).order_by(Introduction.id).limit(count)
    rows = [
        {"region_id": region_id, "queue": QueueName.MAIL, "key": f"invitation:{key}", "kind": "invitation"}
        | {"due_at": now, "payload": {"introduction_id": introduction}}
        for introduction, key in session.execute(found)
    ]
    session.execute(insert(OutboxItem), rows)
    session.commit()


def _open_at_all_hours(session: Session, region_id: int) -> None:
    """A region that writes at any hour, however much: what is measured is not how long a mail may wait."""
    region = session.get_one(Region, region_id)
    region.quiet_from = region.quiet_until = 0
    region.daily_mails, region.undo_seconds = 1_000_000, 0
    region.phone, region.postal_address = "520-555-0142", "12 Calle Vieja, Palo Fierro"


_SCORE: dict[str, Any] = {
    **dict.fromkeys(("rank", "rank_before", "rank_after"), 1),
    **{"relevance": 0.7, "need": 1.2, "deficit": 1.0, "boost": 0.05, "price": 0.02, "score": 0.87},
    **{"features": {}, "reasons": [], "why": {"en": "Their words are close.", "es": "Sus palabras están cerca."}},
}
