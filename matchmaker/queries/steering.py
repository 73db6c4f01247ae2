"""Reading what coordinators did to a request's ranking by hand."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models import Steer, SteerKind


def live(session: Session, request_id: int, partner_id: int) -> Steer | None:
    """What counts now for one partner and one request; there is at most one."""
    return session.scalar(
        select(Steer).where(Steer.request_id == request_id, Steer.partner_id == partner_id, Steer.released_at.is_(None))
    )


_PINNED = (
    select(Steer)
    .where(Steer.request_id == bindparam("request"), Steer.kind == SteerKind.PINNED, Steer.released_at.is_(None))
    .order_by(Steer.id)
)


def pinned(session: Session, request_id: int) -> Sequence[Steer]:
    """Who is put forward by hand for a request, in the order they were."""
    return session.scalars(_PINNED, {"request": request_id}).all()
