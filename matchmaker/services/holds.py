"""Putting a request aside for some days: something is being found out first, and the teacher is told until when.

Nothing has to run for it to come back: whether a request is held is read from the clock. Whoever waits is promised a
name and a date all the same, so the deadlines of `services.overdue` go on as they were.
"""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import introductions
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import standing
from matchmaker.services.proposals import RequestChanged
from models import LearningRequest, Region, RequestState

USUAL_DAYS = 3
"""School days that a request is put aside for where nobody says otherwise."""
MOST_DAYS = 20
LONGEST_REASON = 500
_OVER = frozenset({RequestState.WITHDRAWN, RequestState.DONE})


class NobodyElseWanted(Conflict):
    """Somebody is asked for the request or comes, and nobody else is wanted: there is nothing to put aside."""


class NotAhead(Invalid):
    """A request is put aside until tomorrow at the earliest."""


class TooLong(Invalid):
    """Nobody is let wait as long as that for somebody to look again."""


def hold(
    session: Session, actor: Actor, request_id: int, until: date | None, reason: str, clock: Clock
) -> LearningRequest:
    """Put a request aside until the morning of a day, which is a school day or becomes the next one; without a day,
    for USUAL_DAYS. Again changes day and reason. ``reason`` is for colleagues.

    Raises NotAhead, TooLong, NobodyElseWanted, or RequestChanged for a request that is over.
    """
    now = clock()
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    _require_waiting(session, request)
    day = _day(SchoolDays.of(session, session.get_one(Region, request.region_id)), until, now)
    request.held_until, request.held_by_id = day, actor.account_id
    request.held_for = reason.strip()[:LONGEST_REASON]
    audit.record(session, actor, audit.Tag.REQUEST_HELD, request, at=now, until=day.isoformat())
    session.flush()
    session.expire(request, ["held_by"])
    return request


def release(session: Session, actor: Actor, request_id: int, clock: Clock) -> LearningRequest:
    """Take a request up again before its day. Again changes nothing."""
    now = clock()
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    if request.held(now):
        audit.record(session, actor, audit.Tag.REQUEST_TAKEN_UP, request, at=now)
    request.take_up()
    session.flush()
    return request


def usual_day(days: SchoolDays, now: datetime) -> date:
    """Until when a request is put aside where nobody says otherwise."""
    return days.after(days.today(now), USUAL_DAYS)


def _require_waiting(session: Session, request: LearningRequest) -> None:
    if request.state is RequestState.DRAFT:
        raise NotFound
    if request.state in _OVER:
        raise RequestChanged(title=request.title)
    if introductions.all_live(session, request.id) and not standing.wants_more(session, request):
        raise NobodyElseWanted


def _day(days: SchoolDays, until: date | None, now: datetime) -> datetime:
    """The beginning of the day on which somebody looks again."""
    today = days.today(now)
    day = usual_day(days, now) if until is None else until
    if day <= today:
        raise NotAhead
    if day > days.after(today, MOST_DAYS):
        raise TooLong(most=MOST_DAYS)
    if not days.counts(day):
        day = days.after(day, 1)
    return days.at(day, time(0))
