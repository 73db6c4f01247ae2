"""Visits: the date that both sides agreed to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.policies import NOBODY, Actor
from models import Introduction, Visit


def schedule(
    session: Session,
    introduction: Introduction,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    actor: Actor = NOBODY,
) -> Visit:
    """Store the date of an introduction that has none yet. The caller holds its lock."""
    visit = Visit(
        region_id=introduction.region_id,
        introduction_id=introduction.id,
        starts_at=starts_at,
        ends_at=ends_at,
        place=introduction.request.place,
    )
    session.add(visit)
    session.flush()
    audit.record(session, actor, audit.Tag.VISIT_AGREED, visit, at=now)
    return visit
