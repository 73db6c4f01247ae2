"""By when an answer is asked for, and when the invitation is recalled once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ScalarSelect
from sqlalchemy.orm import Session

from matchmaker.queries import school_days
from matchmaker.queries.school_days import SchoolDays
from models import LearningRequest, Region

_MORNING = time(9)
"""When a reminder is sent on its day."""


@dataclass(frozen=True)
class Deadlines:
    """Of an invitation that leaves now. ``remind_at`` is None where there is no time for a reminder."""

    remind_at: datetime | None
    answer_by: datetime


def of_invitation(session: Session, request: LearningRequest, region: Region, now: datetime) -> Deadlines:
    """The end of the region's last answering day (school days count), but never after the last offered date begins.

    The reminder comes on the morning of the region's reminding day, or half-way where the time is shorter than that.
    """
    days = SchoolDays.of(session, region)
    end = days.end_after(now, region.answer_days)
    answer_by = min([end, max((window.starts_at for window in request.windows), default=end)])
    morning = days.at(days.after(days.today(now), region.remind_days), _MORNING)
    remind_at = morning if morning < answer_by else now + (answer_by - now) / 2
    return Deadlines(remind_at if remind_at > now else None, answer_by)


def promised_since(region: Region, today: date) -> ScalarSelect[date]:
    """The first day on which somebody can have begun to wait without having waited longer than the region promises."""
    return school_days.before(region, today, region.limit_days)
