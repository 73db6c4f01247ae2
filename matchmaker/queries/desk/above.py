"""What stands above the desk: work for people, and whether mails leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.queries import health
from models import Task


@dataclass(frozen=True)
class Bar:
    """What stands above the desk: open tasks of the region, those overdue, those of the request shown, and since when
    no mail leaves (None while all is well)."""

    open: int
    overdue: int
    tasks: tuple[Task, ...]
    silent_since: datetime | None


def bar(session: Session, region_id: int, request_id: int | None, today: date, now: datetime) -> Bar:
    """The bar, in one query."""
    undone = select(func.count(Task.id)).where(Task.region_id == region_id, Task.done_at.is_(None))
    rows = session.execute(
        select(
            Task,
            undone.scalar_subquery().label("undone"),
            undone.where(Task.due_on < today).scalar_subquery().label("overdue"),
            health.last_sign().label("last_sign"),
        )
        .select_from(select(literal(1)).subquery())
        .outerjoin(Task, (Task.request_id == request_id) & Task.done_at.is_(None))
        .options(joinedload(Task.owner), joinedload(Task.partner))
        .order_by(Task.due_on, Task.id)
    ).all()
    first = rows[0]
    return Bar(
        first.undone,
        first.overdue,
        tuple(row.Task for row in rows if row.Task is not None),
        health.silent_since(first.last_sign, now),
    )
