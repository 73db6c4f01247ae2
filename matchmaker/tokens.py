"""Signed, expiring links for one person and one purpose. Nothing sequential ever stands in a mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from matchmaker.errors import DomainError


class Purpose(StrEnum):
    """What a link is for; a link of one purpose opens nothing else."""

    ANSWER = "answer"
    VISIT = "visit"
    TALK = "talk"
    REFLECT = "reflect"
    CHOICES = "choices"


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


AFTERLIFE = timedelta(days=30)
"""How long after the last offered date a link still shows what became of it."""
