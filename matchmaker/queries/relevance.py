"""What a region has learnt, version by version, and which version is active."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from models import RelevanceActivation, RelevanceVersion

_ACTIVE = (
    select(RelevanceActivation)
    .where(RelevanceActivation.region_id == bindparam("region"), RelevanceActivation.taken_back_at.is_(None))
    .options(joinedload(RelevanceActivation.version))
    .order_by(RelevanceActivation.id.desc())
    .limit(1)
)


def activation(session: Session, region_id: int) -> RelevanceActivation | None:
    """The activation that counts now. None while the region ranks with the built-in weights."""
    return session.scalar(_ACTIVE, {"region": region_id})


def versions(session: Session, region_id: int) -> Sequence[RelevanceVersion]:
    """All versions of a region, the newest first."""
    return session.scalars(
        select(RelevanceVersion)
        .where(RelevanceVersion.region_id == region_id)
        .order_by(RelevanceVersion.version.desc())
    ).all()


def version(session: Session, region_id: int, number: int) -> RelevanceVersion | None:
    """One version of a region by its number."""
    return session.scalar(
        select(RelevanceVersion).where(RelevanceVersion.region_id == region_id, RelevanceVersion.version == number)
    )
