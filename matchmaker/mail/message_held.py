"""Word to somebody whose answer by mail was not passed on, or not all of it: why, and where to send it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail import conversations
from matchmaker.mail.letter import Correspondent, Letter, from_network, letterhead, reading_language
from matchmaker.queries import conversation
from matchmaker.settings import Settings
from models import OutboxItem, Side


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter to the sender. It repeats none of the words: they were not kept."""
    talk = conversation.by_id(session, item.payload["introduction_id"], now)
    if talk is None:
        return None
    side = Side(item.payload["side"])
    language = reading_language(talk.language_of(side), talk.region)
    return Letter(
        template="message_held",
        language=language,
        recipient=conversations.recipient(talk, side),
        sender=from_network(talk.region, language),
        reply_to=Correspondent(talk.region.short_name, talk.region.email),
        letterhead=letterhead(talk.region, language),
        context={
            "why": item.payload["why"],
            "title": talk.introduction.request.title,
            "title_language": talk.introduction.request.language,
            "page": conversations.page(settings, talk, side),
        },
        automatic=True,
    )
