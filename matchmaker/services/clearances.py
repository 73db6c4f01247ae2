"""Clearances: what is kept of one, which visits need one, and looking ahead so that none ends unnoticed.

Kept are its status, who issued it and two dates; never a report. What depends on it is looked at again whenever one of
its causes changes: the clearance, the rules, the schools of a partner's children, or who is in the room.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import clearances as reading
from matchmaker.queries import supervision
from matchmaker.queries.introductions import locked
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import followups, letters, revisions, tasks
from models import (
    Clearance,
    FamilySchool,
    Introduction,
    OutboxItem,
    Partner,
    Region,
    School,
    Side,
    TaskKind,
    Visit,
)

WATCH = "clearance_watch"
"""The follow-up that looks at the clearance for one visit."""
REVIEW = "clearance_review"
"""The follow-up that looks at all visits ahead of a region, because its rules changed."""
PLAN = "plan_watch"
"""The follow-up that asks for a visit's plan."""
LOOKS = (30, 10, 2)
"""Days before a visit on which its clearance is looked at."""
MOST_SCHOOLS = 10
_MORNING = time(8)


class NotCleared(Conflict):
    """The clearance on file is known not to reach the day of the visit, and the region asks for one."""


class VisitBehind(Conflict):
    """The visit has begun or was called off: there is nothing left to plan."""


@dataclass(frozen=True)
class Kept:
    """All that is kept of a clearance. The dates and the issuer are only those of one that was given."""

    status: Clearance
    issuer: str | None = None
    issued_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Plan:
    """Who is with the class. ``room`` None leaves the one that is there."""

    supervised: bool
    staff_name: str
    second_adult: str
    room: str | None
    sign_in: str


def record(session: Session, actor: Actor, partner_id: int, kept: Kept, clock: Clock) -> Partner:
    """Write down what is known of a partner's clearance. The same again changes nothing.

    Visits ahead are looked at once more: what was wanting is settled, what now is wanting gets a task and a letter.
    Raises Invalid for one that ends before it begins.
    """
    record_all(session, actor, {partner_id: kept}, clock)
    return session.get_one(Partner, partner_id)


def record_all(session: Session, actor: Actor, known: Mapping[int, Kept], clock: Clock) -> None:
    """``record`` what is known of several partners of a region, by their ids."""
    now = clock()
    changed = []
    held = select(Partner).where(Partner.id.in_(known)).order_by(Partner.id).with_for_update(of=Partner)
    for partner in session.scalars(held.execution_options(populate_existing=True)).all():
        kept = known[partner.id]
        if kept.status is not Clearance.CLEARED:
            kept = Kept(kept.status)
        if kept.issued_on and kept.ends_on and kept.ends_on < kept.issued_on:
            raise Invalid(field="ends_on")
        before = kept_of(partner)
        if before == kept:
            continue
        partner.clearance, partner.clearance_issuer = kept.status, kept.issuer
        partner.clearance_issued_on, partner.clearance_expires_on = kept.issued_on, kept.ends_on
        told = {"before": _told(before), "after": _told(kept)}
        audit.record(session, actor, audit.Tag.CLEARANCE_RECORDED, partner, at=now, **told)
        revisions.renew(session, partner, now)
        changed.append(partner)
    _look_at_all(session, changed, now)


def set_family_schools(
    session: Session, actor: Actor, partner_id: int, school_ids: Collection[int], clock: Clock
) -> None:
    """Replace the schools that children of a partner's go to. Raises NotFound for a school of another region."""
    now = clock()
    partner = session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    wanted = set(school_ids)
    if len(wanted) > MOST_SCHOOLS:
        raise Invalid(field="schools", most=MOST_SCHOOLS)
    there = select(School.id).where(School.region_id == partner.region_id, School.id.in_(wanted))
    if set(session.scalars(there)) != wanted:
        raise NotFound
    of_partner = FamilySchool.partner_id == partner.id
    present = set(session.scalars(select(FamilySchool.school_id).where(of_partner)))
    if present == wanted:
        return
    session.execute(delete(FamilySchool).where(of_partner, FamilySchool.school_id.in_(present - wanted)))
    session.add_all(
        FamilySchool(region_id=partner.region_id, partner_id=partner.id, school_id=school_id)
        for school_id in sorted(wanted - present)
    )
    audit.record(session, actor, audit.Tag.FAMILY_SCHOOLS_SET, partner, at=now, schools=sorted(wanted))
    revisions.renew(session, partner, now)
    _look_at_all(session, [partner], now)


def watch(session: Session, introduction: Introduction, visit: Visit, now: datetime) -> None:
    """A visit got this date: it is looked at again before, for its clearance and for its plan.

    The caller holds the introduction's lock. Raises NotCleared where the clearance is known not to reach that day.
    """
    region = session.get_one(Region, visit.region_id)
    partner, day = introduction.partner, supervision.day_of(visit, region)
    if reading.bars(partner.clearance, partner.clearance_expires_on, day) and reading.of_introduction(
        session, introduction, day, supervised=visit.supervised
    ):
        raise NotCleared
    days = SchoolDays.of(session, region)
    first_look = days.at(day - timedelta(days=LOOKS[0]), _MORNING)
    planned_by = days.at(days.before(day, supervision.PLAN_DAYS), _MORNING)
    for kind, due_at in ((WATCH, first_look), (PLAN, planned_by)):
        followups.put(
            session,
            kind,
            f"{introduction.key}:{visit.sequence}",
            max(due_at, now),
            region.id,
            visit_id=visit.id,
            sequence=visit.sequence,
        )


def look(session: Session, item: OutboxItem, now: datetime) -> datetime | None:
    """Follow-up: look at the clearance for a visit, and say when to look again. A visit that moved has its own."""
    visit = _still(session, item)
    if visit is None:
        return None
    _look(session, visit, now)
    region = session.get_one(Region, visit.region_id)
    days, day = SchoolDays.of(session, region), supervision.day_of(visit, region)
    looks = (days.at(day - timedelta(days=before), _MORNING) for before in LOOKS)
    return next((at for at in looks if at > now), None)


def review(session: Session, item: OutboxItem, now: datetime) -> None:
    """Follow-up: the rules of a region changed, so all its visits of the next weeks are looked at."""
    assert item.region_id is not None
    soon = supervision.ahead(item.region_id, now).where(Visit.starts_at < now + supervision.LOOKED_AHEAD)
    for visit in session.scalars(soon.order_by(Visit.id)):
        _look(session, visit, now)


def ask_for_plan(session: Session, item: OutboxItem, now: datetime) -> None:
    """Follow-up: ask the teacher, once, who will be in the room."""
    visit = _still(session, item)
    if visit is not None and _stands(visit, now) and visit.planned_at is None:
        letters.put(session, "plan_wanted", visit.introduction, Side.TEACHER, now)


def plan_visit(session: Session, actor: Actor, visit_id: int, plan: Plan, side: Side, clock: Clock) -> bool:
    """Write down who is with the class. True when the visit now wants a clearance; a coordinator and the partner know.

    Raises Invalid for a supervised visit without a name, VisitBehind for one that is no longer to come.
    """
    now = clock()
    if plan.supervised and not plan.staff_name:
        raise Invalid(field="staff_name")
    introduction, _ = locked(session, session.get_one(Visit, visit_id).introduction.key)
    visit = session.get_one(Visit, visit_id, populate_existing=True)
    if not _stands(visit, now):
        raise VisitBehind
    visit.supervised, visit.staff_name = plan.supervised, plan.staff_name
    visit.second_adult, visit.sign_in = plan.second_adult, plan.sign_in
    visit.room = visit.room if plan.room is None else plan.room
    visit.planned_at = now
    session.flush()
    audit.record(
        session, actor, audit.Tag.VISIT_PLANNED, visit, at=now, side=side.value, supervised=plan.supervised,
        introduction=introduction.id,
    )  # fmt: skip
    return _look(session, visit, now)


def occasion(visit: Visit) -> str:
    """The key of the task about a visit's clearance."""
    return f"clearance:{visit.id}"


def _look(session: Session, visit: Visit, now: datetime) -> bool:
    """Open the task and leave the letter where a clearance is wanting, close the task where none is (any more)."""
    introduction = visit.introduction
    if not supervision.wants_clearance(session, visit, now):
        tasks.settle(session, visit.region_id, occasion(visit), now)
        return False
    region = session.get_one(Region, visit.region_id)
    day, ends_on = supervision.day_of(visit, region), introduction.partner.clearance_expires_on
    tasks.open_task(
        session,
        TaskKind.CLEARANCE_ENDS,
        occasion(visit),
        region,
        now=now,
        introduction=introduction,
        visit=visit.id,
        day=day.isoformat(),
        ends=ends_on.isoformat() if ends_on else None,
        status=introduction.partner.clearance.value,
        supervised=visit.supervised,
    )
    # One letter between two looks, whatever makes us look in between.
    left = day - SchoolDays.of(session, region).today(now)
    passed = sum(left <= timedelta(days=before) for before in LOOKS)
    letters.put(
        session,
        "clearance_ends",
        introduction,
        Side.PARTNER,
        now,
        n=visit.sequence * (len(LOOKS) + 1) + passed,
        visit_id=visit.id,
    )
    return True


def _look_at_all(session: Session, partners: Sequence[Partner], now: datetime) -> None:
    """Every visit ahead of partners of one region whose clearances, or their need for one, changed."""
    if not partners:
        return
    session.flush()
    theirs = Introduction.partner_id.in_([partner.id for partner in partners])
    for visit in session.scalars(supervision.ahead(partners[0].region_id, now).where(theirs).order_by(Visit.id)):
        _look(session, visit, now)


def _still(session: Session, item: OutboxItem) -> Visit | None:
    """The visit of a follow-up, its introduction locked; None when it has another date by now."""
    visit = session.get(Visit, item.payload["visit_id"])
    if visit is None:
        return None
    locked(session, visit.introduction.key)
    session.refresh(visit)
    return visit if visit.sequence == item.payload["sequence"] else None


def _stands(visit: Visit, now: datetime) -> bool:
    return visit.cancelled_at is None and visit.starts_at > now and visit.introduction.state in supervision.STANDS


def kept_of(partner: Partner) -> Kept:
    """What is kept of a partner's clearance."""
    return Kept(partner.clearance, partner.clearance_issuer, partner.clearance_issued_on, partner.clearance_expires_on)


def _told(kept: Kept) -> dict[str, str | None]:
    """What of a clearance stands in the audit: its status and its dates."""
    return {
        "status": kept.status.value,
        "issued_on": kept.issued_on.isoformat() if kept.issued_on else None,
        "ends_on": kept.ends_on.isoformat() if kept.ends_on else None,
    }
