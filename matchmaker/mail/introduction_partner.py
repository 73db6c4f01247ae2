"""The introduction as the partner reads it: which class, when and where, and how to reach the teacher."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail import introduced, introductions
from matchmaker.mail.letter import Correspondent, Letter, reading_language
from matchmaker.settings import Settings
from models import OutboxItem, Region, Side


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The partner's letter; None when there is no yes to introduce any more."""
    introduction = introduced.open_for(session, item)
    if introduction is None:
        return None
    region = session.get_one(Region, introduction.region_id)
    partner = introduction.partner
    token = introductions.answer_token(settings, introduction, introduction.answer_by or now)
    return introduced.letter(
        session,
        introduction,
        region,
        Correspondent(partner.addressee, partner.email),
        side=Side.PARTNER,
        template="introduction_partner",
        language=reading_language(partner.language, region),
        page=introductions.answer_page(settings, token),
        settings=settings,
        now=now,
    )
