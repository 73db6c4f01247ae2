"""Keeping a draft of a learning request, posting it, changing what it asks, and taking it back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.services import deadlines, introductions, ranker, student_names
from matchmaker.services.proposals import RequestChanged
from models import (
    Introduction,
    LearningRequest,
    PlannedPlace,
    Proposal,
    ProposalState,
    RequestState,
    Teacher,
    Window,
)

_PLAIN = ("title", "text", "grade", "subject", "students", "place", "partners_wanted", "overnight")
_CODES = ("formats", "languages")


class PossibleStudentName(Invalid):
    """The words may name a student; nothing is saved until the teacher has answered."""


class NoDateAhead(Invalid):
    """None of the offered dates lies ahead."""


class AlreadyAgreed(Conflict):
    """Somebody has said yes; taking the request back needs a word with them."""


class SomebodyChosen(Conflict):
    """Somebody was chosen by the words and dates of the request, so that these stay as they are."""


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


def changeable(request: LearningRequest) -> bool:
    """Whether a posted request may still ask something else: nobody is chosen by its words and dates."""
    return request.state in ranker.OPEN


def change(
    session: Session, actor: Actor, request_id: int, version: int, draft: RequestDraft, clock: Clock
) -> tuple[str, ...]:
    """Have a posted request ask what the draft says instead, and be ranked anew; the names of what differs.

    ``version`` is the one the page showed. Where nothing differs nothing is done, so that the same form twice is one
    change. How long the class has waited, and whatever coordinators did by hand, stays.
    Raises SomebodyChosen, RequestChanged, PossibleStudentName or NoDateAhead, with nothing done.
    """
    now = clock()
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    session.expire(request, ["windows"])
    _require_changeable(request)
    changed = _differing(request, draft, now)
    if not changed:
        return ()
    if request.version != version:
        raise RequestChanged(title=request.title)
    _check_dates(draft, now)
    _check_names(draft)
    _rewrite(session, request, draft, changed)
    _supersede(session, actor, request, now)
    # What the region's plan keeps for it was found by what it asked before.
    session.execute(delete(PlannedPlace).where(PlannedPlace.request_id == request.id))
    audit.record(
        session, actor, audit.Tag.REQUEST_CHANGED, request, at=now,
        fields=changed, state=request.state.value, form=draft.form_key,
    )  # fmt: skip
    ranker.ask(session, request, f"changed-{request.version}", now)
    session.flush()
    return tuple(changed)


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
    _supersede(session, actor, request, now)
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
    request.language = draft.language
    _take_over(request, draft, (*_PLAIN, *_CODES))
    session.add(request)
    session.flush()
    _offer(session, request, draft.windows)
    return request


def _take_over(request: LearningRequest, draft: RequestDraft, names: Collection[str]) -> None:
    for name in names:
        value = getattr(draft, name)
        setattr(request, name, list(value) if name in _CODES else value)


def _offer(session: Session, request: LearningRequest, times: Collection[tuple[datetime, datetime]]) -> None:
    """Have a request offer these times. One that it offers already stays the same row."""
    there = {(window.starts_at, window.ends_at): window.id for window in request.windows}
    gone = [window_id for span, window_id in there.items() if span not in times]
    if gone:
        # A visit that was called off keeps its own date.
        session.execute(update(Introduction).where(Introduction.window_id.in_(gone)).values(window_id=None))
        session.execute(delete(Window).where(Window.id.in_(gone)))
    session.add_all(
        Window(region_id=request.region_id, request_id=request.id, starts_at=start, ends_at=end)
        for start, end in dict.fromkeys(times)
        if (start, end) not in there
    )
    session.flush()
    session.expire(request, ["windows"])


def _require_changeable(request: LearningRequest) -> None:
    if request.state is RequestState.DRAFT:
        raise NotFound
    if request.state in (RequestState.PLACED, RequestState.SCHEDULED):
        raise SomebodyChosen(title=request.title)
    if not changeable(request):
        raise RequestChanged(title=request.title)


def _differing(request: LearningRequest, draft: RequestDraft, now: datetime) -> list[str]:
    """What of a request a draft would change. Times that have gone by are offered to nobody."""
    differing = [name for name in _PLAIN if _bare(getattr(request, name)) != _bare(getattr(draft, name))]
    differing += [name for name in _CODES if set(getattr(request, name)) != set(getattr(draft, name))]
    offered = {(window.starts_at, window.ends_at) for window in request.windows if window.starts_at > now}
    return [*differing, *(["windows"] if offered != set(draft.windows) else [])]


def _bare(value: object) -> object:
    """Words whatever their line ends: a browser sends others than a spreadsheet or a program."""
    return "\n".join(value.splitlines()).strip() if isinstance(value, str) else value


def _rewrite(session: Session, request: LearningRequest, draft: RequestDraft, changed: Collection[str]) -> None:
    _take_over(request, draft, [name for name in changed if name != "windows"])
    if {"title", "text"}.issubset(changed):
        # All of it is written anew; a word that is put right stays in the language of the others.
        request.language = draft.language
    if "windows" in changed:
        _offer(session, request, draft.windows)
    request.version += 1


def _supersede(session: Session, actor: Actor, request: LearningRequest, now: datetime) -> None:
    """Nobody is approved any more by what was asked before."""
    for proposal in session.scalars(
        select(Proposal).where(Proposal.request_id == request.id, Proposal.state == ProposalState.OPEN)
    ):
        proposal.become(ProposalState.SUPERSEDED, at=now, actor_id=actor.account_id)
