"""What a collector of figures reads of the whole installation: counts by code, and nobody's data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Date, cast, func, select
from sqlalchemy.orm import Session

from models import Introduction, OutboxItem, QueueName, Region, Task


def mails(session: Session) -> Sequence[tuple[str, int, int, int]]:
    """Of each kind of mail: how many have left, came back, and are put aside."""
    kept = OutboxItem.failed_at.is_not(None)
    left = OutboxItem.recipient.is_not(None) & OutboxItem.done_at.is_not(None)
    query = (
        select(
            OutboxItem.kind,
            func.count().filter(left),
            func.count().filter(left, OutboxItem.bounces > 0),
            func.count().filter(kept),
        )
        .where(OutboxItem.queue == QueueName.MAIL, left | kept)
        .group_by(OutboxItem.kind)
        .order_by(OutboxItem.kind)
    )
    return session.execute(query).all()


def introductions(session: Session) -> Sequence[tuple[str, str, int]]:
    """How many introductions of each region are in each state."""
    query = (
        select(Region.slug, Introduction.state, func.count())
        .join(Region, Region.id == Introduction.region_id)
        .group_by(Region.slug, Introduction.state)
        .order_by(Region.slug, Introduction.state)
    )
    return [(slug, state.value, count) for slug, state, count in session.execute(query)]


def tasks(session: Session, now: datetime) -> Sequence[tuple[str, int, int]]:
    """Of each region: how many tasks are open, and how many of them are past their day there."""
    today = cast(func.timezone(Region.time_zone, now), Date)
    query = (
        select(Region.slug, func.count(Task.id), func.count(Task.id).filter(Task.due_on < today))
        .outerjoin(Task, (Task.region_id == Region.id) & Task.done_at.is_(None))
        .group_by(Region.slug)
        .order_by(Region.slug)
    )
    return session.execute(query).all()
