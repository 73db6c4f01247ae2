"""A visit was called off: both sides read so, their calendars forget it, and the teacher learns who looks further."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail import introductions, visits
from matchmaker.mail.letter import Letter
from matchmaker.settings import Settings
from models import IntroductionState, OutboxItem, Task


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """One side's letter; None when nothing was called off after all."""
    introduction = introductions.named(session, item)
    if introduction is None or introduction.state is not IntroductionState.CANCELLED:
        return None
    visit = visits.of(session, introduction)
    task = session.get_one(Task, item.payload["task_id"]) if item.payload["task_id"] else None
    looks_further, due_on = (task.owner.name, task.due_on) if task else ("", None)
    return visits.letter(session, item, introduction, visit, settings, now, looks_further=looks_further, due_on=due_on)
