"""How the work behind the pages stands: what waits in the outbox, what was put aside, which process is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Integer, Select, and_, case, cast, func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import Heartbeat, Introduction, OutboxItem, Plan, PlanState, QueueName, Suppression

SILENT_AFTER = timedelta(minutes=2)
"""A process that gave no sign of life for so long is taken to be down."""
MANY_TRIES = 3
"""An item that failed so often is shown, though it is tried again by itself."""
DAY = timedelta(days=1)

_OPEN = and_(OutboxItem.done_at.is_(None), OutboxItem.failed_at.is_(None))


class Database(StrEnum):
    """Whether the database answers, with the schema that this code needs."""

    OK = "ok"
    UNMIGRATED = "unmigrated"
    AWAY = "away"


def database(session: Session, heads: AbstractSet[str], known: AbstractSet[str]) -> Database:
    """How the database stands; ``heads`` are the newest revisions of this code, ``known`` all of them.

    A revision that is not known here is a newer one's, left by the release that is replacing this process.
    """
    try:
        revisions = set(session.scalars(text("SELECT version_num FROM alembic_version")))
    except SQLAlchemyError:
        session.rollback()
        return Database.UNMIGRATED if _answers(session) else Database.AWAY
    return Database.OK if revisions and (revisions >= heads or not revisions & known) else Database.UNMIGRATED


def _answers(session: Session) -> bool:
    try:
        return session.scalar(text("SELECT 1")) == 1
    except SQLAlchemyError:
        return False


@dataclass(frozen=True)
class Backlog:
    """One queue's outbox. ``late`` items are due and undone, the first of them since ``oldest``; ``failing`` have
    failed before and are tried again; ``done`` and ``came_back`` (mails only) are of the last 24 hours."""

    queue: QueueName
    waiting: int = 0
    late: int = 0
    oldest: datetime | None = None
    failing: int = 0
    put_aside: int = 0
    done: int = 0
    came_back: int = 0


def backlogs(session: Session, now: datetime, region_id: int | None = None) -> list[Backlog]:
    """The outbox of each queue, of a region or of all, in one query."""
    late = and_(_OPEN, OutboxItem.due_at <= now)
    counted = (
        func.count().filter(_OPEN),
        func.count().filter(late),
        func.min(OutboxItem.due_at).filter(late),
        func.count().filter(_OPEN, OutboxItem.attempts > 0),
        func.count().filter(OutboxItem.failed_at.is_not(None)),
        func.count().filter(OutboxItem.done_at.is_not(None)),
        func.count().filter(OutboxItem.done_at.is_not(None), OutboxItem.bounces > 0),
    )
    recent = or_(OutboxItem.done_at.is_(None), OutboxItem.done_at > now - DAY)
    query = select(OutboxItem.queue, *counted).where(recent).group_by(OutboxItem.queue)
    if region_id is not None:
        query = query.where(OutboxItem.region_id == region_id)
    found = {row[0]: Backlog(*row) for row in session.execute(query)}
    return [found.get(name, Backlog(name)) for name in QueueName]


def heartbeats(session: Session) -> Mapping[str, datetime]:
    """The last sign of life by name: of each queue's worker, and of the clock. A planner at work says so in its run."""
    planning = select(func.max(Plan.heartbeat_at)).where(Plan.state == PlanState.RUNNING).scalar_subquery()
    at = case((Heartbeat.name == QueueName.PLANNING.value, func.greatest(Heartbeat.at, planning)), else_=Heartbeat.at)
    return dict(session.execute(select(Heartbeat.name, at)).all())


def last_sign() -> ColumnElement[datetime | None]:
    """The mailer's last sign of life, or, where it never gave one, when the oldest mail should have left."""
    heart = select(Heartbeat.at).where(Heartbeat.name == QueueName.MAIL.value).scalar_subquery()
    waiting = select(func.min(OutboxItem.due_at)).where(OutboxItem.queue == QueueName.MAIL, _OPEN).scalar_subquery()
    return func.coalesce(heart, waiting)


def silent_since(sign: datetime | None, now: datetime) -> datetime | None:
    """A last sign of life that is too long ago."""
    return sign if sign is not None and now - sign > SILENT_AFTER else None


def stuck(region_id: int | None) -> Select[OutboxItem]:
    """What does not get done: put aside for a person first, then what has failed again and again. Of a region, or
    (None) of no region."""
    failing = and_(_OPEN, OutboxItem.attempts >= MANY_TRIES)
    return (
        select(OutboxItem)
        .where(
            OutboxItem.region_id == region_id if region_id is not None else OutboxItem.region_id.is_(None),
            or_(OutboxItem.failed_at.is_not(None), failing),
        )
        .order_by(OutboxItem.failed_at.is_(None), OutboxItem.failed_at.desc(), OutboxItem.id.desc())
    )


_introduction_named = cast(OutboxItem.payload["introduction_id"].astext, Integer)


def requests_of(session: Session, items: Sequence[OutboxItem]) -> Mapping[int, int]:
    """The learning request that an item is about, by the item's id; items about none are left out."""
    query = (
        select(OutboxItem.id, Introduction.request_id)
        .join(Introduction, (Introduction.id == _introduction_named) & (Introduction.region_id == OutboxItem.region_id))
        .where(OutboxItem.id.in_([item.id for item in items]))
    )
    return dict(session.execute(query).all()) if items else {}


def suppressed(region_id: int) -> Select[Suppression]:
    """Addresses that the region leaves alone, newest first."""
    return select(Suppression).where(Suppression.region_id == region_id).order_by(Suppression.id.desc())
