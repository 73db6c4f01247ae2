"""Which introduction holds a request."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import LIVE_INTRODUCTIONS, Introduction


def live(session: Session, request_id: int) -> Introduction | None:
    """The introduction that now holds a request, if one does."""
    return session.scalar(
        select(Introduction)
        .where(Introduction.request_id == request_id, Introduction.state.in_(LIVE_INTRODUCTIONS))
        .order_by(Introduction.id.desc())
        .limit(1)
    )
