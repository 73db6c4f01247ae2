"""Leaving word for the mailer about one introduction: which letter, to which side."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker import outbox
from models import Introduction, QueueName, Side


def put(
    session: Session,
    kind: str,
    introduction: Introduction,
    side: Side,
    now: datetime,
    *,
    n: int = 0,
    due_at: datetime | None = None,
    **payload: Any,
) -> None:
    """Leave one letter to one side. ``n`` tells apart letters of a kind that may go to somebody more than once."""
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=key(kind, introduction, side, n),
        kind=kind,
        due_at=due_at or now,
        region_id=introduction.region_id,
        payload={"introduction_id": introduction.id, "side": side.value, **payload},
    )


def key(kind: str, introduction: Introduction, side: Side, n: int = 0) -> str:
    """What the outbox knows a letter by."""
    return f"{kind}:{introduction.key}:{side}:{n}"


def put_both(session: Session, kind: str, introduction: Introduction, now: datetime, **more: Any) -> None:
    """The same letter to the teacher and to the partner."""
    for side in (Side.TEACHER, Side.PARTNER):
        put(session, kind, introduction, side, now, **more)
