"""What one side of an introduction wrote, brought to the other: their words, and never their address."""

from __future__ import annotations

from datetime import datetime

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from matchmaker.mail import conversations
from matchmaker.mail.letter import Correspondent, Letter, Quotation, from_person, letterhead, reading_language
from matchmaker.queries import conversation
from matchmaker.queries.conversation import Conversation
from matchmaker.settings import Settings
from models import Message, OutboxItem, Side


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter to the side the item names. An answer to one side's words goes through the service; an answer to a
    coordinator's goes to that coordinator alone."""
    message = session.get_one(Message, item.payload["message_id"])
    talk = conversation.by_id(session, message.introduction_id, now)
    if talk is None:
        return None
    reader = Side(item.payload["side"])
    language = reading_language(talk.language_of(reader), talk.region)
    reply_to = _reply_to(settings, talk, message, reader)
    author = _author(talk, message, reader)
    return Letter(
        template="message",
        language=language,
        recipient=conversations.recipient(talk, reader),
        sender=_sender(talk, message, author, language),
        reply_to=reply_to,
        letterhead=letterhead(talk.region, language),
        context={
            "author": author,
            "by": message.side,
            "said": Quotation(talk.introduction.request.title, message.text, message.language),
            "title_language": talk.introduction.request.language,
            "page": conversations.page(settings, talk, reader),
            "answer_by_mail": reply_to.address != talk.region.email,
            "coordinators_read": talk.coordinators_read,
            "agreed": talk.agreed,
        },
    )


def _author(talk: Conversation, message: Message, reader: Side) -> str | None:
    """Whom the reader knows as the author; None for a partner who has not said yes."""
    if message.side is Side.COORDINATOR:
        return message.author.name if message.author else talk.region.short_name
    return talk.names(reader)[message.side]


def _sender(talk: Conversation, message: Message, author: str | None, language: str) -> Correspondent:
    if message.side is Side.COORDINATOR and message.author is not None:
        return from_person(message.author, talk.region)
    network = talk.region.short_name
    with force_locale(language):
        name = (
            gettext("%(name)s via %(network)s", name=author, network=network)
            if author
            else gettext("The person we asked, via %(network)s", network=network)
        )
    return Correspondent(name, talk.region.email)


def _reply_to(settings: Settings, talk: Conversation, message: Message, reader: Side) -> Correspondent:
    if message.side is Side.COORDINATOR and message.author is not None:
        return Correspondent(message.author.name, message.author.email)
    address = conversation.reply_address(settings, talk, reader)
    return Correspondent(talk.region.short_name, address or talk.region.email)
