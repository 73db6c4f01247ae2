"""Mails that were put aside because trying again is useless: a person has to act, so the desk shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Integer, cast, exists, select
from sqlalchemy.orm import Session

from models import Introduction, IntroductionState, LearningRequest, OutboxItem

_WANTS_MAIL = (IntroductionState.APPROVED, IntroductionState.ACCEPTED)
_introduction_named = cast(OutboxItem.payload["introduction_id"].astext, Integer)


def some_put_aside() -> ColumnElement[bool]:
    """Whether a mail of a request's introduction was put aside and is still wanted; for a query over requests."""
    return exists().where(
        OutboxItem.failed_at.is_not(None),
        OutboxItem.region_id == LearningRequest.region_id,
        Introduction.id == _introduction_named,
        Introduction.request_id == LearningRequest.id,
        Introduction.state.in_(_WANTS_MAIL),
    )


def put_aside(session: Session, introductions: Iterable[Introduction]) -> Sequence[OutboxItem]:
    """The mails of a region's introductions that were put aside and are still wanted, oldest first."""
    waiting = {each.id: each.region_id for each in introductions if each.state in _WANTS_MAIL}
    if not waiting:
        return []
    return session.scalars(
        select(OutboxItem)
        .where(
            OutboxItem.failed_at.is_not(None),
            OutboxItem.region_id.in_(set(waiting.values())),
            _introduction_named.in_(waiting),
        )
        .order_by(OutboxItem.id)
    ).all()
