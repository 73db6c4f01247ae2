"""The one reminder of an invitation that has no answer yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail import introductions, invitation
from matchmaker.mail.letter import Letter
from matchmaker.settings import Settings
from models import IntroductionState, OutboxItem


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when an answer has come, or the time to answer is over."""
    introduction = introductions.named(session, item)
    if introduction is None or introduction.state is not IntroductionState.INVITED:
        return None
    if introduction.answer_by is None or introduction.answer_by <= now:
        return None
    return invitation.letter(session, introduction, "invitation_reminder", introduction.answer_by, settings, now)
