"""Which introduction holds a request, and the rows that every change of one locks first."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.errors import NotFound
from models import LIVE_INTRODUCTIONS, Introduction, IntroductionState, LearningRequest, Teacher

_BEFORE = (IntroductionState.APPROVED, IntroductionState.UNDONE)


def all_live(session: Session, request_id: int) -> list[Introduction]:
    """Every introduction that now holds a request, the oldest first."""
    return list(
        session.scalars(
            select(Introduction)
            .where(Introduction.request_id == request_id, Introduction.state.in_(LIVE_INTRODUCTIONS))
            .order_by(Introduction.id)
        )
    )


def live(session: Session, request_id: int) -> Introduction | None:
    """The introduction that now holds a request, if one does."""
    return session.scalar(
        select(Introduction)
        .where(Introduction.request_id == request_id, Introduction.state.in_(LIVE_INTRODUCTIONS))
        .order_by(Introduction.id.desc())
        .limit(1)
    )


def of_partner(partner_id: int) -> Select[Introduction]:
    """Every invitation that a partner got, and what became of it, the newest first."""
    return (
        select(Introduction)
        .where(Introduction.partner_id == partner_id, Introduction.state.not_in(_BEFORE))
        .options(
            joinedload(Introduction.window),
            joinedload(Introduction.request).options(
                joinedload(LearningRequest.school),
                joinedload(LearningRequest.teacher).joinedload(Teacher.account),
            ),
        )
        .order_by(Introduction.id.desc())
    )


def locked(session: Session, key: UUID) -> tuple[Introduction, LearningRequest]:
    """An introduction and its request, locked in that order everywhere: request first, then introduction.

    Raises NotFound.
    """
    introduction = session.scalar(select(Introduction).where(Introduction.key == key))
    if introduction is None:
        raise NotFound
    request = session.get_one(LearningRequest, introduction.request_id, with_for_update=True, populate_existing=True)
    # Not refresh(): it repeats the outer joins of an earlier read of this row, and those cannot be locked.
    introduction = session.get_one(Introduction, introduction.id, with_for_update=True, populate_existing=True)
    return introduction, request
