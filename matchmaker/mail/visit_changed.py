"""A visit has a date, or another one than before: both sides read when and where, and their calendars follow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail import visits
from matchmaker.mail.letter import Letter
from matchmaker.settings import Settings
from models import OutboxItem


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """One side's letter; None when the visit was called off or moved again since."""
    found = visits.standing(session, item)
    if found is None:
        return None
    introduction, visit = found
    before = item.payload.get("before")
    return visits.letter(
        session,
        item,
        introduction,
        visit,
        settings,
        now,
        before=datetime.fromisoformat(before) if before else None,
    )
