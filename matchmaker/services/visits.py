"""Visits: the date that both sides agreed to, another date, and calling it off."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries.introductions import locked
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import (
    afterwards,
    capacity,
    cascade,
    clearances,
    deadlines,
    followups,
    letters,
    ranker,
    standing,
    tasks,
)
from models import (
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    Region,
    Side,
    Task,
    TaskKind,
    Visit,
)

REMINDER = "visit_approaches"
"""The follow-up that recalls a visit to both sides."""
_AHEAD = frozenset({IntroductionState.ACCEPTED, IntroductionState.INTRODUCED, IntroductionState.SCHEDULED})
_MORNING = time(9)


class CancelReason(StrEnum):
    """Why a visit is called off. Optional, and read by coordinators only: a code, so that nobody's name slips in."""

    ILL = "ill"
    SCHOOL = "school"
    OWN = "own"
    AGREED = "agreed"


class VisitOver(Conflict):
    """The visit has begun or was called off, or there is no yes to set a date for."""


class DateChanged(Conflict):
    """The date was changed since the page was drawn."""


class NotAhead(Invalid):
    """The wanted date has passed, or ends before it begins."""


class NotIntroduced(Conflict):
    """Both have said yes only just now: their letters have not left yet."""


def schedule(
    session: Session,
    introduction: Introduction,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    actor: Actor = NOBODY,
) -> Visit:
    """Store the date of an introduction that has none yet. The caller holds its lock."""
    visit = Visit(
        region_id=introduction.region_id,
        introduction_id=introduction.id,
        starts_at=starts_at,
        ends_at=ends_at,
        place=introduction.request.place,
    )
    session.add(visit)
    session.flush()
    audit.record(session, actor, audit.Tag.VISIT_AGREED, visit, at=now)
    _follow(session, introduction, visit, now)
    return visit


def agree(
    session: Session,
    actor: Actor,
    key: UUID,
    starts_at: datetime,
    ends_at: datetime,
    side: Side,
    clock: Clock,
) -> Visit:
    """Set the date of an introduction without one; both get a letter. The same date again changes nothing.

    Raises NotAhead, DateChanged (another date was set meanwhile), NotIntroduced, VisitOver or PartnerFull.
    """
    now = clock()
    introduction, request = locked(session, key)
    _require_ahead(starts_at, ends_at, now)
    known = of(session, introduction)
    if known is not None:
        if known.cancelled_at is None and (known.starts_at, known.ends_at) == (starts_at, ends_at):
            return known
        raise VisitOver if known.cancelled_at else DateChanged
    if introduction.state is IntroductionState.ACCEPTED:
        raise NotIntroduced
    if introduction.state is not IntroductionState.INTRODUCED:
        raise VisitOver
    _into_month(session, introduction, starts_at, now)
    visit = schedule(session, introduction, starts_at, ends_at, now, actor)
    introduction.become(IntroductionState.SCHEDULED, at=now, actor_id=actor.account_id)
    standing.settle(session, request, now, actor.account_id)
    tasks.settle(session, introduction.region_id, deadlines.no_date(introduction), now)
    _tell(session, "visit_changed", introduction, visit, side, now)
    session.flush()
    return visit


def move(
    session: Session,
    actor: Actor,
    key: UUID,
    starts_at: datetime,
    ends_at: datetime,
    side: Side,
    clock: Clock,
    *,
    sequence: int | None = None,
) -> Visit:
    """Give a visit another date; both get a letter with the new one. The date it already has changes nothing.

    ``sequence`` is the visit's when the form was drawn. Raises NotAhead, DateChanged, VisitOver or PartnerFull (the
    partner's visits of the new month are all given).
    """
    now = clock()
    introduction, _ = locked(session, key)
    visit = _changeable(session, introduction, now)
    if (visit.starts_at, visit.ends_at) == (starts_at, ends_at):
        return visit
    _require_drawn(visit, sequence)
    _require_ahead(starts_at, ends_at, now)
    _into_month(session, introduction, starts_at, now)
    before = visit.starts_at
    visit.starts_at, visit.ends_at = starts_at, ends_at
    visit.sequence += 1
    audit.record(
        session, actor, audit.Tag.VISIT_MOVED, visit, at=now, side=side.value, before=before.isoformat(),
        after=starts_at.isoformat(),
    )  # fmt: skip
    _follow(session, introduction, visit, now)
    _tell(session, "visit_changed", introduction, visit, side, now, before=before.isoformat())
    session.flush()
    return visit


def cancel(
    session: Session,
    actor: Actor,
    key: UUID,
    side: Side,
    reason: CancelReason | None,
    clock: Clock,
    *,
    sequence: int | None = None,
) -> Introduction:
    """Call a visit off, or an introduction that has no date yet: the unit is free and both get a letter. Where it is
    the partner who cannot, the next backup is asked; else the request is back on the desk, and a named coordinator
    looks further. Again changes nothing.

    Raises DateChanged or VisitOver.
    """
    now = clock()
    introduction, request = locked(session, key)
    if introduction.state is IntroductionState.CANCELLED:
        return introduction
    visit = of(session, introduction)
    if visit is not None:
        visit = _changeable(session, introduction, now)
        _require_drawn(visit, sequence)
        visit.sequence += 1
        visit.cancelled_at, visit.cancelled_by, visit.cancel_reason = now, side, reason.value if reason else ""
        audit.record(session, actor, audit.Tag.VISIT_CANCELLED, visit, at=now, side=side.value)
        tasks.settle(session, introduction.region_id, clearances.occasion(visit), now)
    elif introduction.state not in (IntroductionState.ACCEPTED, IntroductionState.INTRODUCED):
        raise VisitOver
    introduction.become(
        IntroductionState.CANCELLED, at=now, actor_id=actor.account_id, reason=reason.value if reason else None
    )
    capacity.release(session, introduction, now)
    tasks.settle(session, introduction.region_id, deadlines.no_date(introduction), now)
    promoted = cascade.next_person(session, introduction, request, now) if side is Side.PARTNER else None
    task = None
    if promoted is None:
        cascade.drop_backups(session, introduction, now, actor.account_id)
        standing.settle(session, request, now, actor.account_id)
        task = _look_further(session, introduction, request, visit, side, now)
    letters.put_both(
        session,
        "visit_cancelled",
        introduction,
        now,
        sequence=visit.sequence if visit else None,
        by=side.value,
        task_id=task.id if task else None,
    )
    session.flush()
    return introduction


def met(session: Session, introduction: Introduction, request: LearningRequest, now: datetime) -> None:
    """The visit took place. The caller holds the locks; said again, nothing changes."""
    if introduction.state is IntroductionState.SCHEDULED:
        introduction.become(IntroductionState.MET, at=now)
        standing.settle(session, request, now)


def not_held(
    session: Session, introduction: Introduction, request: LearningRequest, now: datetime, actor: Actor = NOBODY
) -> None:
    """The day came and the visit did not take place: its unit is free. The caller holds the locks, and says what
    comes next."""
    if introduction.state is IntroductionState.SCHEDULED:
        introduction.become(IntroductionState.NOT_HELD, at=now, actor_id=actor.account_id)
        capacity.release(session, introduction, now)
        standing.settle(session, request, now, actor.account_id)


def remind(session: Session, item: OutboxItem, now: datetime) -> None:
    """The visit approaches: both are reminded, if it still stands on the date for which this was left."""
    introduction = session.get_one(Introduction, item.payload["introduction_id"])
    visit = of(session, introduction)
    if visit is None or introduction.state is not IntroductionState.SCHEDULED:
        return
    if visit.sequence == item.payload["sequence"] and visit.starts_at > now:
        letters.put_both(session, "visit_soon", introduction, now, n=visit.sequence, sequence=visit.sequence)


def of(session: Session, introduction: Introduction) -> Visit | None:
    """The visit of an introduction, as it is stored now."""
    found = select(Visit).where(Visit.introduction_id == introduction.id)
    return session.scalar(found.execution_options(populate_existing=True))


def _changeable(session: Session, introduction: Introduction, now: datetime) -> Visit:
    visit = of(session, introduction)
    if visit is None or introduction.state not in _AHEAD or visit.starts_at <= now:
        raise VisitOver
    return visit


def _require_drawn(visit: Visit, sequence: int | None) -> None:
    if sequence is not None and sequence != visit.sequence:
        raise DateChanged


def _require_ahead(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if starts_at <= now or ends_at <= starts_at:
        raise NotAhead


def _into_month(session: Session, introduction: Introduction, starts_at: datetime, now: datetime) -> None:
    region = session.get_one(Region, introduction.region_id)
    capacity.move(session, introduction, capacity.period_of(starts_at, region), now)


def _follow(session: Session, introduction: Introduction, visit: Visit, now: datetime) -> None:
    """What a date brings with it: clearance and plan are watched, both are reminded before, and asked afterwards.

    Raises NotCleared where the partner's clearance is known not to reach the day.
    """
    clearances.watch(session, introduction, visit, now)
    afterwards.follow(session, visit)
    region = session.get_one(Region, introduction.region_id)
    days = SchoolDays.of(session, region)
    due_at = days.at(days.before(days.today(visit.starts_at), region.notice_days), _MORNING)
    if due_at > now:
        followups.put(
            session,
            REMINDER,
            f"{introduction.key}:{visit.sequence}",
            due_at,
            region.id,
            introduction_id=introduction.id,
            sequence=visit.sequence,
        )


def _tell(
    session: Session, kind: str, introduction: Introduction, visit: Visit, side: Side, now: datetime, **more: str
) -> None:
    letters.put_both(session, kind, introduction, now, n=visit.sequence, sequence=visit.sequence, by=side.value, **more)


def _look_further(
    session: Session,
    introduction: Introduction,
    request: LearningRequest,
    visit: Visit | None,
    side: Side,
    now: datetime,
) -> Task:
    """Somebody new is looked for: the list is made anew, and a coordinator gets a task."""
    ranker.ask(session, request, f"cancelled-{introduction.id}", now)
    return tasks.open_task(
        session,
        TaskKind.CANCELLED,
        f"cancelled:{introduction.id}",
        session.get_one(Region, introduction.region_id),
        now=now,
        request=request,
        introduction=introduction,
        by=side.value,
        reason=visit.cancel_reason if visit else "",
    )
