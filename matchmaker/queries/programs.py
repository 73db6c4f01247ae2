"""What a program may list: the rows that its owner's pages would show, and no others.

Each query is asked for one actor in one region. An actor of several roles sees what any of them would.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from matchmaker.policies import Actor
from matchmaker.queries import timeline
from models import (
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    Partner,
    Proposal,
    RequestState,
    Role,
    Teacher,
    Visit,
)

NOT_SENT = (IntroductionState.APPROVED, IntroductionState.UNDONE)
"""States of which a partner has heard nothing."""


def requests(actor: Actor, region_id: int) -> Select[LearningRequest]:
    """Requests with their teachers, schools and windows: a teacher's own, and all that are posted for the staff."""
    staff = LearningRequest.state != RequestState.DRAFT if _staff(actor, region_id) else false()
    return (
        select(LearningRequest)
        .join(Teacher, Teacher.id == LearningRequest.teacher_id)
        .where(LearningRequest.region_id == region_id, or_(staff, _asked_by(actor, region_id)))
        .options(
            contains_eager(LearningRequest.teacher).joinedload(Teacher.account),
            joinedload(LearningRequest.school),
            joinedload(LearningRequest.held_by),
            joinedload(LearningRequest.assigned_to),
            selectinload(LearningRequest.windows),
        )
    )


def proposals(region_id: int) -> Select[Proposal]:
    """Every proposal of a region, with whom it is about."""
    return (
        select(Proposal)
        .where(Proposal.region_id == region_id)
        .options(joinedload(Proposal.partner), joinedload(Proposal.fund))
    )


def introductions(actor: Actor, region_id: int) -> Select[Introduction]:
    """Introductions with both sides: a teacher's that her pages tell of, a partner's that were sent, all for staff."""
    return (
        select(Introduction)
        .join(LearningRequest, LearningRequest.id == Introduction.request_id)
        .join(Teacher, Teacher.id == LearningRequest.teacher_id)
        .join(Partner, Partner.id == Introduction.partner_id)
        .where(Introduction.region_id == region_id, _of_theirs(actor, region_id))
        .options(*_both_sides())
    )


def visits(actor: Actor, region_id: int) -> Select[Visit]:
    """Visits with their introductions; whoever has one has said yes, and so has the other side."""
    mine = or_(_asked_by(actor, region_id), _theirs(actor, region_id))
    whole = contains_eager(Visit.introduction)
    return (
        select(Visit)
        .join(Introduction, Introduction.id == Visit.introduction_id)
        .join(LearningRequest, LearningRequest.id == Introduction.request_id)
        .join(Teacher, Teacher.id == LearningRequest.teacher_id)
        .join(Partner, Partner.id == Introduction.partner_id)
        .where(Visit.region_id == region_id, *(() if _staff(actor, region_id) else (mine,)))
        .options(whole.options(*_both_sides()))
    )


def partners(actor: Actor, region_id: int) -> Select[Partner]:
    """Partners: one's own profile, for the staff all but those that were merged into others."""
    mine = () if _staff(actor, region_id) else (_theirs(actor, region_id),)
    return select(Partner).where(Partner.region_id == region_id, Partner.merged_into_id.is_(None), *mine)


def funds(actor: Actor, region_id: int) -> Select[Fund]:
    """Funds of knowledge with whose they are: one's own, all for the staff."""
    mine = () if _staff(actor, region_id) else (_theirs(actor, region_id),)
    return (
        select(Fund)
        .join(Partner, Partner.id == Fund.partner_id)
        .where(Fund.region_id == region_id, Partner.merged_into_id.is_(None), *mine)
        .options(contains_eager(Fund.partner))
    )


def _of_theirs(actor: Actor, region_id: int) -> ColumnElement[bool]:
    if _staff(actor, region_id):
        return Introduction.id.is_not(None)
    told = Introduction.state.in_(timeline.TOLD)
    sent = Introduction.state.not_in(NOT_SENT)
    return or_(_asked_by(actor, region_id) & told, _theirs(actor, region_id) & sent)


def _asked_by(actor: Actor, region_id: int) -> ColumnElement[bool]:
    return Teacher.account_id == actor.account_id if actor.is_a(region_id, Role.TEACHER) else false()


def _theirs(actor: Actor, region_id: int) -> ColumnElement[bool]:
    return Partner.account_id == actor.account_id if actor.is_a(region_id, Role.PARTNER) else false()


def _staff(actor: Actor, region_id: int) -> bool:
    return actor.is_a(region_id, Role.COORDINATOR, Role.ADMIN)


def _both_sides() -> tuple[Any, ...]:
    request = contains_eager(Introduction.request)
    return (
        request.joinedload(LearningRequest.school),
        request.contains_eager(LearningRequest.teacher).joinedload(Teacher.account),
        contains_eager(Introduction.partner),
        joinedload(Introduction.approved_by),
    )
