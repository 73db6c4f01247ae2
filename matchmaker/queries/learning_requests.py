"""Reading learning requests."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload

from models import AuditEvent, LearningRequest, RequestState, Steer, Teacher

CHANGED = "requests:request:changed"
"""The audit's word for a request that asks something else."""


def of_teacher(teacher_id: int) -> Select[LearningRequest]:
    """A teacher's requests, newest first, with what their cards show."""
    return (
        select(LearningRequest)
        .where(LearningRequest.teacher_id == teacher_id)
        .options(joinedload(LearningRequest.school), joinedload(LearningRequest.held_by))
        .order_by(LearningRequest.id.desc())
    )


def for_desk(session: Session, request_id: int) -> LearningRequest:
    """A request as ``whole`` reads it, with what coordinators did to its ranking by hand.

    Raises NoResultFound, also for a draft: nobody but its teacher sees one.
    """
    return session.scalars(on_desk(request_id)).unique().one()


def on_desk(request_id: int) -> Select[LearningRequest]:
    """The same as a query, for those who ask for more with it."""
    by_hand = joinedload(LearningRequest.steers)
    # A few dates and a few hands: read together they are one query, and few rows more.
    at_once = (by_hand.joinedload(Steer.by), by_hand.joinedload(Steer.partner), joinedload(LearningRequest.windows))
    looked_after = joinedload(LearningRequest.assigned_to)
    posted = _whole(request_id).where(LearningRequest.state != RequestState.DRAFT)
    return posted.options(*at_once, looked_after)


def whole(session: Session, request_id: int) -> LearningRequest:
    """A request with its teacher, school and windows. Raises NoResultFound."""
    return session.scalars(_whole(request_id)).unique().one()


def last_of(session: Session, teacher_id: int) -> LearningRequest | None:
    """The teacher's newest request, which fills the next form's class in."""
    return session.scalar(of_teacher(teacher_id).limit(1))


def last_change(session: Session, request: LearningRequest) -> AuditEvent | None:
    """When its teacher last changed what a request asks. Most never change, and cost no query."""
    if request.version == 1:
        return None
    changed = select(AuditEvent).where(changes_of(request.id))
    return session.scalar(changed.order_by(AuditEvent.id.desc()).limit(1))


def changes_of(request_id: object) -> ColumnElement[bool]:
    """Which events of the audit are changes of what a request asks."""
    of_it = (AuditEvent.subject_kind == LearningRequest.__tablename__) & (AuditEvent.subject_id == request_id)
    return of_it & (AuditEvent.tag == CHANGED)


def _whole(request_id: int) -> Select[LearningRequest]:
    return (
        select(LearningRequest)
        .where(LearningRequest.id == request_id)
        .options(
            joinedload(LearningRequest.school),
            joinedload(LearningRequest.held_by),
            joinedload(LearningRequest.teacher).joinedload(Teacher.account),
            joinedload(LearningRequest.windows),
        )
    )
