"""What the two sides of an introduction write to each other through the service, and who may see what of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker import tokens
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, LearningRequest, Message, Region, Side, Teacher, Visit

_I = IntroductionState
AGREED = frozenset({_I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED, _I.MET, _I.NOT_HELD, _I.REFLECTED, _I.CANCELLED})
"""States in which both sides have said yes at some time, so that each knows the other."""
_LIVE = frozenset({_I.INVITED, _I.OTHER_TIMES, _I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED})
_AFTER = frozenset({_I.MET, _I.NOT_HELD, _I.REFLECTED})
_BEFORE = frozenset({_I.APPROVED, _I.UNDONE})
REPLY_PREFIX = "talk+"
"""How the local part of an address begins that takes answers by mail."""
STAYS_OPEN = timedelta(days=30)
"""How long after a visit its two sides can still write to each other."""


@dataclass(frozen=True)
class Conversation:
    """The conversation of one introduction at one moment."""

    region: Region
    introduction: Introduction
    visit: Visit | None
    now: datetime

    @property
    def region_id(self) -> int:
        """The region it belongs to."""
        return self.region.id

    @property
    def teacher_account_id(self) -> int:
        """Whose the teacher's side is."""
        return self.introduction.request.teacher.account_id

    @property
    def partner_account_id(self) -> int | None:
        """Whose the partner's side is; None for a partner who has no account."""
        return self.introduction.partner.account_id

    @property
    def coordinators_read(self) -> bool:
        """Whether the region lets its coordinators read it."""
        return self.region.conversations_read

    @property
    def agreed(self) -> bool:
        """Whether both have said yes: before that the teacher does not know who was asked."""
        return self.introduction.state in AGREED

    @property
    def begun(self) -> bool:
        """Whether the invitation has left."""
        return self.introduction.state not in _BEFORE

    @property
    def open(self) -> bool:
        """Whether either side can write: from the invitation until some weeks after the visit."""
        state = self.introduction.state
        if state not in _LIVE | _AFTER:
            return False
        end = self.visit or self.introduction.window
        if end is not None and state in _AFTER | {_I.SCHEDULED}:
            return self.now < end.ends_at + STAYS_OPEN
        return state in _LIVE

    def names(self, reader: Side) -> dict[Side, str | None]:
        """What the two sides are called before a reader; None where that is not said yet."""
        partner = self.introduction.partner.addressee
        shown = self.agreed or reader != Side.TEACHER
        return {Side.TEACHER: self.introduction.request.teacher.name, Side.PARTNER: partner if shown else None}

    def language_of(self, side: Side) -> str:
        """The language that a side reads."""
        if side is Side.PARTNER:
            return self.introduction.partner.language
        return self.introduction.request.teacher.account.language

    def recipient(self, side: Side) -> str:
        """How a link names a side."""
        if side is Side.PARTNER:
            return f"partner:{self.introduction.partner_id}"
        return f"teacher:{self.introduction.request.teacher_id}"


def by_key(session: Session, key: UUID, now: datetime) -> Conversation | None:
    """The conversation of the introduction with this key."""
    return _one(session, _conversations().where(Introduction.key == key), now)


def by_id(session: Session, introduction_id: int, now: datetime) -> Conversation | None:
    """The conversation of the introduction with this id."""
    return _one(session, _conversations().where(Introduction.id == introduction_id), now)


def of_request(session: Session, request_id: int, now: datetime) -> list[Conversation]:
    """The conversations of a request in which something can be said now, in the order people were asked."""
    rows = session.execute(
        _conversations()
        .where(Introduction.request_id == request_id, Introduction.state.in_(_LIVE | _AFTER))
        .order_by(Introduction.id)
    )
    found = (Conversation(region, introduction, visit, now) for introduction, region, visit in rows)
    return [conversation for conversation in found if conversation.open]


def said(session: Session, conversation: Conversation, *, only_by_network: bool = False) -> Sequence[Message]:
    """The messages with their authors, oldest first; only what the network's people wrote where no more may be read."""
    query = select(Message).where(Message.introduction_id == conversation.introduction.id)
    if only_by_network:
        query = query.where(Message.side == Side.COORDINATOR)
    return session.scalars(query.options(joinedload(Message.author)).order_by(Message.at, Message.id)).all()


def token(secret: str, conversation: Conversation, side: Side) -> str:
    """A link's token for one side. It opens the page for as long as anything can be said, and a month longer."""
    introduction, visit = conversation.introduction, conversation.visit
    ends = [conversation.now, *(window.ends_at for window in introduction.request.windows)]
    ends += [end for end in (introduction.answer_by, visit.ends_at if visit else None) if end is not None]
    until = max(ends) + STAYS_OPEN + tokens.AFTERLIFE
    return tokens.issue(secret, tokens.Purpose.TALK, introduction.key, conversation.recipient(side), until)


def reply_address(settings: Settings, conversation: Conversation, side: Side) -> str | None:
    """Where an answer by mail of one side goes; None where this installation takes no mail."""
    if not settings.reply_domain:
        return None
    code = tokens.reply_code(settings.secret_key, conversation.introduction.key, side)
    return f"{REPLY_PREFIX}{code}@{settings.reply_domain}"


def _conversations() -> Select[Introduction, Region, Visit]:
    return (
        select(Introduction, Region, Visit)
        .join(Region, Region.id == Introduction.region_id)
        .outerjoin(Visit, Visit.introduction_id == Introduction.id)
        .options(
            joinedload(Introduction.partner),
            joinedload(Introduction.window),
            joinedload(Introduction.request).options(
                joinedload(LearningRequest.teacher).joinedload(Teacher.account),
                selectinload(LearningRequest.windows),
            ),
        )
    )


def _one(session: Session, query: Select[Introduction, Region, Visit], now: datetime) -> Conversation | None:
    row = session.execute(query).one_or_none()
    return Conversation(row[1], row[0], row[2], now) if row is not None else None
