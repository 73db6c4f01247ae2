"""The outbox: what must still be done, written in the transaction that asks for it and finished in another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from matchmaker import queue
from models import OutboxItem, QueueName

LONGEST_WAIT = timedelta(minutes=15)
_NUDGES = "outbox.nudges"

# Said once: they run for every item.
_PUT = insert(cast("Table", OutboxItem.__table__)).on_conflict_do_nothing(index_elements=["key"])
_NEXT = (
    select(OutboxItem)
    .where(
        OutboxItem.queue == bindparam("name"),
        OutboxItem.done_at.is_(None),
        OutboxItem.failed_at.is_(None),
        OutboxItem.due_at <= bindparam("now"),
    )
    .order_by(OutboxItem.due_at, OutboxItem.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


def put(
    session: Session,
    *,
    name: QueueName,
    key: str,
    kind: str,
    due_at: datetime,
    region_id: int | None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Leave something to do. The same key a second time changes nothing."""
    item = {"queue": name, "key": key, "kind": kind, "due_at": due_at, "region_id": region_id, "payload": payload or {}}
    session.execute(_PUT, item)
    session.info.setdefault(_NUDGES, set()).add(name)


def commit(session: Session, *, draining: QueueName | None = None) -> None:
    """Commit, then nudge the queues that the transaction left something for; the one that the caller drains anyway
    needs none."""
    session.commit()
    for name in session.info.pop(_NUDGES, set()) - {draining}:
        queue.nudge(name)


def claim(session: Session, name: QueueName, now: datetime) -> OutboxItem | None:
    """The next due item of a queue, locked for this transaction; None when nothing is due or all of it is in hand.

    The lock goes with the connection, so an item whose worker is killed is free again at once.
    """
    return session.scalar(_NEXT, {"name": name, "now": now})


def take(session: Session, key: str) -> OutboxItem | None:
    """One unfinished item, locked for this transaction; None when it is finished or in somebody's hands."""
    return session.scalar(
        select(OutboxItem)
        .where(OutboxItem.key == key, OutboxItem.done_at.is_(None), OutboxItem.failed_at.is_(None))
        .with_for_update(skip_locked=True)
    )


def record_failure(session: Session, item_id: int, error: Exception, now: datetime, *, final: bool) -> None:
    """Note a failed try: later again with growing patience, or put aside for a person when trying again is useless."""
    item = session.get_one(OutboxItem, item_id, with_for_update=True, populate_existing=True)
    if item.done_at is not None or item.failed_at is not None:
        # Another worker took it up since, and finished it or put it aside.
        return
    item.attempts += 1
    item.last_error = f"{type(error).__name__}: {error}"[:500]
    if final:
        item.failed_at = now
    else:
        item.due_at = now + min(timedelta(seconds=2 ** min(item.attempts, 10)), LONGEST_WAIT)


def retry(session: Session, item: OutboxItem, now: datetime) -> None:
    """Put an item that failed, or a mail that came back, in line again, now and with all its tries before it.

    The caller holds its lock.
    """
    item.done_at, item.failed_at, item.attempts, item.due_at = None, None, 0, now
    session.info.setdefault(_NUDGES, set()).add(item.queue)
