"""Stories of visits: those that everybody may read, and those that a coordinator has still to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.queries import paging
from matchmaker.queries.reflections import told_with
from models import Introduction, Reflection, Side, Visit

LATEST = 40
"""Stories that are looked through for those of one visit."""


@dataclass(frozen=True)
class Story:
    """What everybody may read of a story: a first name, of which side, the subject and the month. No school, no class,
    no full name: with those, two people who met once could be told apart by anybody."""

    text: str
    language: str
    first_name: str
    side: Side
    subject: str | None
    month: datetime


@dataclass(frozen=True)
class Pair:
    """The stories of one visit; None for a side that has shared none."""

    teacher: Story | None = None
    partner: Story | None = None


def shared(session: Session, region_id: int, wanted: int) -> paging.Page[Story]:
    """A page of a region's stories, those shared last first."""
    found = paging.fetch(
        session,
        _shared(region_id),
        wanted,
    )
    stories = _told(session, found.rows)
    return paging.Page(stories, found.page, found.pages, found.first, found.last, found.total)


def pairs(session: Session, region_id: int, most: int) -> list[Pair]:
    """The visits of which stories were shared last; those first of which both sides have shared one."""
    rows = session.scalars(_shared(region_id).limit(LATEST)).all()
    visits: dict[int, dict[str, Story]] = {}
    for row, story in zip(rows, _told(session, rows), strict=True):
        visits.setdefault(row.introduction_id, {})[story.side.value] = story
    return [Pair(**sides) for sides in sorted(visits.values(), key=len, reverse=True)[:most]]


def to_read(session: Session, region_id: int) -> Sequence[Reflection]:
    """Stories whose writers would share them and that nobody has decided on, oldest first."""
    query = _consented(region_id).where(Reflection.shared_by_id.is_(None), Reflection.shared_at.is_(None))
    return session.scalars(told_with(query).order_by(Reflection.written_at, Reflection.id)).all()


def decided(region_id: int) -> Select[Reflection]:
    """Stories that were shared, or kept back, newest first."""
    query = _consented(region_id).where(Reflection.shared_by_id.is_not(None) | Reflection.shared_at.is_not(None))
    return told_with(query).order_by(Reflection.written_at.desc(), Reflection.id.desc())


def _shared(region_id: int) -> Select[Reflection]:
    return (
        select(Reflection)
        .where(Reflection.region_id == region_id, Reflection.shared_at.is_not(None))
        .options(joinedload(Reflection.introduction).joinedload(Introduction.request))
        .order_by(Reflection.shared_at.desc(), Reflection.id.desc())
    )


def _told(session: Session, rows: Sequence[Reflection]) -> list[Story]:
    months = _months(session, rows)
    return [
        Story(
            text=row.story,
            language=row.language,
            first_name=row.first_name,
            side=row.side,
            subject=row.introduction.request.subject,
            month=months.get(row.introduction_id, row.written_at),
        )
        for row in rows
    ]


def _consented(region_id: int) -> Select[Reflection]:
    return select(Reflection).where(Reflection.region_id == region_id, Reflection.consent, Reflection.story != "")


def _months(session: Session, rows: Sequence[Reflection]) -> dict[int, datetime]:
    dates = select(Visit.introduction_id, Visit.starts_at).where(
        Visit.introduction_id.in_([row.introduction_id for row in rows])
    )
    return {introduction_id: starts_at for introduction_id, starts_at in session.execute(dates)}
