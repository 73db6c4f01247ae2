"""Keeping a draft of a learning request, posting it, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
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
    earlier = _by_form(session, teacher, draft.form_key)
    if earlier is not None and earlier.state is not RequestState.DRAFT:
        return earlier
    _check_dates(draft, now)
    _check_names(draft)
    request = _written(session, teacher, draft, earlier)
    request.posted_at = now
    request.become(RequestState.POSTED, at=now, actor_id=actor.account_id)
    audit.record(session, actor, audit.Tag.REQUEST_POSTED, request, at=now)
    ranker.ask(session, request, "posted", now)
    deadlines.posted(session, request, now)
    session.flush()
    return request


def save_draft(session: Session, actor: Actor, teacher: Teacher, draft: RequestDraft, clock: Clock) -> LearningRequest:
    """Store what there is so far, for nobody but the teacher; again for the same form, over what was stored before.

    A form that was posted meanwhile stays as it was posted. Raises PossibleStudentName before anything is stored.
    """
    now = clock()
    earlier = _by_form(session, teacher, draft.form_key)
    if earlier is not None and earlier.state is not RequestState.DRAFT:
        return earlier
    _check_names(draft)
    request = _written(session, teacher, draft, earlier)
    audit.record(session, actor, audit.Tag.REQUEST_DRAFTED, request, at=now)
    session.flush()
    return request


def discard(session: Session, actor: Actor, request_id: int, clock: Clock) -> bool:
    """Throw a draft away, and say whether it was one."""
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    if request.state is not RequestState.DRAFT:
        return False
    audit.record(session, actor, audit.Tag.DRAFT_DISCARDED, request, at=clock())
    session.delete(request)
    session.flush()
    return True


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
    request.take_up()
    request.become(RequestState.WITHDRAWN, at=now, actor_id=actor.account_id)
    audit.record(session, actor, audit.Tag.REQUEST_WITHDRAWN, request, at=now)
    session.flush()
    return request


def _check_dates(draft: RequestDraft, now: datetime) -> None:
    if draft.windows and all(start <= now for start, _ in draft.windows):
        raise NoDateAhead


def _check_names(draft: RequestDraft) -> None:
    if not draft.no_student_named and (names := named_in(draft.title, draft.text, draft.place)):
        raise PossibleStudentName(names=names)


def _by_form(session: Session, teacher: Teacher, form_key: str | None) -> LearningRequest | None:
    """What the form has stored before. The teacher's row is locked, so that a double click finds the first click's."""
    session.get_one(Teacher, teacher.id, with_for_update=True, populate_existing=True)
    if not form_key:
        return None
    return session.scalar(
        select(LearningRequest).where(LearningRequest.teacher_id == teacher.id, LearningRequest.form_key == form_key)
    )


def _written(
    session: Session, teacher: Teacher, draft: RequestDraft, earlier: LearningRequest | None
) -> LearningRequest:
    """The request with the draft's words and dates, new or over what was there."""
    request = earlier or LearningRequest(region_id=teacher.region_id, teacher_id=teacher.id, form_key=draft.form_key)
    request.school_id = teacher.school_id
    for name in ("title", "text", "language", "grade", "subject", "students", "place", "partners_wanted", "overnight"):
        setattr(request, name, getattr(draft, name))
    request.formats, request.languages = list(draft.formats), list(draft.languages)
    session.add(request)
    session.flush()
    if earlier is not None:
        session.execute(delete(Window).where(Window.request_id == request.id))
    session.add_all(
        Window(region_id=request.region_id, request_id=request.id, starts_at=start, ends_at=end)
        for start, end in draft.windows
    )
    session.flush()
    session.expire(request, ["windows"])
    return request
