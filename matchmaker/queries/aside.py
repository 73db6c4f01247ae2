"""What stands beside a request on the desk: the notes of colleagues, the school days, and its last change.

They come with the request itself, in its one query.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from matchmaker.queries import learning_requests
from matchmaker.queries.school_days import SchoolDays
from models import Account, AuditEvent, Closure, LearningRequest, Note, Partner, Region


@dataclass(frozen=True)
class Noted:
    """A note as colleagues read it. ``author`` is None where that account is gone."""

    id: int
    region_id: int
    author_id: int | None
    author: str | None
    text: str
    written_at: datetime


@dataclass(frozen=True)
class Changed:
    """When a teacher last changed what she asks, and what of it (names of columns, and *windows*)."""

    at: datetime
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """Notes, the newest first, the region's school days from today on, and the last change if there was one."""

    notes: tuple[Noted, ...]
    days: SchoolDays
    changed: Changed | None


def of_request(session: Session, request_id: int, now: datetime) -> tuple[LearningRequest, Beside]:
    """A request as the desk reads it, and what stands beside it. Raises NoResultFound, also for a draft."""
    query = learning_requests.on_desk(request_id).add_columns(
        _notes(Note.request_id == LearningRequest.id).label("notes"),
        _closed(now).label("closed"),
        _changed().label("changed"),
        select(Region.time_zone).where(Region.id == LearningRequest.region_id).scalar_subquery().label("zone"),
    )
    # Its dates and steers make several rows of one request; what stands beside it is the same in each.
    row = session.execute(query).unique(lambda each: each[0].id).one()
    return row[0], Beside(
        tuple(_noted(each) for each in row.notes or ()),
        SchoolDays(ZoneInfo(row.zone), tuple((_day(first), _day(last)) for first, last in row.closed or ())),
        Changed(datetime.fromisoformat(row.changed["at"]), tuple(row.changed["fields"])) if row.changed else None,
    )


def of_partner(session: Session, partner_id: int) -> list[Noted]:
    """The notes about a partner, the newest first."""
    found = select(_notes(Note.partner_id == Partner.id)).where(Partner.id == partner_id)
    return [_noted(each) for each in session.scalar(found) or ()]


def _notes(about: ColumnElement[bool]) -> ScalarSelect[Any]:
    note = func.json_build_object(
        "id", Note.id, "region_id", Note.region_id, "author_id", Note.author_id, "author", Account.name,
        "text", Note.text, "written_at", Note.written_at,
    )  # fmt: skip
    listed = select(func.json_agg(aggregate_order_by(note, Note.id.desc()))).select_from(Note)
    return listed.outerjoin(Account, Account.id == Note.author_id).where(about).scalar_subquery()


def _closed(now: datetime) -> ScalarSelect[Any]:
    span = func.json_build_array(Closure.first_on, Closure.last_on)
    here = (Closure.region_id == LearningRequest.region_id) & (Closure.last_on >= now.date())
    return select(func.json_agg(span)).where(here).scalar_subquery()


def _changed() -> ScalarSelect[Any]:
    event = func.json_build_object("at", AuditEvent.at, "fields", AuditEvent.detail["fields"])
    newest = select(event).where(learning_requests.changes_of(LearningRequest.id)).order_by(AuditEvent.id.desc())
    return newest.limit(1).scalar_subquery()


def _noted(told: dict[str, Any]) -> Noted:
    return Noted(**{**told, "written_at": datetime.fromisoformat(told["written_at"])})


def _day(told: str) -> date:
    return date.fromisoformat(told)
