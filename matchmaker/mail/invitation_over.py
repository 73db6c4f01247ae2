"""An invitation came to nothing: the partner is told why, and that it counts for nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail import introductions
from matchmaker.mail.letter import Letter, letterhead, reading_language
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, MailKind, OutboxItem, Region, Side, StateChange

_OVER = frozenset({IntroductionState.LAPSED, IntroductionState.WITHDRAWN})


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when the invitation stands again."""
    introduction = introductions.named(session, item)
    if introduction is None or introduction.state not in _OVER:
        return None
    region = session.get_one(Region, introduction.region_id)
    recipient, wanted = introductions.reader(introduction, Side.PARTNER)
    language = reading_language(wanted, region)
    sender, reply_to = introductions.signed(introduction, region)
    return Letter(
        template="invitation_over",
        language=language,
        recipient=recipient,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        kind=MailKind.AFTERWARDS,
        context={
            "coordinator": introduction.approved_by.name,
            "request": introductions.teachers_words(introduction.request),
            "school": introduction.request.school.name,
            "cause": _cause(session, introduction),
        },
    )


def _cause(session: Session, introduction: Introduction) -> str:
    """lapsed, none_fits or withdrawn."""
    if introduction.state is IntroductionState.LAPSED:
        return "lapsed"
    said = session.scalar(
        select(StateChange.reason)
        .where(StateChange.introduction_id == introduction.id, StateChange.after == str(introduction.state))
        .order_by(StateChange.id.desc())
        .limit(1)
    )
    return said or "withdrawn"
