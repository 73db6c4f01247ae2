"""Leaving word for the ranker. Apart from what the ranker does, which no web process may load."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import outbox
from models import LearningRequest, QueueName, RequestState

PROPOSE = "propose"
OPEN = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)
"""Requests that wait for somebody."""


def ask(session: Session, request: LearningRequest, cause: str, now: datetime) -> None:
    """Leave word for the ranker. ``cause`` makes the key, so that one event asks once."""
    outbox.put(
        session,
        name=QueueName.RANKING,
        key=f"{PROPOSE}:{request.id}:{cause}",
        kind=PROPOSE,
        due_at=now,
        region_id=request.region_id,
        payload={"request_id": request.id},
    )


def ask_for_unanswered(session: Session, region_id: int, cause: str, now: datetime) -> None:
    """Leave word to rank every request of a region again that found nobody so far."""
    for request in session.scalars(
        select(LearningRequest).where(
            LearningRequest.region_id == region_id, LearningRequest.state == RequestState.NONE_YET
        )
    ):
        ask(session, request, cause, now)


def ask_for_open(session: Session, region_id: int, cause: str, now: datetime) -> list[str]:
    """Leave word to rank every request of a region again that waits for somebody; the keys of what was left."""
    asked = session.scalars(
        select(LearningRequest)
        .where(LearningRequest.region_id == region_id, LearningRequest.state.in_(OPEN))
        .order_by(LearningRequest.id)
    ).all()
    for request in asked:
        ask(session, request, cause, now)
    return [f"{PROPOSE}:{request.id}:{cause}" for request in asked]
