"""Reading schools: the list with places in line, one school with its record, and who documented its facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.queries import desk, fairness, plans, rankings
from models import Account, AuditEvent, Introduction, LearningRequest, Region, RequestState, School

MOST_CHANGES = 20
"""So many changes of a school's facts are shown, newest first."""
_OPEN = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET, RequestState.PLACED)


@dataclass(frozen=True)
class InLine:
    """A school's place among the schools of its region by what the network owes them.

    ``line`` is its quarter (desk.LINES), ``place`` counts from 1, ``of`` is how many schools there are. ``weight`` is
    what requests are ranked by: that of the plan in effect where it knows the school (``planned``), else the
    standing's.
    """

    school: School
    standing: fairness.SchoolStanding
    weight: float
    planned: bool
    line: str
    place: int
    of: int


@dataclass(frozen=True)
class Record:
    """What became of a school's requests: how many somebody came to or has agreed to, how many ended with nobody, and
    those that wait."""

    came: int
    empty: int
    waiting: Sequence[LearningRequest]


@dataclass(frozen=True)
class Change:
    """One change of documented facts. ``sources`` says where each new fact comes from, by the fact's name."""

    at: datetime
    by: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    sources: dict[str, str]


def of_region(session: Session, region_id: int) -> Sequence[School]:
    """A region's schools by name."""
    return session.scalars(select(School).where(School.region_id == region_id).order_by(School.name)).all()


def in_line(session: Session, region_id: int, now: datetime) -> list[InLine]:
    """A region's schools under the policy in effect: those first to whom the network owes most."""
    stored = rankings.policy_in_effect(session, region_id)
    listed = of_region(session, region_id)
    standings = fairness.standings(session, region_id, fairness.policy_of(stored), now, listed=listed)
    planned = _planned(session, region_id, stored.id)
    weights = {school_id: planned.get(school_id, standing.weight) for school_id, standing in standings.items()}
    lines = desk.places_in_line(weights)
    schools = sorted(listed, key=lambda school: -weights[school.id])
    return [
        InLine(
            school=school,
            standing=standings[school.id],
            weight=weights[school.id],
            planned=school.id in planned,
            line=lines[school.id],
            place=1 + sum(other > weights[school.id] for other in weights.values()),
            of=len(schools),
        )
        for school in schools
    ]


def _planned(session: Session, region_id: int, policy_id: int) -> dict[int, float]:
    """The weight of each school in the plan that requests are ranked by; empty where there is none."""
    plan_id = session.get_one(Region, region_id).plan_id
    plan = plans.in_effect(session, plan_id, policy_id) if plan_id else None
    return {school_id: plan.terms.school_factor[at] for school_id, at in plan.school_at.items()} if plan else {}


def whole(session: Session, school_id: int) -> School:
    """A school with its district. Raises NoResultFound."""
    return session.scalars(select(School).where(School.id == school_id).options(joinedload(School.district))).one()


def record(session: Session, school: School) -> Record:
    """What became of a school's requests so far."""
    withdrawn = select(func.count(LearningRequest.id)).where(
        LearningRequest.school_id == school.id,
        LearningRequest.state == RequestState.WITHDRAWN,
        LearningRequest.posted_at.is_not(None),
    )
    ended = session.execute(
        select(
            func.count().filter(Introduction.state.in_(fairness.CAME)).label("came"),
            func.count().filter(Introduction.state.in_(fairness.ENDED_EMPTY)).label("empty"),
            withdrawn.scalar_subquery().label("withdrawn"),
        )
        .join(LearningRequest, LearningRequest.id == Introduction.request_id)
        .where(LearningRequest.school_id == school.id)
    ).one()
    asked = select(LearningRequest).where(LearningRequest.school_id == school.id)
    waiting = asked.where(LearningRequest.state.in_(_OPEN)).order_by(LearningRequest.posted_at, LearningRequest.id)
    return Record(ended.came, ended.empty + ended.withdrawn, session.scalars(waiting).all())


def changes(session: Session, school: School, tag: str) -> list[Change]:
    """The newest changes of a school's documented facts; ``tag`` is what the audit calls them."""
    rows = session.execute(
        select(AuditEvent.at, AuditEvent.detail, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.actor_id)
        .where(
            AuditEvent.subject_kind == School.__tablename__,
            AuditEvent.subject_id == school.id,
            AuditEvent.tag == tag,
        )
        .order_by(AuditEvent.id.desc())
        .limit(MOST_CHANGES)
    )
    return [Change(row.at, row.name, *(row.detail[part] for part in ("before", "after", "sources"))) for row in rows]
