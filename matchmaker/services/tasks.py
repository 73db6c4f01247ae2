"""Tasks: what a named coordinator has to do by a day, because the service alone cannot go on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries.school_days import SchoolDays
from models import Account, Introduction, LearningRequest, Membership, Partner, Region, Role, Task, TaskKind


class NobodyToAsk(NotFound):
    """The region has no coordinator and no admin."""


def open_task(
    session: Session,
    kind: TaskKind,
    key: str,
    region: Region,
    *,
    now: datetime,
    request: LearningRequest | None = None,
    introduction: Introduction | None = None,
    partner: Partner | None = None,
    **detail: Any,
) -> Task:
    """Give somebody something to do. ``key`` names the occasion: while its task is open, asking again gives that one.

    Raises NobodyToAsk where the region has nobody who could.
    """
    # The region's row is locked, so that two occasions at once are one after the other.
    session.get_one(Region, region.id, with_for_update={"key_share": True}, populate_existing=True)
    known = _open(session, region.id, key)
    if known is not None:
        return known
    task = Task(
        region_id=region.id,
        key=key,
        kind=kind,
        owner_id=_owner(session, region.id, request, introduction, now),
        request_id=request.id if request else introduction.request_id if introduction else None,
        introduction_id=introduction.id if introduction else None,
        partner_id=partner.id if partner else introduction.partner_id if introduction else None,
        due_on=_due(session, region, now),
        opened_at=now,
        detail=detail,
    )
    session.add(task)
    session.flush()
    audit.record(session, NOBODY, audit.Tag.TASK_OPENED, task, at=now, kind=kind.value)
    return task


def close(session: Session, actor: Actor, task_id: int, clock: Clock) -> Task:
    """Mark a task as done. Again changes nothing."""
    now = clock()
    task = session.get_one(Task, task_id, with_for_update=True, populate_existing=True)
    if task.done_at is None:
        task.done_at, task.done_by_id = now, actor.account_id
        audit.record(session, actor, audit.Tag.TASK_DONE, task, at=now)
        session.flush()
    return task


def hand_over(session: Session, actor: Actor, task_id: int, owner: Account, clock: Clock) -> Task:
    """Give an open task to a colleague. Raises NobodyToAsk for somebody who is no coordinator of the region."""
    now = clock()
    task = session.get_one(Task, task_id, with_for_update=True, populate_existing=True)
    if owner.id not in _staff(session, task.region_id, now):
        raise NobodyToAsk
    if task.done_at is None and task.owner_id != owner.id:
        task.owner_id = owner.id
        audit.record(session, actor, audit.Tag.TASK_HANDED_OVER, task, at=now, owner=owner.id)
        session.flush()
    return task


def settle(session: Session, region_id: int, key: str, now: datetime) -> None:
    """Close a task whose cause went away by itself."""
    task = _open(session, region_id, key)
    if task is not None:
        task.done_at = now
        audit.record(session, NOBODY, audit.Tag.TASK_DONE, task, at=now)


def _open(session: Session, region_id: int, key: str) -> Task | None:
    return session.scalar(select(Task).where(Task.region_id == region_id, Task.key == key, Task.done_at.is_(None)))


def _due(session: Session, region: Region, now: datetime) -> Any:
    days = SchoolDays.of(session, region)
    return days.after(days.today(now), region.task_days)


def _owner(
    session: Session, region_id: int, request: LearningRequest | None, introduction: Introduction | None, now: datetime
) -> int:
    """Who looks after the request, else who approved, while still there; else who has the fewest open tasks."""
    staff = _staff(session, region_id, now)
    if not staff:
        raise NobodyToAsk
    about = request or (introduction.request if introduction is not None else None)
    if about is not None and about.assigned_to_id in staff:
        return about.assigned_to_id
    if introduction is not None and introduction.approved_by_id in staff:
        return introduction.approved_by_id
    counted = select(Task.owner_id, func.count(Task.id)).where(Task.region_id == region_id, Task.done_at.is_(None))
    load = {owner_id: open_ones for owner_id, open_ones in session.execute(counted.group_by(Task.owner_id))}
    return min(staff, key=lambda account_id: (load.get(account_id, 0), staff[account_id], account_id))


def _staff(session: Session, region_id: int, now: datetime) -> dict[int, int]:
    """Account ids of a region's coordinators (0) and, behind them, admins (1)."""
    found = session.scalars(
        select(Membership).where(Membership.region_id == region_id, Membership.role.in_((Role.COORDINATOR, Role.ADMIN)))
    )
    ranks: dict[int, int] = {}
    for membership in found:
        if membership.counts(now):
            rank = 0 if membership.role is Role.COORDINATOR else 1
            ranks[membership.account_id] = min(rank, ranks.get(membership.account_id, 1))
    return ranks
