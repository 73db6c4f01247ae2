"""By when the steps of a request that are still ahead are expected, and when its teacher hears next.

A promise is kept or said to be late: a day that has gone by is never shown as one that comes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.queries.school_days import SchoolDays
from matchmaker.queries.timeline import Line, Timeline
from models import LearningRequest, Region, RequestState, StateChange

PROMISED_DAYS = 2
"""School days within which a teacher hears, whatever the answer."""
REFLECT_DAYS = 7
_WAITING = frozenset({"posted", "proposed", "none_yet", "came_back", "cancelled", "not_held"})
_CHOOSING = (RequestState.DRAFT, RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)
_OVER = frozenset({"draft", "withdrawn", "done"})


def dated(session: Session, stands: Timeline, request: LearningRequest, now: datetime) -> Timeline:
    """A timeline with the days by which its steps ahead are expected; three queries at most."""
    if stands.headline in _OVER:
        return stands
    region = session.get_one(Region, request.region_id)
    days = SchoolDays.of(session, region)
    waits = stands.headline in _WAITING
    promised = _promised(session, stands, request, days, now) if waits else None
    late = promised is not None and promised < days.today(now)
    hear_by = None if late else promised
    by = _by(stands.line, request, region, days, hear_by, now)
    steps = (replace(step, at=step.at or by.get(step.name)) if step.status == "next" else step for step in stands.steps)
    return replace(stands, steps=tuple(steps), hear_by=hear_by, late=late)


def _promised(
    session: Session, stands: Timeline, request: LearningRequest, days: SchoolDays, now: datetime
) -> date | None:
    """The day by which somebody of the network writes, counted from when the request came to the desk the last time."""
    if stands.looks_further is not None:
        return stands.looks_further.due_on
    if request.held_until is not None and request.held(now):
        return days.today(request.held_until)
    came_back = session.scalar(
        select(func.max(StateChange.at)).where(
            StateChange.request_id == request.id,
            StateChange.before.not_in(_CHOOSING),
            StateChange.after.in_(_CHOOSING),
        )
    )
    since = came_back or request.posted_at
    return days.after(days.today(since), PROMISED_DAYS) if since else None


def _by(
    line: Line | None, request: LearningRequest, region: Region, days: SchoolDays, hear_by: date | None, now: datetime
) -> dict[str, datetime]:
    """When each step is expected at the latest, as far as anybody can say."""
    by: dict[str, datetime] = {}
    meeting = line.meeting if line else None
    ahead = [window.ends_at for window in request.windows if window.starts_at > now]
    visit = meeting.ends_at if meeting else max(ahead, default=None)
    if visit is not None:
        by["scheduled"], by["reflected"] = visit, visit + timedelta(days=REFLECT_DAYS)
    answered = line.answer_by if line else None
    if hear_by is not None:
        by["invited"] = days.at(hear_by, time(12))
        answered = days.end_after(by["invited"], region.answer_days)
    elif line is not None and line.headline == "approved":
        answered = days.end_after(now, region.answer_days)
    if answered is not None and answered > now:
        by["introduced"] = min(answered, visit or answered)
    return by
