"""Answers by mail to what the other side said: taken in, or kept back with word to the sender why."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from email.message import EmailMessage
from enum import StrEnum

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import audit, tokens
from matchmaker.i18n import LANGUAGES
from matchmaker.policies import NOBODY
from matchmaker.queries import conversation as conversations
from matchmaker.queries.conversation import Conversation
from matchmaker.services import conversation, letters, mailed_words
from matchmaker.settings import Settings
from models import Message, Side

log = structlog.get_logger()

MOST_AN_HOUR = 20
"""Mails of one side that are passed on within an hour: two programs that answer each other end here."""


class Taken(StrEnum):
    """What became of a mail."""

    PASSED_ON = "passed_on"
    HELD = "held"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


class Held(StrEnum):
    """Why words, or what came with them, were not passed on. The sender is told in a letter."""

    CONTACTS = "contacts"
    NAMES = "names"
    OWN_NAME = "own_name"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    OVER = "over"
    FILES = "files"


def receive(session: Session, settings: Settings, code: str, message: EmailMessage, now: datetime) -> Taken:
    """Take in an answer by mail, addressed by a code of ours: its own words go to the other side, or its sender hears
    why not. The same mail twice is one. The caller commits."""
    talk, side = _addressed(session, settings, code, now)
    if talk is None or side is None:
        log.warning("reply_unknown")
        return Taken.UNKNOWN
    if mailed_words.automatic(message) or _too_many(session, talk, side, now):
        log.info("reply_ignored", introduction=talk.introduction.id, side=side.value)
        return Taken.IGNORED
    key = _key(message)
    if conversation.said_before(session, talk.introduction, key):
        return Taken.PASSED_ON
    held = _say(session, talk, side, message, key, now)
    passed_on = held is None
    if passed_on and mailed_words.attachments(message):
        held = Held.FILES
    if held is not None:
        _tell(session, talk, side, key, held, now)
    return Taken.PASSED_ON if passed_on else Taken.HELD


def _addressed(
    session: Session, settings: Settings, code: str, now: datetime
) -> tuple[Conversation | None, Side | None]:
    try:
        key, side = tokens.read_reply_code(settings.secret_key, code)
    except tokens.BadLink:
        return None, None
    return conversations.by_key(session, key, now), side


def _say(
    session: Session, talk: Conversation, side: Side, message: EmailMessage, key: str, now: datetime
) -> Held | None:
    """Pass the words on, or say why not."""
    words, language = mailed_words.own_words(message), _language(message, talk, side)
    try:
        conversation.say(
            session,
            talk.introduction.key,
            side,
            words,
            language,
            lambda: now,
            form_key=key,
            by_mail=True,
        )
    except conversation.ContactInside:
        return Held.CONTACTS
    except conversation.NameInside as named:
        return Held.NAMES if named.facts["students"] else Held.OWN_NAME
    except conversation.NoWords:
        return Held.TOO_LONG if words else Held.EMPTY
    except (conversation.ConversationOver, conversation.NotInvitedYet):
        return Held.OVER
    return None


def _tell(session: Session, talk: Conversation, side: Side, key: str, why: Held, now: datetime) -> None:
    """Leave the sender a letter. The words themselves are kept nowhere: they may hold what must not be stored."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:6])
    letters.put(session, "message_held", talk.introduction, side, now, n=number, why=why.value)
    audit.record(session, NOBODY, audit.Tag.MESSAGE_HELD, talk.introduction, at=now, side=side.value, why=why.value)


def _key(message: EmailMessage) -> str:
    """What a mail is known by: its Message-ID, or a mark of its content where it has none."""
    given = str(message.get("Message-ID", "")).strip()
    return given[:255] if given else hashlib.sha256(message.as_bytes()).hexdigest()


def _too_many(session: Session, talk: Conversation, side: Side, now: datetime) -> bool:
    recent = select(func.count()).where(
        Message.introduction_id == talk.introduction.id,
        Message.side == side,
        Message.by_mail,
        Message.at > now - timedelta(hours=1),
    )
    return (session.scalar(recent) or 0) >= MOST_AN_HOUR


def _language(message: EmailMessage, talk: Conversation, side: Side) -> str:
    """The language the mail says it is in, else the one its sender reads."""
    said = str(message.get("Content-Language", "")).strip().lower()[:2]
    return said if said in LANGUAGES else talk.language_of(side)
