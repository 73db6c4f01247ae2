"""What has happened since a page of the desk was drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.queries.desk.waits import WAITING
from models import Account, RequestState, StateChange


@dataclass(frozen=True)
class Change:
    """The last change of a request: what it became, when, and by whom (None where no person did it)."""

    after: RequestState
    at: datetime
    by: str | None


@dataclass(frozen=True)
class News:
    """``new`` are requests that have come to wait since then; ``last`` is what last happened to the open one."""

    new: frozenset[int]
    last: Change | None


def news(session: Session, waiting: Iterable[int], since: datetime, opened: int | None) -> News:
    """The news of the requests that wait and of the one that is open, in one query."""
    one = StateChange.request_id == opened
    arrived = StateChange.request_id.in_(list(waiting)) & (StateChange.at > since) & StateChange.after.in_(WAITING)
    rows = session.execute(
        select(StateChange.request_id, StateChange.after, StateChange.at, Account.name)
        .outerjoin(Account, Account.id == StateChange.actor_id)
        .where(or_(arrived, one) if opened else arrived)
        .order_by(StateChange.id)
    ).all()
    own = [Change(RequestState(row.after), row.at, row.name) for row in rows if row.request_id == opened]
    new = {row.request_id for row in rows if row.request_id != opened}
    return News(frozenset(new), own[-1] if own else None)
