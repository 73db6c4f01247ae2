"""Saying something to the other side of an introduction, without either learning how to reach the other."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries import conversation
from matchmaker.queries.conversation import Conversation
from matchmaker.services import contact_details, letters, student_names
from models import Introduction, Message, Side

LONGEST = 10_000
"""Characters of one message."""
_READERS = {
    Side.TEACHER: (Side.PARTNER,),
    Side.PARTNER: (Side.TEACHER,),
    Side.COORDINATOR: (Side.TEACHER, Side.PARTNER),
}


class NotInvitedYet(Conflict):
    """Nobody has been asked yet, so there is nobody to write to."""


class ConversationOver(Conflict):
    """The introduction has ended; a coordinator carries word from here on."""


class NoWords(Invalid):
    """Nothing to pass on, or more than a message holds."""


class NameInside(Invalid):
    """The words may name a student, or name the partner before their yes; nothing is passed on until the writer has
    answered. ``students`` are the possible names, ``own`` the partner's or None."""


class ContactInside(Invalid):
    """The words hold an address or a number before both have said yes; nothing is passed on. ``found`` are these."""


def say(
    session: Session,
    key: UUID,
    side: Side,
    text: str,
    language: str,
    clock: Clock,
    *,
    form_key: str,
    actor: Actor = NOBODY,
    names_meant: bool = False,
    by_mail: bool = False,
) -> Message:
    """Store what a side says and send the other a letter with it; what a coordinator says goes to both. The same form
    or mail twice gives the first one's message.

    Raises NotFound, NotInvitedYet, ConversationOver, NoWords, ContactInside, or NameInside unless ``names_meant``.
    """
    now, text = clock(), text.strip()
    talk = _locked(session, key, now)
    introduction = talk.introduction
    if earlier := said_before(session, introduction, form_key):
        return earlier
    _require_open(talk)
    if not 1 <= len(text) <= LONGEST:
        raise NoWords(most=LONGEST)
    _check(talk, side, text, names_meant)
    message = Message(
        region_id=introduction.region_id,
        introduction_id=introduction.id,
        side=side,
        author_id=actor.account_id,
        text=text,
        language=language,
        at=now,
        by_mail=by_mail,
        form_key=form_key,
    )
    session.add(message)
    session.flush()
    audit.record(session, actor, audit.Tag.MESSAGE_SAID, message, at=now, side=side.value, by_mail=by_mail)
    for reader in _READERS[side]:
        letters.put(session, "message", introduction, reader, now, n=message.id, message_id=message.id)
    return message


def said_before(session: Session, introduction: Introduction, form_key: str) -> Message | None:
    """The message that this form or mail became."""
    return session.scalar(
        select(Message).where(Message.introduction_id == introduction.id, Message.form_key == form_key)
    )


def _locked(session: Session, key: UUID, now: datetime) -> Conversation:
    """The conversation, its introduction locked: an answer at the same moment comes before or after, and so does the
    same form sent twice."""
    held = select(Introduction).where(Introduction.key == key).with_for_update()
    session.execute(held.execution_options(populate_existing=True))
    talk = conversation.by_key(session, key, now)
    if talk is None:
        raise NotFound
    return talk


def _require_open(talk: Conversation) -> None:
    if not talk.begun:
        raise NotInvitedYet
    if not talk.open:
        raise ConversationOver


def _check(talk: Conversation, side: Side, text: str, names_meant: bool) -> None:
    if not talk.agreed and (found := _contacts(talk, side, text)):
        raise ContactInside(found=found)
    if names_meant:
        return
    students = student_names.possible(text)
    own = None if talk.agreed or side is Side.TEACHER else _own_name(talk, text)
    if students or own:
        raise NameInside(students=students, own=own)


def _contacts(talk: Conversation, side: Side, text: str) -> list[str]:
    """What in the words would reach somebody. A coordinator may give out the network's, never one of the two sides'."""
    region, partner, teacher = talk.region, talk.introduction.partner, talk.introduction.request.teacher
    if side is not Side.COORDINATOR:
        return contact_details.in_text(text, (region.phone, region.email))
    theirs = (partner.email, partner.phone, teacher.account.email, teacher.phone)
    return contact_details.in_text(text) if contact_details.holds(text, theirs) else []


def _own_name(talk: Conversation, text: str) -> str | None:
    """The partner's full name where it stands in words that the teacher will read."""
    partner = talk.introduction.partner
    names = (name for name in (partner.contact_name, partner.name) if name)
    return next((name for name in names if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)), None)
