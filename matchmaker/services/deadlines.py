"""How long anybody is let wait: which follow-ups are left, with which key, and when their cause has gone.

What happens when one falls due is `matchmaker.services.overdue`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.queries import deadlines
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import followups, standing, tasks
from models import Introduction, LearningRequest, Region

UNANSWERED, TIMES, NO_DATE, SILENCE = "unanswered", "times_unanswered", "no_date", "silence"


def invited(session: Session, introduction: Introduction, region: Region, now: datetime) -> None:
    """An invitation has left: it is recalled once, and lapses."""
    by = deadlines.of_invitation(session, introduction.request, region, now)
    introduction.answer_by = by.answer_by
    first = by.remind_at or by.answer_by
    followups.put(session, UNANSWERED, str(introduction.key), first, region.id, introduction_id=introduction.id)


def times_proposed(session: Session, introduction: Introduction, request: LearningRequest, now: datetime) -> None:
    """A teacher is to choose among other times: by when, before a coordinator steps in."""
    region = session.get_one(Region, request.region_id)
    due = SchoolDays.of(session, region).end_after(now, region.remind_days)
    key = f"{introduction.key}:{int(now.timestamp())}"
    followups.put(session, TIMES, key, due, region.id, introduction_id=introduction.id)


def introduced(session: Session, introduction: Introduction, now: datetime) -> None:
    """Two people were introduced without a date: a coordinator asks after it when none is set."""
    region = session.get_one(Region, introduction.region_id)
    due = limit(session, region, now)
    followups.put(session, NO_DATE, str(introduction.key), due, region.id, introduction_id=introduction.id)


def posted(session: Session, request: LearningRequest, now: datetime) -> None:
    """A request waits: nobody lets it wait longer than the region's limit without a named person seeing to it."""
    region = session.get_one(Region, request.region_id)
    followups.put(session, SILENCE, str(request.id), limit(session, region, now), region.id, request_id=request.id)


def limit(session: Session, region: Region, now: datetime) -> datetime:
    """When whoever waits from now on has waited as long as the region lets anybody."""
    return SchoolDays.of(session, region).end_after(now, region.limit_days)


def answered(session: Session, request: LearningRequest, now: datetime) -> None:
    """Somebody was approved or said yes: once enough people are at it, nobody needs to look further."""
    if not standing.wants_more(session, request):
        for key in (nobody_left(request), silence(request)):
            tasks.settle(session, request.region_id, key, now)


def nobody_left(request: LearningRequest) -> str:
    """The key of the task that somebody new must be found."""
    return f"nobody-left:{request.id}"


def silence(request: LearningRequest) -> str:
    """The key of the task that a request has waited too long."""
    return f"silence:{request.id}"


def no_date(introduction: Introduction) -> str:
    """The key of the task that two people have no date yet."""
    return f"no-date:{introduction.id}"


def times_unanswered(introduction: Introduction) -> str:
    """The key of the task that a teacher has not chosen among other times."""
    return f"times:{introduction.id}"
