"""Reading stored rankings."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from models import EquityPolicy, Ranking


def latest(session: Session, request_id: int) -> Ranking | None:
    """The newest ranking of a request. Its candidates, the bulk of the row, are only read when asked for."""
    return session.scalar(
        select(Ranking)
        .where(Ranking.request_id == request_id)
        .options(defer(Ranking.candidates))
        .order_by(Ranking.id.desc())
        .limit(1)
    )


def policy_in_effect(session: Session, region_id: int) -> EquityPolicy:
    """The region's newest equity policy. Every region is created with one."""
    return session.scalars(
        select(EquityPolicy).where(EquityPolicy.region_id == region_id).order_by(EquityPolicy.version.desc()).limit(1)
    ).one()
