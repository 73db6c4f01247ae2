"""A clearance does not reach an agreed visit: what, until when, and whom to ask. It is paperwork, and said as such."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail import introductions
from matchmaker.mail.letter import Letter, letterhead, reading_language
from matchmaker.queries import supervision
from matchmaker.settings import Settings
from models import Clearance, OutboxItem, Region, Side, Visit


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The partner's letter; None when it was renewed, or the visit moved or called off, since."""
    visit = session.get(Visit, item.payload["visit_id"])
    if visit is None or not supervision.wants_clearance(session, visit, now):
        return None
    introduction = visit.introduction
    region, partner = session.get_one(Region, visit.region_id), introduction.partner
    recipient, wanted = introductions.reader(introduction, Side.PARTNER)
    language = reading_language(wanted, region)
    sender, reply_to = introductions.signed(introduction, region)
    known = partner.clearance is Clearance.CLEARED
    return Letter(
        template="clearance_ends",
        language=language,
        recipient=recipient,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        context={
            "coordinator": introduction.approved_by.name,
            "day": visit.starts_at,
            "school": introduction.request.school.name,
            "ends_on": partner.clearance_expires_on if known else None,
        },
    )
