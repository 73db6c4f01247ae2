"""What classes asked for: this school year's requests and all that are still open, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.orm import Session

from matching.disclosure import withheld
from matchmaker.queries import fairness, plans
from models import Introduction, LearningRequest, Region, RequestState

FIRST_MONTH = 7
"""A school year begins with July, as in the nation's school statistics."""
WAITS = (0, 5, 10, 20)
"""Where each group of waits begins, in days."""


@dataclass(frozen=True)
class Asked:
    """One request. ``met``: somebody came or has agreed to; ``this_year``: posted in the present school year."""

    id: int
    school_id: int
    state: RequestState
    posted_at: datetime
    subject: str | None
    languages: tuple[str, ...]
    met: bool
    this_year: bool

    @property
    def open(self) -> bool:
        """Whether nobody has been chosen yet."""
        return self.state in plans.OPEN


@dataclass(frozen=True)
class Waiting:
    """How long open requests have waited, in days. ``groups`` counts them by `WAITS`. Figures of none are None, and in
    public those that would tell of few schools."""

    requests: int
    median_days: float | None
    longest_days: int | None
    groups: tuple[int | None, ...]


def year_start(region: Region, now: datetime) -> datetime:
    """The first of July that began the present school year, in the region's zone."""
    there = now.astimezone(ZoneInfo(region.time_zone))
    year = there.year if there.month >= FIRST_MONTH else there.year - 1
    return there.replace(year=year, month=FIRST_MONTH, day=1, hour=0, minute=0, second=0, microsecond=0)


def read(session: Session, region: Region, now: datetime, *, whole: bool = False) -> list[Asked]:
    """The requests of this school year, and older ones that are still open; all there are where `whole`."""
    start = year_start(region, now)
    met = exists().where(Introduction.request_id == LearningRequest.id, Introduction.state.in_(fairness.CAME))
    rows = session.execute(
        select(
            LearningRequest.id,
            LearningRequest.school_id,
            LearningRequest.state,
            LearningRequest.posted_at,
            LearningRequest.subject,
            LearningRequest.languages,
            met,
        )
        .where(
            LearningRequest.region_id == region.id,
            LearningRequest.posted_at.is_not(None),
            or_(literal(whole), LearningRequest.posted_at >= start, LearningRequest.state.in_(plans.OPEN)),
        )
        .order_by(LearningRequest.id)
    )
    return [
        Asked(id_, school, state, posted, subject, tuple(sorted(languages)), came, posted >= start)
        for id_, school, state, posted, subject, languages, came in rows
        if posted is not None
    ]


def waiting(requests: Sequence[Asked], now: datetime, least: int = 0) -> Waiting:
    """How long the open ones among these requests have waited; figures are of `least` schools at least, or withheld.

    The longest wait is one request's.
    """
    waits = [((now - each.posted_at).total_seconds() / 86_400, each.school_id) for each in requests if each.open]
    days = [wait for wait, _ in waits]
    ends = (*WAITS[1:], float("inf"))
    groups = [[school for wait, school in waits if start <= wait < end] for start, end in zip(WAITS, ends, strict=True)]
    hidden = withheld([set(group) for group in groups], least)
    enough = len({school for _, school in waits}) >= least
    return Waiting(
        len(days),
        median(days) if days and enough else None,
        int(max(days)) if days and least == 0 else None,
        tuple(None if away else len(group) for group, away in zip(groups, hidden, strict=True)),
    )
