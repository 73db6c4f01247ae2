"""A visit comes up: when, where and with whom, and how to change it while there is time."""

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
    return visits.letter(session, item, introduction, visit, settings, now)
