"""Posting a learning request, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import Actor
from matchmaker.services import deadlines, introductions, ranker, student_names
from models import LearningRequest, Proposal, ProposalState, RequestState, Teacher, Window


class PossibleStudentName(Invalid):
    """The words may name a student; nothing is saved until the teacher has answered."""


class NoDateAhead(Invalid):
    """None of the offered dates lies ahead."""


class AlreadyAgreed(Conflict):
    """Somebody has said yes; taking the request back needs a word with them."""


@dataclass(frozen=True)
class RequestDraft:
    """What a teacher asks, parsed and checked by a form or a loader. Instants carry their zone."""

    title: str
    text: str
    language: str = "en"
    grade: int | None = None
    subject: str | None = None
    students: int | None = None
    formats: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    place: str = ""
    windows: tuple[tuple[datetime, datetime], ...] = ()
    form_key: str | None = None
    partners_wanted: int = 1
    overnight: bool = False
    no_student_named: bool = False


def post(session: Session, actor: Actor, teacher: Teacher, draft: RequestDraft, clock: Clock) -> LearningRequest:
    """Store a request as posted and ask the ranker for proposals. The same form twice gives the first one's request.

    Raises PossibleStudentName or NoDateAhead before anything is stored.
    """
    now = clock()
    # The teacher's row is locked, so that a double click finds the first click's request.
    session.get_one(Teacher, teacher.id, with_for_update=True, populate_existing=True)
    if draft.form_key and (earlier := _by_form(session, teacher, draft.form_key)):
        return earlier
    _check(draft, now)
    request = LearningRequest(
        region_id=teacher.region_id,
        teacher_id=teacher.id,
        school_id=teacher.school_id,
        title=draft.title,
        text=draft.text,
        language=draft.language,
        grade=draft.grade,
        subject=draft.subject,
        students=draft.students,
        formats=list(draft.formats),
        languages=list(draft.languages),
        place=draft.place,
        form_key=draft.form_key,
        partners_wanted=draft.partners_wanted,
        overnight=draft.overnight,
    )
    session.add(request)
    session.flush()
    session.add_all(
        Window(region_id=request.region_id, request_id=request.id, starts_at=start, ends_at=end)
        for start, end in draft.windows
    )
    request.posted_at = now
    request.become(RequestState.POSTED, at=now, actor_id=actor.account_id)
    audit.record(session, actor, audit.Tag.REQUEST_POSTED, request, at=now)
    ranker.ask(session, request, "posted", now)
    deadlines.posted(session, request, now)
    session.flush()
    return request


def named_in(title: str, text: str, place: str = "") -> list[str]:
    """What may be students' names in the words of a request."""
    return student_names.in_request(f"{title}\n{text}\n{place}")


def withdraw(session: Session, actor: Actor, request_id: int, clock: Clock) -> LearningRequest:
    """Take a request back, with any invitation that nobody has said yes to. Again changes nothing.

    Raises AlreadyAgreed when a partner has accepted.
    """
    now = clock()
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    if request.state is RequestState.WITHDRAWN:
        return request
    if not introductions.call_off(session, actor, request, now):
        raise AlreadyAgreed(title=request.title)
    for proposal in session.scalars(
        select(Proposal).where(Proposal.request_id == request.id, Proposal.state == ProposalState.OPEN)
    ):
        proposal.become(ProposalState.SUPERSEDED, at=now, actor_id=actor.account_id)
    request.become(RequestState.WITHDRAWN, at=now, actor_id=actor.account_id)
    audit.record(session, actor, audit.Tag.REQUEST_WITHDRAWN, request, at=now)
    session.flush()
    return request


def _check(draft: RequestDraft, now: datetime) -> None:
    if draft.windows and all(start <= now for start, _ in draft.windows):
        raise NoDateAhead
    if not draft.no_student_named and (names := named_in(draft.title, draft.text, draft.place)):
        raise PossibleStudentName(names=names)


def _by_form(session: Session, teacher: Teacher, form_key: str) -> LearningRequest | None:
    return session.scalar(
        select(LearningRequest).where(LearningRequest.teacher_id == teacher.id, LearningRequest.form_key == form_key)
    )
