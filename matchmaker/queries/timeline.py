"""A teacher's six steps, worked out from the states of a request and its introductions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matching import explain
from models import (
    Introduction,
    IntroductionState,
    LearningRequest,
    Proposal,
    ProposalState,
    RequestState,
    Window,
)

STEPS = ("posted", "matched", "invited", "introduced", "scheduled", "reflected")

_I = IntroductionState
_YES = frozenset({_I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED, _I.MET, _I.REFLECTED})
_CAME_BACK = frozenset({_I.NOT_NOW, _I.LAPSED})
_OF_REQUEST = {
    RequestState.DRAFT: "draft",
    RequestState.ON_HOLD: "on_hold",
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
# How many of the six steps are behind, and whether the one after them is going on now.
_PROGRESS = {
    "draft": (0, True),
    "posted": (1, True),
    "proposed": (1, True),
    "none_yet": (1, True),
    "came_back": (1, True),
    "on_hold": (1, False),
    "withdrawn": (1, False),
    "approved": (2, True),
    "invited": (2, True),
    "other_times": (2, True),
    "accepted": (3, True),
    "introduced": (4, True),
    "scheduled": (5, False),
    "done": (5, True),
}


@dataclass(frozen=True)
class Step:
    """One of the six. ``status`` is done, now or next; ``at`` when it was done, began, or is expected by."""

    name: str
    status: str
    at: datetime | None


@dataclass(frozen=True)
class Timeline:
    """Where a request stands. ``headline`` is a code; ``partner_name`` is None until that partner has said yes."""

    headline: str
    steps: tuple[Step, ...]
    answer_by: datetime | None = None
    due_at: datetime | None = None
    partner_name: str | None = None
    coordinator_name: str | None = None
    window: Window | None = None


def weighed(session: Session, request: LearningRequest) -> list[dict[str, Any]]:
    """The stored reasons of whoever is to come, or is first on the desk, with what is owed to the class.

    Empty once somebody has said yes, and where nobody is put forward.
    """
    if request.state not in (RequestState.PROPOSED, RequestState.PLACED):
        return []
    chosen = session.execute(
        select(Proposal.ranking_id, Proposal.rank, Proposal.reasons)
        .outerjoin(Introduction, (Introduction.proposal_id == Proposal.id) & Introduction.state.in_(_YES))
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


def of_request(session: Session, request: LearningRequest) -> Timeline:
    """The timeline of one request."""
    return of_requests(session, [request])[request.id]


def of_requests(session: Session, requests: Sequence[LearningRequest]) -> dict[int, Timeline]:
    """The timelines of several requests by id, in one query."""
    newest: dict[int, Introduction] = {}
    for introduction in session.scalars(
        select(Introduction)
        .where(Introduction.request_id.in_([request.id for request in requests]), Introduction.state != _I.UNDONE)
        .options(
            joinedload(Introduction.partner),
            joinedload(Introduction.approved_by),
            joinedload(Introduction.window),
        )
        .order_by(Introduction.id)
    ):
        newest[introduction.request_id] = introduction
    return {request.id: _timeline(request, newest.get(request.id)) for request in requests}


def _timeline(request: LearningRequest, newest: Introduction | None) -> Timeline:
    headline = _headline(request, newest)
    current = newest if newest is not None and newest.state in _OF_INTRODUCTION else None
    if current is None:
        return Timeline(headline, _steps(headline, request, None))
    agreed = current.state in _YES
    return Timeline(
        headline,
        _steps(headline, request, current),
        answer_by=current.answer_by,
        due_at=current.due_at,
        partner_name=current.partner.name if agreed else None,
        coordinator_name=current.approved_by.name,
        window=current.window if agreed else None,
    )


def _headline(request: LearningRequest, newest: Introduction | None) -> str:
    if request.state in _OF_REQUEST:
        return _OF_REQUEST[request.state]
    if newest is not None and newest.state in _OF_INTRODUCTION:
        return _OF_INTRODUCTION[newest.state]
    if request.state is RequestState.PROPOSED and newest is not None and newest.state in _CAME_BACK:
        return "came_back"
    return str(request.state)


def _steps(headline: str, request: LearningRequest, current: Introduction | None) -> tuple[Step, ...]:
    behind, going_on = _PROGRESS[headline]
    if current is not None and current.state is _I.REFLECTED:
        behind = len(STEPS)
    done = _done_at(request, current)
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


def _done_at(request: LearningRequest, current: Introduction | None) -> dict[str, datetime | None]:
    return {
        "posted": request.posted_at,
        "matched": current.approved_at if current else None,
        "invited": current.answered_at if current else None,
        "introduced": current.introduced_at if current else None,
        "scheduled": current.window.ends_at if current and current.window and current.state is _I.MET else None,
        "reflected": None,
    }
