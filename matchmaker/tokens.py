"""Signed, expiring links for one person and one purpose. Nothing sequential ever stands in a mail."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from matchmaker.errors import DomainError
from models import Account, Partner, Side


class Purpose(StrEnum):
    """What a link is for; a link of one purpose opens nothing else."""

    ANSWER = "answer"
    TIMES = "times"
    VISIT = "visit"
    TALK = "talk"
    REFLECT = "reflect"
    CHOICES = "choices"
    JOIN = "join"
    SIGN_IN = "sign-in"


class BadLink(DomainError):
    """The link was changed, cut off, or made for something else."""

    status = 404


class ExpiredLink(DomainError):
    """The link was good once. ``introduction`` is the key it was for, so that the page can say what became of it."""

    status = 410


@dataclass(frozen=True)
class Link:
    """What a token says: one introduction, for whom, until when."""

    introduction: UUID
    recipient: str
    expires_at: datetime


def issue(secret: str, purpose: Purpose, introduction: UUID, recipient: str, expires_at: datetime) -> str:
    """A token for one recipient (``partner:7``) and one purpose."""
    body = [introduction.hex, recipient, int(expires_at.timestamp())]
    return _serializer(secret, purpose).dumps(body)


def read(secret: str, purpose: Purpose, token: str, now: datetime) -> Link:
    """What a token says. Raises BadLink for anything not issued for this purpose, ExpiredLink when it is too late."""
    try:
        key, recipient, expires = _serializer(secret, purpose).loads(token)
        link = Link(UUID(hex=key), str(recipient), datetime.fromtimestamp(expires, UTC))
    except (BadData, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadLink from error
    if now >= link.expires_at:
        raise ExpiredLink(introduction=link.introduction, recipient=link.recipient)
    return link


def _serializer(secret: str, purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"matchmaker.link.{purpose}")


SIGN_IN_LASTS = timedelta(minutes=30)
"""How long a link signs in, from when its mail was written."""


def who_signs_in(holder: Account | Partner) -> str:
    """Whom a link to sign in is for, as it stands in its token: an account with how many of its links were used before,
    a profile with its address, so that a wrong one that was corrected opens nothing any more."""
    if isinstance(holder, Account):
        return f"account:{holder.id}:{holder.links_used}"
    return f"partner:{holder.id}:{holder.email.strip().lower()}"


AFTERLIFE = timedelta(days=30)
"""How long after the last offered date a link still shows what became of it."""


_REPLY_SIDES = {Side.TEACHER: b"t", Side.PARTNER: b"p"}
_KEY, _MAC = 16, 13
"""Bytes of an introduction's key and of what proves it ours: with the side's one, 48 letters of base32."""


def reply_code(secret: str, introduction: UUID, side: Side) -> str:
    """The part of a mail address by which one side answers: short enough for a local part, in letters whose case does
    not matter, without an end of its own (the conversation has one)."""
    said = introduction.bytes + _REPLY_SIDES[side]
    return base64.b32encode(said + _proof(secret, said)).decode().lower()


def read_reply_code(secret: str, code: str) -> tuple[UUID, Side]:
    """Which introduction an answer is about, and whose it is. Raises BadLink for anything we did not make."""
    try:
        given = base64.b32decode(code.strip().upper())
    except ValueError as error:
        raise BadLink from error
    said, proof = given[: _KEY + 1], given[_KEY + 1 :]
    side = next((side for side, letter in _REPLY_SIDES.items() if letter == said[_KEY:]), None)
    if not hmac.compare_digest(proof, _proof(secret, said)) or side is None:
        raise BadLink
    return UUID(bytes=said[:_KEY]), side


def _proof(secret: str, said: bytes) -> bytes:
    return hmac.digest(f"matchmaker.reply.{secret}".encode(), said, "sha256")[:_MAC]
