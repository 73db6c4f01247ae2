"""Where a request stands, worked out from its introductions: one place for what every verb on these changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import LIVE_INTRODUCTIONS, Introduction, IntroductionState, LearningRequest, RequestState

_HELD = frozenset({IntroductionState.MET, IntroductionState.REFLECTED})
_FOLLOWS = frozenset({RequestState.PROPOSED, RequestState.NONE_YET, RequestState.PLACED, RequestState.SCHEDULED})


def settle(session: Session, request: LearningRequest, now: datetime, actor_id: int | None = None) -> None:
    """Bring a request's state in line with its introductions. The caller holds its lock.

    Placed while somebody is asked or met, scheduled once all who come have a date, done when the last visit was held;
    with nobody left it is back on the desk. Somebody found ends a hold.
    """
    if request.state not in _FOLLOWS:
        return
    session.flush()
    wanted = _wanted(list(session.scalars(select(Introduction.state).where(Introduction.request_id == request.id))))
    if wanted is RequestState.PROPOSED and request.state is RequestState.NONE_YET:
        # On the desk already; whether there is somebody to propose is the ranker's to say.
        return
    if request.state is not wanted:
        if wanted is not RequestState.PROPOSED:
            request.take_up()
        request.become(wanted, at=now, actor_id=actor_id)


def wants_more(session: Session, request: LearningRequest) -> bool:
    """Whether fewer people are asked, agreed or have come than the request is for."""
    counted = [
        state
        for state in session.scalars(select(Introduction.state).where(Introduction.request_id == request.id))
        if state in LIVE_INTRODUCTIONS | _HELD
    ]
    return len(counted) < request.partners_wanted


def _wanted(states: list[IntroductionState]) -> RequestState:
    live = [state for state in states if state in LIVE_INTRODUCTIONS]
    if live:
        agreed = all(state is IntroductionState.SCHEDULED for state in live)
        return RequestState.SCHEDULED if agreed else RequestState.PLACED
    return RequestState.DONE if any(state in _HELD for state in states) else RequestState.PROPOSED
