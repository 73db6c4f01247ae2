"""Signs of life of the processes beside the web, for the page that says what works and for a collector."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import Heartbeat

CLOCK = "clock"
"""The clock has no database; whoever does what it asked for gives its sign of life."""
EVERY = timedelta(seconds=10)


class Heart:
    """One process's signs of life: each name is written at most once in ``EVERY``, however often it beats."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self._written: dict[str, datetime] = {}

    def beat(self, session: Session, names: tuple[str, ...], now: datetime) -> None:
        """Say that these live, in a transaction of its own: the session must have nothing unwritten."""
        due = [name for name in names if not self._lately(name, now)]
        if not due:
            return
        rows = insert(Heartbeat).values([{"name": name, "at": now, "holder": self.holder} for name in due])
        newer = or_(Heartbeat.at < rows.excluded.at, Heartbeat.holder == rows.excluded.holder)
        session.execute(
            rows.on_conflict_do_update(
                index_elements=["name"], set_={"at": rows.excluded.at, "holder": rows.excluded.holder}, where=newer
            )
        )
        session.commit()
        self._written.update(dict.fromkeys(due, now))

    def _lately(self, name: str, now: datetime) -> bool:
        last = self._written.get(name)
        return last is not None and timedelta() <= now - last < EVERY
