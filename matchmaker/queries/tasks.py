"""What waits for a person: the open tasks of a region, and whom they can be handed to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from models import Account, LearningRequest, Membership, Role, Task, Teacher

STAFF = (Role.COORDINATOR, Role.ADMIN)


def open_tasks(region_id: int, owner_id: int | None = None) -> Select[Task]:
    """Open tasks, of everybody or of one owner, the soonest due first."""
    query = (
        select(Task)
        .where(Task.region_id == region_id, Task.done_at.is_(None))
        .options(
            joinedload(Task.owner),
            joinedload(Task.partner),
            joinedload(Task.request).joinedload(LearningRequest.teacher).joinedload(Teacher.account),
        )
        .order_by(Task.due_on, Task.id)
    )
    return query if owner_id is None else query.where(Task.owner_id == owner_id)


def counts(session: Session, region_id: int, owner_id: int | None) -> tuple[int, int]:
    """How many open tasks one owner has, and how many everybody has."""
    row = session.execute(
        select(func.count(Task.id).filter(Task.owner_id == owner_id), func.count(Task.id)).where(
            Task.region_id == region_id, Task.done_at.is_(None)
        )
    ).one()
    return row[0], row[1]


def staff(session: Session, region_id: int, now: datetime) -> list[Account]:
    """Everybody a task can be given to, by name."""
    memberships = session.scalars(
        select(Membership)
        .where(Membership.region_id == region_id, Membership.role.in_(STAFF))
        .options(joinedload(Membership.account))
    )
    people = {each.account_id: each.account for each in memberships if each.counts(now)}
    return sorted(people.values(), key=lambda account: (account.name, account.id))
