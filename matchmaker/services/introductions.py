"""What follows an approval: the partner's answer, the two introductions, and calling an invitation off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries.introductions import live
from matchmaker.services import capacity, proposals, ranker
from models import (
    LIVE_INTRODUCTIONS,
    Introduction,
    IntroductionState,
    LearningRequest,
    NotNowReason,
    QueueName,
    Region,
    RequestState,
    Window,
)

_YES = frozenset(
    {IntroductionState.ACCEPTED, IntroductionState.INTRODUCED, IntroductionState.SCHEDULED, IntroductionState.MET}
)


class InvitationOver(Conflict):
    """The invitation no longer stands: taken back, withdrawn or lapsed."""


class AnsweredYes(Conflict):
    """A yes was given; changing it takes a word with the other side."""


class NextPersonAsked(Conflict):
    """A "not now" was given and somebody else has been asked since."""


class DateGone(Invalid):
    """The chosen date is not one of those offered, or has passed."""


def accept(session: Session, key: UUID, window_id: int | None, clock: Clock) -> Introduction:
    """A partner says yes. The first answer wins and a repeat returns it; a "not now" may still become a yes until the
    next person is asked.

    Raises DateGone, InvitationOver, NextPersonAsked or PartnerFull (the chosen month filled up meanwhile).
    """
    now = clock()
    introduction, request = _locked(session, key)
    if introduction.state in _YES:
        return introduction
    _require_open(introduction, request)
    window = _offered(request, window_id, now)
    region = session.get_one(Region, request.region_id)
    period = (
        capacity.period_of(window.starts_at, region) if window else capacity.period_of_request(request, region, now)
    )
    capacity.move(session, introduction, period, now)
    introduction.become(IntroductionState.ACCEPTED, at=now)
    introduction.answered_at = now
    introduction.window_id = window.id if window else None
    introduction.not_now_reason = None
    if request.state is not RequestState.PLACED:
        request.become(RequestState.PLACED, at=now)
    audit.record(session, NOBODY, audit.Tag.INVITATION_ACCEPTED, introduction, at=now)
    for recipient in ("teacher", "partner"):
        outbox.put(
            session,
            name=QueueName.MAIL,
            key=f"introduction:{introduction.key}:{recipient}",
            kind=f"introduction_{recipient}",
            due_at=now,
            region_id=introduction.region_id,
            payload={"introduction_id": introduction.id},
        )
    session.flush()
    return introduction


def not_now(session: Session, key: UUID, reason: NotNowReason | None, clock: Clock) -> Introduction:
    """A partner says not now: the unit is free again and the request goes back to the desk. A repeat changes nothing.

    Raises AnsweredYes after a yes, InvitationOver when the invitation no longer stands.
    """
    now = clock()
    introduction, request = _locked(session, key)
    if introduction.state is IntroductionState.NOT_NOW:
        return introduction
    if introduction.state in _YES:
        raise AnsweredYes(state=introduction.state)
    _require_open(introduction, request)
    introduction.become(IntroductionState.NOT_NOW, at=now)
    introduction.answered_at = now
    introduction.not_now_reason = reason
    capacity.release(session, introduction, now)
    request.become(RequestState.PROPOSED, at=now)
    audit.record(session, NOBODY, audit.Tag.INVITATION_NOT_NOW, introduction, at=now)
    ranker.ask(session, request, f"not-now-{introduction.id}", now)
    session.flush()
    return introduction


def call_off(session: Session, actor: Actor, request: LearningRequest, now: datetime) -> bool:
    """End whatever invitation holds a request that is being withdrawn. False when somebody has already said yes.

    The caller holds the lock on the request.
    """
    introduction = live(session, request.id)
    if introduction is None:
        return True
    session.refresh(introduction, with_for_update=True)
    if introduction.state is IntroductionState.APPROVED:
        proposals.take_back(session, actor, introduction, now)
    elif introduction.may_become(IntroductionState.WITHDRAWN):
        introduction.become(IntroductionState.WITHDRAWN, at=now, actor_id=actor.account_id)
        capacity.release(session, introduction, now)
    return introduction.state not in LIVE_INTRODUCTIONS


def _locked(session: Session, key: UUID) -> tuple[Introduction, LearningRequest]:
    """The introduction and its request, locked in that order everywhere: request first, then introduction."""
    introduction = session.scalar(select(Introduction).where(Introduction.key == key))
    if introduction is None:
        raise NotFound
    request = session.get_one(LearningRequest, introduction.request_id, with_for_update=True, populate_existing=True)
    session.refresh(introduction, with_for_update=True)
    return introduction, request


def _require_open(introduction: Introduction, request: LearningRequest) -> None:
    if introduction.state is IntroductionState.NOT_NOW:
        if request.state not in (RequestState.PROPOSED, RequestState.NONE_YET):
            raise NextPersonAsked
    elif introduction.state is not IntroductionState.INVITED:
        raise InvitationOver(state=introduction.state)


def _offered(request: LearningRequest, window_id: int | None, now: datetime) -> Window | None:
    """The chosen window. None only when the teacher offered no date at all."""
    if not request.windows:
        return None
    chosen = next((window for window in request.windows if window.id == window_id), None)
    if chosen is None or chosen.starts_at <= now:
        raise DateGone
    return chosen
