"""A visit is near and nobody has said yet who will be in the room: the teacher is asked, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail import introductions
from matchmaker.mail.letter import Letter, Span, letterhead, reading_language
from matchmaker.mail.links import link
from matchmaker.queries.supervision import STANDS
from matchmaker.settings import Settings
from models import OutboxItem, Region, Side, Visit


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The teacher's letter; None when the plan is written, or the visit called off, since."""
    introduction = introductions.named(session, item)
    if introduction is None or introduction.state not in STANDS:
        return None
    visit = session.scalar(select(Visit).where(Visit.introduction_id == introduction.id))
    if visit is None or visit.planned_at is not None or visit.starts_at <= now:
        return None
    region = session.get_one(Region, visit.region_id)
    recipient, wanted = introductions.reader(introduction, Side.TEACHER)
    language = reading_language(wanted, region)
    sender, reply_to = introductions.signed(introduction, region)
    token = introductions.visit_token(settings, introduction, Side.TEACHER, visit.ends_at)
    return Letter(
        template="plan_wanted",
        language=language,
        recipient=recipient,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        context={
            "coordinator": introduction.approved_by.name,
            "partner": introduction.partner.name,
            "span": Span(visit.starts_at, visit.ends_at),
            "page": link(settings, "supervision.by_link", token=token),
        },
    )
