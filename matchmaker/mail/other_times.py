"""A partner would come at other times: the teacher is asked which, without learning yet who it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.mail import introductions
from matchmaker.mail.letter import Letter, Span, letterhead, reading_language
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import IntroductionState, OtherTime, OutboxItem, Region, Side


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when a time was taken, or none lies ahead any more."""
    introduction = introductions.named(session, item)
    if introduction is None or introduction.state is not IntroductionState.OTHER_TIMES:
        return None
    times = session.scalars(
        select(OtherTime)
        .where(OtherTime.introduction_id == introduction.id, OtherTime.starts_at > now)
        .order_by(OtherTime.starts_at)
    ).all()
    if not times:
        return None
    region = session.get_one(Region, introduction.region_id)
    recipient, wanted = introductions.reader(introduction, Side.TEACHER)
    language = reading_language(wanted, region)
    sender, reply_to = introductions.signed(introduction, region)
    until = times[-1].ends_at + tokens.AFTERLIFE
    whose = f"teacher:{introduction.request.teacher_id}"
    token = tokens.issue(settings.secret_key, tokens.Purpose.TIMES, introduction.key, whose, until)
    return Letter(
        template="other_times",
        language=language,
        recipient=recipient,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        context={
            "coordinator": introduction.approved_by.name,
            "title": introduction.request.title,
            "title_language": introduction.request.language,
            "spans": [Span(time.starts_at, time.ends_at) for time in times],
            "page": link(settings, "times.show", token=token),
        },
    )
