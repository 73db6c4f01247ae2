"""The introduction as the teacher reads it: who said yes, when, and how to reach them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail import introduced
from matchmaker.mail.letter import Correspondent, Letter, reading_language
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import OutboxItem, Region, Side


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The teacher's letter; None when there is no yes to introduce any more."""
    introduction = introduced.open_for(session, item)
    if introduction is None:
        return None
    region = session.get_one(Region, introduction.region_id)
    account = introduction.request.teacher.account
    return introduced.letter(
        session,
        introduction,
        region,
        Correspondent(account.name, account.email),
        side=Side.TEACHER,
        template="introduction_teacher",
        language=reading_language(account.language, region),
        page=link(settings, "requests.show", request_id=introduction.request_id),
        settings=settings,
        now=now,
    )
