"""Follow-ups: what the service does by itself when nobody else does anything. Each is a row that falls due.

A follow-up looks at how things stand when it falls due, and does nothing where its cause has gone: it is never taken
back, only overtaken. `matchmaker.jobs.FOLLOW_UPS` says which verb each kind is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker import outbox
from models import QueueName


def put(session: Session, kind: str, key: str, due_at: datetime, region_id: int, **payload: Any) -> None:
    """Leave something to look at, once. ``key`` tells one occasion from another: the same twice is one."""
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"{kind}:{key}",
        kind=kind,
        due_at=due_at,
        region_id=region_id,
        payload=payload,
    )
