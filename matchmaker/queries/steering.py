"""Reading what coordinators did to a request's ranking by hand."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Steer


def live(session: Session, request_id: int, partner_id: int) -> Steer | None:
    """What counts now for one partner and one request; there is at most one."""
    return session.scalar(
        select(Steer).where(Steer.request_id == request_id, Steer.partner_id == partner_id, Steer.released_at.is_(None))
    )
