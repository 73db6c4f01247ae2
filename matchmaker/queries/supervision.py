"""Visits ahead and what they still want: somebody to be in the room, and a clearance that reaches the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.queries import clearances
from matchmaker.queries.clearances import Asked, Rulebook
from matchmaker.queries.school_days import SchoolDays
from models import Account, AuditEvent, Introduction, IntroductionState, LearningRequest, Region, Visit

STANDS = (IntroductionState.ACCEPTED, IntroductionState.INTRODUCED, IntroductionState.SCHEDULED)
"""States of an introduction in which its visit is still to come."""
PLAN_DAYS = 3
"""School days before a visit by which its plan is written."""
LOOKED_AHEAD = timedelta(days=30)
"""How long before a visit a clearance that does not reach it is everybody's business."""


@dataclass(frozen=True)
class Ahead:
    """A visit to come, and what it wants. ``day`` is its day in the region."""

    visit: Visit
    day: date
    no_plan: bool
    no_clearance: bool


def wanting(session: Session, region: Region, now: datetime) -> list[Ahead]:
    """Visits within a month that want a clearance, and those that should have had a plan by now, the next one first."""
    visits = session.scalars(
        ahead(region.id, now)
        .where(Visit.starts_at < now + LOOKED_AHEAD)
        .options(
            joinedload(Visit.introduction).joinedload(Introduction.partner),
            joinedload(Visit.introduction).joinedload(Introduction.request).joinedload(LearningRequest.school),
        )
        .order_by(Visit.starts_at, Visit.id)
    ).all()
    book = Rulebook.of(session, region, {visit.introduction.request.school_id for visit in visits}, now)
    days = SchoolDays.of(session, region)
    planned_by = days.after(days.today(now), PLAN_DAYS)
    found = []
    for visit in visits:
        day = days.today(visit.starts_at)
        no_plan = visit.planned_at is None and day <= planned_by
        no_clearance = _short(book, visit, day)
        if no_plan or no_clearance:
            found.append(Ahead(visit, day, no_plan, no_clearance))
    return found


def wants_clearance(session: Session, visit: Visit, now: datetime) -> bool:
    """Whether a visit still to come needs a clearance that its partner is not known to have on its day."""
    introduction = visit.introduction
    if visit.cancelled_at is not None or introduction.state not in STANDS or visit.starts_at <= now:
        return False
    region = session.get_one(Region, visit.region_id)
    book = Rulebook.of(session, region, [introduction.request.school_id], now)
    return _short(book, visit, day_of(visit, region))


def ahead(region_id: int, now: datetime) -> Select[Visit]:
    """A region's visits to come."""
    return (
        select(Visit)
        .join(Introduction, Introduction.id == Visit.introduction_id)
        .where(
            Visit.region_id == region_id,
            Visit.starts_at > now,
            Visit.cancelled_at.is_(None),
            Introduction.state.in_(STANDS),
        )
    )


def day_of(visit: Visit, region: Region) -> date:
    """The day of a visit in its region."""
    return visit.starts_at.astimezone(ZoneInfo(region.time_zone)).date()


def history(
    session: Session, region_id: int, tags: Sequence[str], most: int
) -> Sequence[tuple[AuditEvent, str | None]]:
    """What was last done to the rules, and by whom, the newest first."""
    rows = session.execute(
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.actor_id)
        .where(AuditEvent.region_id == region_id, AuditEvent.tag.in_(tags))
        .order_by(AuditEvent.id.desc())
        .limit(most)
    )
    return [(event, name) for event, name in rows]


def _short(book: Rulebook, visit: Visit, day: date) -> bool:
    introduction = visit.introduction
    partner = introduction.partner
    if clearances.covers(partner.clearance, partner.clearance_expires_on, day):
        return False
    return book.required(Asked.of(introduction.request, day), partner.id, supervised=visit.supervised)
