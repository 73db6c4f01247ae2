"""What programs were answered once, under the key they sent along: the same call again is given the same answer.

The answer is stored by the transaction that did what was asked, so that either both are there or neither.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matchmaker.errors import Invalid
from matchmaker.services import followups
from models import ApiReply, ApiToken, OutboxItem

KEPT = timedelta(hours=24)
EXPIRE = "api_replies_expire"
"""The follow-up that forgets the answers of an hour."""


class KeyUsed(Invalid):
    """The key was sent along with another call before."""


def given(session: Session, token: ApiToken, key: str, digest: str, now: datetime) -> ApiReply | None:
    """What the call was answered before, if it was. Another call with the same key waits here until this one is over.

    ``digest`` is SHA-256 of the call, in hexadecimal. Raises KeyUsed where it differs.
    """
    session.execute(select(func.pg_advisory_xact_lock(token.id, func.hashtext(key))))
    reply = session.scalar(select(ApiReply).where(ApiReply.token_id == token.id, ApiReply.key == key))
    if reply is None:
        return None
    if reply.created_at <= now - KEPT:
        session.delete(reply)
        session.flush()
        return None
    if reply.digest != digest:
        raise KeyUsed
    return reply


def keep(
    session: Session, token: ApiToken, key: str, digest: str, now: datetime, *, status: int, location: str | None,
    body: Any,
) -> None:  # fmt: skip
    """Keep an answer for a day. The caller has asked ``given`` first, in this transaction."""
    reply = ApiReply(
        region_id=token.region_id, token_id=token.id, key=key, digest=digest, status=status, location=location,
        body=body, created_at=now,
    )  # fmt: skip
    session.add(reply)
    # One for all answers of an hour in a region.
    hour = now.replace(minute=0, second=0, microsecond=0)
    due_at = hour + timedelta(hours=1) + KEPT
    followups.put(session, EXPIRE, f"{token.region_id}:{hour:%Y%m%d%H}", due_at, token.region_id)
    session.flush()


def expire(session: Session, item: OutboxItem, now: datetime) -> None:
    """Follow-up: forget what was kept for a day."""
    old = (ApiReply.region_id == item.region_id, ApiReply.created_at <= now - KEPT)
    session.execute(delete(ApiReply).where(*old))
