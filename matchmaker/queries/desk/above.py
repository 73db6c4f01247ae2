"""What stands above the desk and beside its queue: work for people, whether mails leave, kept views, the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, defer, joinedload

from matchmaker.queries import health, plans
from matchmaker.queries.tasks import STAFF
from models import Account, Membership, OutboxItem, Plan, SavedView, Task, ViewedPage, Webhook


@dataclass(frozen=True)
class Named:
    """A row by its id and its name: a colleague, a view that is kept (``query`` is what it asks for)."""

    id: int
    name: str
    query: str = ""


@dataclass(frozen=True)
class Bar:
    """``open`` tasks of the region, those ``overdue``, those of the request shown; since when no mail leaves (None
    while all is well); the newest plan; the views that the reader keeps of the desk, the region's staff, and
    how many addresses of other programs rest because nobody answers there."""

    open: int
    overdue: int
    tasks: tuple[Task, ...]
    silent_since: datetime | None
    job: plans.Job | None
    views: tuple[Named, ...]
    staff: tuple[Named, ...]
    unheard: int = 0


def bar(
    session: Session, region_id: int, request_id: int | None, account_id: int | None, today: date, now: datetime
) -> Bar:
    """All of it, in one query."""
    undone = select(func.count(Task.id)).where(Task.region_id == region_id, Task.done_at.is_(None))
    rows = session.execute(
        select(
            Task, Plan, OutboxItem.payload,
            undone.scalar_subquery().label("undone"),
            undone.where(Task.due_on < today).scalar_subquery().label("overdue"),
            health.last_sign().label("last_sign"),
            _views(region_id, account_id).label("views"),
            _staff(region_id, now).label("staff"),
            _unheard(region_id).label("unheard"),
        )
        .select_from(select(literal(1)).subquery())
        .outerjoin(Plan, Plan.id == plans.newest(region_id))
        .outerjoin(OutboxItem, plans.renewal())
        .outerjoin(Task, (Task.request_id == request_id) & Task.done_at.is_(None))
        .options(joinedload(Task.owner), joinedload(Task.partner), defer(Plan.terms))
        .order_by(Task.due_on, Task.id)
    ).all()  # fmt: skip
    first = rows[0]
    return Bar(
        open=first.undone,
        overdue=first.overdue,
        tasks=tuple(row.Task for row in rows if row.Task is not None),
        silent_since=health.silent_since(first.last_sign, now),
        job=plans.as_job(first.Plan, first.payload, now) if first.Plan else None,
        views=_named(first.views),
        staff=_named(first.staff),
        unheard=first.unheard,
    )


def _unheard(region_id: int) -> ScalarSelect[int]:
    resting = select(func.count(Webhook.id)).where(Webhook.region_id == region_id, Webhook.resting_at.is_not(None))
    return resting.scalar_subquery()


def _views(region_id: int, account_id: int | None) -> ScalarSelect[Any]:
    one = func.json_build_array(SavedView.id, SavedView.name, SavedView.query)
    kept = select(func.json_agg(aggregate_order_by(one, func.lower(SavedView.name), SavedView.id)))
    whose = (SavedView.region_id == region_id) & (SavedView.account_id == account_id)
    return kept.where(whose, SavedView.page == ViewedPage.DESK).scalar_subquery()


def _staff(region_id: int, now: datetime) -> ScalarSelect[Any]:
    members = (
        select(Account.id, Account.name)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.region_id == region_id,
            Membership.role.in_(STAFF),
            Membership.since <= now,
            or_(Membership.until.is_(None), Membership.until > now),
        )
        .distinct()
        .subquery()
    )
    one = func.json_build_array(members.c.id, members.c.name)
    return select(func.json_agg(aggregate_order_by(one, members.c.name, members.c.id))).scalar_subquery()


def _named(rows: Sequence[Sequence[Any]] | None) -> tuple[Named, ...]:
    return tuple(Named(*row) for row in rows or ())
