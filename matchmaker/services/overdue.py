"""What happens when a follow-up falls due: reminders, lapses, and tasks where somebody has been silent too long.

Each looks at how things stand now, under the locks that every change takes, and does nothing where its cause has gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.policies import NOBODY
from matchmaker.queries.introductions import all_live, locked
from matchmaker.services import cascade, deadlines, introductions, letters, tasks
from models import (
    Introduction,
    IntroductionState,
    LearningRequest,
    OtherTime,
    OutboxItem,
    Region,
    RequestState,
    Side,
    TaskKind,
)

_LATE = timedelta(days=1)
_UNASKED = frozenset({RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET})


def unanswered(session: Session, item: OutboxItem, now: datetime) -> datetime | None:
    """An invitation has no answer: one friendly reminder, and at the end of its time the next person is asked."""
    introduction, request = _locked(session, item)
    if introduction.state is not IntroductionState.INVITED:
        return None
    if introduction.answer_by is not None and now < introduction.answer_by:
        if introduction.reminded_at is None:
            introduction.reminded_at = now
            letters.put(session, "invitation_reminder", introduction, Side.PARTNER, now)
        return introduction.answer_by
    introductions.end(session, introduction, IntroductionState.LAPSED, now)
    audit.record(session, NOBODY, audit.Tag.INVITATION_LAPSED, introduction, at=now)
    cascade.go_on(session, introduction, request, now)
    return None


def times_unanswered(session: Session, item: OutboxItem, now: datetime) -> datetime | None:
    """A teacher has not chosen among other times: one reminder, then a task, and in the end the times have passed."""
    introduction, request = _locked(session, item)
    if introduction.state is not IntroductionState.OTHER_TIMES:
        return None
    times = session.scalars(select(OtherTime.starts_at).where(OtherTime.introduction_id == introduction.id))
    ends = max(times, default=now)
    if ends <= now:
        introductions.end(session, introduction, IntroductionState.LAPSED, now)
        audit.record(session, NOBODY, audit.Tag.INVITATION_LAPSED, introduction, at=now)
        tasks.settle(session, introduction.region_id, deadlines.times_unanswered(introduction), now)
        cascade.go_on(session, introduction, request, now)
        return None
    region = session.get_one(Region, introduction.region_id)
    if "reminded" not in item.payload:
        item.payload = {**item.payload, "reminded": True}
        letters.put(session, "other_times", introduction, Side.TEACHER, now, n=item.id)
        return min(ends, deadlines.limit(session, region, introduction.answered_at or now))
    key = deadlines.times_unanswered(introduction)
    tasks.open_task(session, TaskKind.NO_ANSWER, key, region, now=now, introduction=introduction, waits="partner")
    return ends


def no_date(session: Session, item: OutboxItem, now: datetime) -> datetime | None:
    """Two people were introduced and have no date: a coordinator asks, again and again until there is one."""
    introduction, _ = _locked(session, item)
    if introduction.state is not IntroductionState.INTRODUCED:
        return None
    region = session.get_one(Region, introduction.region_id)
    tasks.open_task(
        session, TaskKind.NO_DATE, deadlines.no_date(introduction), region, now=now, introduction=introduction
    )
    return deadlines.limit(session, region, now)


def silence(session: Session, item: OutboxItem, now: datetime) -> datetime | None:
    """A request has waited as long as the region lets anybody: a named coordinator gets it, and the teacher is told."""
    request = session.get_one(LearningRequest, item.payload["request_id"], with_for_update=True, populate_existing=True)
    if request.state in (RequestState.WITHDRAWN, RequestState.DONE):
        return None
    region = session.get_one(Region, request.region_id)
    if request.state in _UNASKED or _stuck(session, request, now):
        key = deadlines.silence(request)
        task = tasks.open_task(session, TaskKind.NO_ANSWER, key, region, now=now, request=request, waits="teacher")
        cascade.tell_teacher(session, request, task.id, now)
    return deadlines.limit(session, region, now)


def _stuck(session: Session, request: LearningRequest, now: datetime) -> bool:
    """Whether an invitation should long have left and has not: its mail was put aside."""
    return any(
        introduction.state is IntroductionState.APPROVED and introduction.due_at < now - _LATE
        for introduction in all_live(session, request.id)
    )


def _locked(session: Session, item: OutboxItem) -> tuple[Introduction, LearningRequest]:
    introduction = session.get_one(Introduction, item.payload["introduction_id"])
    return locked(session, introduction.key)
