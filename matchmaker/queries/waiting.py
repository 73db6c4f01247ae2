"""Who waits for whom: everything under way in a region that a person may have to ask after, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from models import Introduction, IntroductionState, LearningRequest, Teacher, Visit

SECTIONS = ("invited", "other_times", "no_date", "unplanned")
SOON = timedelta(days=7)
"""How far ahead a visit without a supervision plan is asked after."""

_SINCE: dict[str, InstrumentedAttribute[datetime | None]] = {
    "invited": Introduction.invited_at,
    "other_times": Introduction.answered_at,
    "no_date": Introduction.introduced_at,
}


def counts(session: Session, region_id: int, now: datetime) -> dict[str, int]:
    """How many wait in each section, in one query."""
    counted = [func.count(Introduction.id).filter(_in(section, now)).label(section) for section in SECTIONS]
    row = session.execute(select(*counted).where(Introduction.region_id == region_id)).one()
    return {section: getattr(row, section) for section in SECTIONS}


def of(region_id: int, section: str, now: datetime) -> Select[Introduction]:
    """One section: invitations without an answer, other times without a choice, introductions without a date, and
    visits of this week without a supervision plan (these by their date)."""
    begins = select(Visit.starts_at).where(Visit.introduction_id == Introduction.id).scalar_subquery()
    return (
        select(Introduction)
        .where(Introduction.region_id == region_id, _in(section, now))
        .options(
            joinedload(Introduction.partner),
            joinedload(Introduction.approved_by),
            joinedload(Introduction.request).joinedload(LearningRequest.teacher).joinedload(Teacher.account),
            joinedload(Introduction.request).joinedload(LearningRequest.school),
        )
        .order_by(_SINCE.get(section, begins), Introduction.id)
    )


def visits(session: Session, introductions: Sequence[Introduction]) -> dict[int, Visit]:
    """The visits of some introductions, by introduction."""
    ids = [introduction.id for introduction in introductions]
    return {
        visit.introduction_id: visit for visit in session.scalars(select(Visit).where(Visit.introduction_id.in_(ids)))
    }


def _in(section: str, now: datetime) -> ColumnElement[bool]:
    if section == "invited":
        return Introduction.state == IntroductionState.INVITED
    if section == "other_times":
        return Introduction.state == IntroductionState.OTHER_TIMES
    if section == "no_date":
        return Introduction.state == IntroductionState.INTRODUCED
    unplanned = exists().where(
        Visit.introduction_id == Introduction.id,
        Visit.planned_at.is_(None),
        Visit.cancelled_at.is_(None),
        Visit.starts_at > now,
        Visit.starts_at <= now + SOON,
    )
    return (Introduction.state == IntroductionState.SCHEDULED) & unplanned
