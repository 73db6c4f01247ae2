"""What one side reads of a visit on the page of a link, and what a private calendar holds: no contact and no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.queries import slots
from matchmaker.queries.school_days import SchoolDays
from models import (
    AuditEvent,
    Introduction,
    IntroductionState,
    LearningRequest,
    Partner,
    Region,
    Side,
    Teacher,
    Visit,
)

_I = IntroductionState
BEHIND = timedelta(days=90)
"""How long a private calendar keeps what is over."""
_AROUND = 2
"""School days before an agreed date from which other dates are proposed."""
_CHANGEABLE = frozenset({_I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED})


@dataclass(frozen=True)
class Meeting:
    """A visit as one reader's page shows it.

    ``state`` is open (no date yet), soon_introduced (the letters have not left yet), agreed, over (its time has come),
    cancelled or none (there is nothing to meet for). ``slots`` are times that would suit. ``here`` are the places
    that a link may show: never the room.
    """

    region: Region
    introduction_id: int
    key: UUID
    side: Side
    reader_name: str
    reader_language: str
    teacher_name: str
    partner_name: str
    coordinator_name: str
    title: str
    language: str
    here: tuple[str, ...]
    state: str
    visit: Visit | None
    minutes: int | None
    slots: tuple[slots.Slot, ...]

    @property
    def may_change(self) -> bool:
        """Whether a date can still be set or changed."""
        return self.state in ("open", "agreed")

    @property
    def may_cancel(self) -> bool:
        """Whether it can still be called off."""
        return self.state in ("open", "soon_introduced", "agreed")


def by_key(session: Session, key: UUID, side: Side, now: datetime) -> tuple[Introduction, Meeting] | None:
    """The visit of an introduction as a side reads it, with the times that could be proposed instead."""
    row = session.execute(_whole().where(Introduction.key == key)).one_or_none()
    if row is None:
        return None
    introduction, region, visit = row
    return introduction, _meeting(session, introduction, region, visit, side, now)


def suggested(
    session: Session, introduction: Introduction, region: Region, now: datetime, visit: Visit | None = None
) -> list[slots.Slot]:
    """Times that suit the partner, the school and the region, as far as known: none before the region's notice is over,
    and around the date of a visit that has one."""
    request, partner = introduction.request, introduction.partner
    days = SchoolDays.of(session, region)
    first_on = days.after(days.today(now), region.notice_days)
    if visit is not None:
        first_on = max(first_on, days.before(days.today(visit.starts_at), _AROUND))
    bells = slots.bells_of(request.school.bells)
    found = slots.suggested(request.windows, bells, availability(partner), days, first_on)
    return [slot for slot in found if visit is None or slot.starts_at != visit.starts_at]


def availability(partner: Partner) -> slots.Availability:
    """When a partner said they can come."""
    return slots.Availability(tuple(partner.weekdays), partner.free_from, partner.free_until)


@dataclass(frozen=True)
class Entry:
    """One visit of a private calendar, and when it was last changed."""

    introduction: Introduction
    visit: Visit
    changed_at: datetime


@dataclass(frozen=True)
class Feed:
    """A person's private calendar: whose, in which region and language."""

    region: Region
    language: str
    entries: tuple[Entry, ...]


def feed(session: Session, feed_key: UUID, now: datetime) -> Feed | None:
    """The calendar behind a secret address; None when it is nobody's (any more)."""
    partner = session.scalar(select(Partner).where(Partner.feed_key == feed_key))
    if partner is not None:
        mine = Introduction.partner_id == partner.id
        return _feed(session, partner.region_id, partner.language, mine, now)
    teacher = session.scalar(select(Teacher).where(Teacher.feed_key == feed_key).options(joinedload(Teacher.account)))
    if teacher is None:
        return None
    asked = select(LearningRequest.id).where(LearningRequest.teacher_id == teacher.id)
    return _feed(session, teacher.region_id, teacher.account.language, Introduction.request_id.in_(asked), now)


def on_days(session: Session, region: Region, first_on: date, last_on: date, now: datetime) -> int:
    """How many agreed visits lie on days of a region that are closed now."""
    days = SchoolDays.of(session, region)
    return (
        session.scalar(
            select(func.count())
            .select_from(Visit)
            .where(
                Visit.region_id == region.id,
                Visit.cancelled_at.is_(None),
                Visit.starts_at >= max(now, days.at(first_on, time())),
                Visit.starts_at < days.at(last_on + timedelta(days=1), time()),
            )
        )
        or 0
    )


def _whole() -> Select[Introduction, Region, Visit]:
    return (
        select(Introduction, Region, Visit)
        .join(Region, Region.id == Introduction.region_id)
        .outerjoin(Visit, Visit.introduction_id == Introduction.id)
        .options(
            joinedload(Introduction.partner),
            joinedload(Introduction.approved_by),
            joinedload(Introduction.request).options(
                joinedload(LearningRequest.school),
                joinedload(LearningRequest.teacher).joinedload(Teacher.account),
                selectinload(LearningRequest.windows),
            ),
        )
    )


def _meeting(
    session: Session, introduction: Introduction, region: Region, visit: Visit | None, side: Side, now: datetime
) -> Meeting:
    request, partner = introduction.request, introduction.partner
    teacher = request.teacher
    state = _state(introduction, visit, now)
    times: list[slots.TimeSpan] = [*([visit] if visit else []), *request.windows]
    found = suggested(session, introduction, region, now, visit) if state in ("open", "agreed") else []
    named, language = {
        Side.TEACHER: (teacher.name, teacher.account.language),
        Side.PARTNER: (partner.addressee, partner.language),
        Side.COORDINATOR: (introduction.approved_by.name, introduction.approved_by.language),
    }[side]
    return Meeting(
        region=region,
        introduction_id=introduction.id,
        key=introduction.key,
        side=side,
        reader_name=named,
        reader_language=language,
        teacher_name=teacher.name,
        partner_name=partner.addressee,
        coordinator_name=introduction.approved_by.name,
        title=request.title,
        language=request.language,
        here=here(request),
        state=state,
        visit=visit,
        minutes=round((times[0].ends_at - times[0].starts_at).total_seconds() / 60) if times else None,
        slots=tuple(found),
    )


def here(request: LearningRequest) -> tuple[str, ...]:
    """School and neighbourhood of a visit; nothing where the class goes elsewhere, or nobody travels."""
    if request.formats and not {"visit", "series"}.intersection(request.formats):
        return ()
    return tuple(part for part in (request.school.name, request.school.neighbourhood) if part)


def _state(introduction: Introduction, visit: Visit | None, now: datetime) -> str:
    if introduction.state is _I.CANCELLED:
        return "cancelled"
    if introduction.state in (_I.MET, _I.REFLECTED, _I.NOT_HELD):
        return "over"
    if introduction.state not in _CHANGEABLE:
        return "none"
    if visit is not None:
        return "agreed" if visit.starts_at > now else "over"
    return "soon_introduced" if introduction.state is _I.ACCEPTED else "open"


def _feed(session: Session, region_id: int, language: str, mine: ColumnElement[bool], now: datetime) -> Feed:
    changed = (
        select(func.max(AuditEvent.at))
        .where(AuditEvent.subject_kind == Visit.__tablename__, AuditEvent.subject_id == Visit.id)
        .correlate(Visit)
        .scalar_subquery()
    )
    rows: Sequence[Row[Introduction, Region, Visit, datetime | None]] = session.execute(
        _whole()
        .add_columns(changed)
        .where(mine, Introduction.region_id == region_id, Visit.ends_at > now - BEHIND)
        .order_by(Visit.starts_at, Visit.id)
    ).all()
    entries = tuple(
        Entry(introduction, visit, (at or visit.created_at).astimezone(UTC)) for introduction, _, visit, at in rows
    )
    return Feed(session.get_one(Region, region_id), language, entries)
