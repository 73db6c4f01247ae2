"""A teacher's six steps, worked out from the states of a request and its introductions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from matching import explain
from matchmaker.queries import finding_out, reach, slots
from models import (
    Backup,
    BackupState,
    Introduction,
    IntroductionState,
    LearningRequest,
    OtherTime,
    Proposal,
    ProposalState,
    RequestState,
    Task,
    TaskKind,
    Visit,
)

STEPS = ("posted", "matched", "invited", "introduced", "scheduled", "reflected")

_I = IntroductionState
YES = frozenset({_I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED, _I.MET, _I.REFLECTED})
"""States in which both sides have said yes."""
_CAME_BACK = {
    _I.NOT_NOW: "came_back",
    _I.LAPSED: "came_back",
    _I.WITHDRAWN: "came_back",
    _I.CANCELLED: "cancelled",
    _I.NOT_HELD: "not_held",
}
_OF_REQUEST = {
    RequestState.DRAFT: "draft",
    RequestState.WITHDRAWN: "withdrawn",
    RequestState.DONE: "done",
}
_OF_INTRODUCTION = {
    _I.APPROVED: "approved",
    _I.INVITED: "invited",
    _I.OTHER_TIMES: "other_times",
    _I.ACCEPTED: "accepted",
    _I.INTRODUCED: "introduced",
    _I.SCHEDULED: "scheduled",
    _I.MET: "done",
    _I.REFLECTED: "done",
}
TOLD = frozenset(_OF_INTRODUCTION)
"""States in which a teacher is told of a person, by name once that person has said yes."""
# How many of the six steps are behind, and whether the one after them is going on now.
_PROGRESS = {
    "draft": (0, True),
    "posted": (1, True),
    "proposed": (1, True),
    "none_yet": (1, True),
    "came_back": (1, True),
    "cancelled": (1, True),
    "not_held": (1, True),
    "withdrawn": (1, False),
    "approved": (2, True),
    "invited": (2, True),
    "other_times": (2, True),
    "accepted": (3, True),
    "introduced": (4, True),
    "scheduled": (5, False),
    "held": (5, True),
    "done": (5, True),
}
_LOOKS_FURTHER = (TaskKind.NOBODY_LEFT, TaskKind.NO_ANSWER, TaskKind.CANCELLED)


@dataclass(frozen=True)
class Step:
    """One of the six. ``status`` is done, now or next; ``at`` when it was done, began, or is expected by."""

    name: str
    status: str
    at: datetime | None


@dataclass(frozen=True)
class Line:
    """One person who is asked, or comes. ``partner_name``, ``known_as`` (with their organisation) and ``miles`` (to the
    school, where known) are None until that partner has said yes, and then ``meeting`` the date they come on, if there
    is one; ``next_person`` that somebody asked before could not; ``behind`` how many more stand ready; ``times`` those
    a teacher can choose from."""

    headline: str
    introduction_id: int
    key: UUID
    answer_by: datetime | None = None
    partner_name: str | None = None
    known_as: str | None = None
    miles: float | None = None
    coordinator_name: str | None = None
    meeting: slots.TimeSpan | None = None
    place: str = ""
    next_person: bool = False
    behind: int = 0
    times: tuple[OtherTime, ...] = ()


@dataclass(frozen=True)
class LooksFurther:
    """Who of the network looks for somebody new, and by when the teacher hears from them."""

    name: str
    due_on: date


@dataclass(frozen=True)
class Timeline:
    """Where a request stands. ``headline`` is a code; of a request for several people it is *several* once somebody is
    asked. ``lines`` are those who are asked or come, whoever is furthest first. ``hear_by`` is the day by which the
    teacher hears next, where the network owes a word; ``late`` that this day has gone by; ``finds_out`` while it is on
    hold."""

    headline: str
    steps: tuple[Step, ...]
    lines: tuple[Line, ...] = ()
    wanted: int = 1
    looks_further: LooksFurther | None = None
    finds_out: finding_out.FindsOut | None = None
    hear_by: date | None = None
    late: bool = False

    @property
    def line(self) -> Line | None:
        """Whoever has come furthest."""
        return self.lines[0] if self.lines else None

    @property
    def partner_name(self) -> str | None:
        """The name of whoever has come furthest, once they have said yes."""
        return self.line.partner_name if self.line else None

    @property
    def agreed(self) -> list[Line]:
        """Those who have said yes, and have not come yet."""
        return [line for line in self.lines if line.headline in ("accepted", "introduced", "scheduled", "held")]

    @property
    def yes(self) -> int:
        """How many have said yes."""
        return sum(line.partner_name is not None for line in self.lines)


def weighed(session: Session, request: LearningRequest) -> list[dict[str, Any]]:
    """The stored reasons of whoever is to come, or is first on the desk, with what is owed to the class.

    Empty once somebody has said yes, and where nobody is put forward.
    """
    if request.state not in (RequestState.PROPOSED, RequestState.PLACED):
        return []
    chosen = session.execute(
        select(Proposal.ranking_id, Proposal.rank, Proposal.reasons)
        .outerjoin(Introduction, (Introduction.proposal_id == Proposal.id) & Introduction.state.in_(YES))
        .where(
            Proposal.request_id == request.id,
            Proposal.state.in_((ProposalState.APPROVED, ProposalState.OPEN)),
            Introduction.id.is_(None),
        )
        .order_by(Proposal.state == ProposalState.OPEN, Proposal.ranking_id.desc(), Proposal.rank)
        .limit(1)
    ).one_or_none()
    if chosen is None:
        return []
    if chosen.rank == 1:
        return list(chosen.reasons)
    first = session.scalar(select(Proposal.reasons).where(Proposal.ranking_id == chosen.ranking_id, Proposal.rank == 1))
    return [*(reason for reason in first or [] if reason["code"] in explain.OWED_CODES), *chosen.reasons]


def of_request(session: Session, request: LearningRequest, now: datetime) -> Timeline:
    """The timeline of one request."""
    return of_requests(session, [request], now)[request.id]


def of_requests(session: Session, requests: Sequence[LearningRequest], now: datetime) -> dict[int, Timeline]:
    """The timelines of several requests by id, in three queries at most."""
    ids = [request.id for request in requests]
    behind = (
        select(func.count(Backup.id))
        .where(
            Backup.introduction_id == func.coalesce(Introduction.first_id, Introduction.id),
            Backup.state == BackupState.WAITING,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Introduction, Visit, behind)
        .outerjoin(Visit, Visit.introduction_id == Introduction.id)
        .where(Introduction.request_id.in_(ids), Introduction.state != _I.UNDONE)
        .options(
            joinedload(Introduction.partner),
            joinedload(Introduction.approved_by),
            joinedload(Introduction.window),
        )
        .order_by(Introduction.id)
    ).all()
    times = _times(session, [each.id for each, _, _ in rows if each.state is _I.OTHER_TIMES], now)
    asked: defaultdict[int, list[_Asked]] = defaultdict(list)
    for introduction, visit, waiting in rows:
        each = _Asked(introduction, visit, waiting, times.get(introduction.id, ()))
        asked[introduction.request_id].append(each)
    looking = _looking_further(session, ids)
    return {request.id: _timeline(request, asked[request.id], looking.get(request.id), now) for request in requests}


@dataclass(frozen=True)
class _Asked:
    introduction: Introduction
    visit: Visit | None
    behind: int
    times: tuple[OtherTime, ...]


def _times(session: Session, introduction_ids: list[int], now: datetime) -> dict[int, tuple[OtherTime, ...]]:
    """The times still ahead that partners propose, by introduction."""
    found: defaultdict[int, list[OtherTime]] = defaultdict(list)
    if introduction_ids:
        for time in session.scalars(
            select(OtherTime)
            .where(OtherTime.introduction_id.in_(introduction_ids), OtherTime.starts_at > now)
            .order_by(OtherTime.starts_at)
        ):
            found[time.introduction_id].append(time)
    return {introduction_id: tuple(each) for introduction_id, each in found.items()}


def _looking_further(session: Session, request_ids: list[int]) -> dict[int, LooksFurther]:
    """Who was named to each teacher, the soonest due."""
    tasks = session.scalars(
        select(Task)
        .where(
            Task.request_id.in_(request_ids),
            Task.done_at.is_(None),
            Task.kind.in_(_LOOKS_FURTHER),
            or_(Task.kind != TaskKind.NO_ANSWER, Task.detail["waits"].astext == "teacher"),
        )
        .options(joinedload(Task.owner))
        .order_by(Task.due_on.desc(), Task.id.desc())
    )
    return {task.request_id: LooksFurther(task.owner.name, task.due_on) for task in tasks if task.request_id}


def _timeline(
    request: LearningRequest, asked: Sequence[_Asked], looks_further: LooksFurther | None, now: datetime
) -> Timeline:
    current = [each for each in asked if each.introduction.state in _OF_INTRODUCTION]
    # Furthest first; of equals the newest.
    current.sort(key=lambda each: (list(_OF_INTRODUCTION).index(each.introduction.state), each.introduction.id))
    lines = tuple(_line(each, request, now) for each in reversed(current))
    headline = _headline(request, asked, lines)
    leading = current[-1] if current and headline != "withdrawn" else None
    several = request.partners_wanted > 1 and bool(lines) and request.state not in _OF_REQUEST
    return Timeline(
        "several" if several else headline,
        _steps(headline, request, leading),
        lines,
        wanted=request.partners_wanted,
        looks_further=looks_further,
        finds_out=finding_out.of(request, now),
    )


def _line(asked: _Asked, request: LearningRequest, now: datetime) -> Line:
    introduction = asked.introduction
    agreed = introduction.state in YES
    meeting: slots.TimeSpan | None = (asked.visit or introduction.window) if agreed else None
    headline = _OF_INTRODUCTION[introduction.state]
    return Line(
        "held" if headline == "scheduled" and meeting is not None and meeting.starts_at <= now else headline,
        introduction.id,
        introduction.key,
        answer_by=introduction.answer_by,
        partner_name=introduction.partner.name if agreed else None,
        known_as=introduction.partner.known_as if agreed else None,
        miles=reach.miles(introduction.partner, request.school) if agreed else None,
        coordinator_name=introduction.approved_by.name,
        meeting=meeting,
        place=asked.visit.place if asked.visit and agreed else "",
        next_person=introduction.first_id is not None,
        behind=asked.behind,
        times=asked.times,
    )


def _headline(request: LearningRequest, asked: Sequence[_Asked], lines: Iterable[Line]) -> str:
    if request.state in _OF_REQUEST:
        return _OF_REQUEST[request.state]
    furthest = next(iter(lines), None)
    if furthest is not None:
        return furthest.headline
    last = asked[-1].introduction.state if asked else None
    if last in _CAME_BACK and (request.state is RequestState.PROPOSED or last in (_I.CANCELLED, _I.NOT_HELD)):
        return _CAME_BACK[last]
    return str(request.state)


def _steps(headline: str, request: LearningRequest, leading: _Asked | None) -> tuple[Step, ...]:
    behind, going_on = _PROGRESS[headline]
    current = leading.introduction if leading else None
    if current is not None and current.state is _I.REFLECTED:
        behind = len(STEPS)
    done = _done_at(request, leading)
    expected = {"introduced": current.answer_by} if current and headline == "invited" else {}
    steps = []
    for place, name in enumerate(STEPS):
        if place < behind:
            steps.append(Step(name, "done", done[name]))
        elif place == behind and going_on:
            began = current.invited_at if current and name == "invited" else None
            steps.append(Step(name, "now", began or done[STEPS[place - 1]] if place else None))
        else:
            steps.append(Step(name, "next", expected.get(name)))
    return tuple(steps)


def _done_at(request: LearningRequest, leading: _Asked | None) -> dict[str, datetime | None]:
    current = leading.introduction if leading else None
    met = current is not None and current.state in (_I.MET, _I.REFLECTED)
    meeting = (leading.visit or leading.introduction.window) if leading else None
    return {
        "posted": request.posted_at,
        "matched": current.approved_at if current else None,
        "invited": current.answered_at if current else None,
        "introduced": current.introduced_at if current else None,
        "scheduled": meeting.ends_at if meeting and met else None,
        "reflected": None,
    }
