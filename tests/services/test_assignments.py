"""Who looks after a request: only staff of the region, and tasks about it go to them while they are there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.services import assignments, tasks
from models import Account, AuditEvent, Membership, RequestState, TaskKind
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import Desk, acting


def test_a_request_is_given_to_somebody_and_to_nobody(session: Session, cast: Cast, desk: Desk, clock: Clock) -> None:
    given = assignments.assign(session, desk.marisol, desk.request.id, cast.ben.id, clock)
    assert given.assigned_to is cast.ben
    assignments.assign(session, desk.ben, desk.request.id, cast.ben.id, clock)
    assert assignments.assign(session, desk.ben, desk.request.id, None, clock).assigned_to is None
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.tag, event.detail) for event in events] == [
        ("desk:request:assigned", {"account": cast.ben.id}),
        ("desk:request:assigned", {"account": None}),
    ]


def test_nobody_but_the_regions_staff_looks_after_a_request(
    session: Session, cast: Cast, desk: Desk, clock: Clock
) -> None:
    gone = f.MembershipFactory(region=cast.region, role="coordinator", until=f.NOW - timedelta(days=1))
    for other in (cast.olga, cast.ana.account, cast.fran, cast.charlie, gone.account):
        with pytest.raises(tasks.NobodyToAsk):
            assignments.assign(session, desk.marisol, desk.request.id, other.id, clock)
    assert assignments.assign(session, desk.marisol, desk.request.id, cast.ada.id, clock).assigned_to is cast.ada


def test_a_draft_is_nobodys(session: Session, cast: Cast, clock: Clock) -> None:
    draft = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.DRAFT)
    with pytest.raises(NotFound):
        assignments.assign(session, acting(cast.ben), draft.id, cast.ben.id, clock)


def owner_of_a_new_task(session: Session, cast: Cast, desk: Desk, *, with_introduction: bool = False) -> Account:
    about = {"request": desk.request}
    if with_introduction:
        about = {"introduction": f.IntroductionFactory(region=cast.region, suggested=desk.first, coordinator=cast.ben)}
    task = tasks.open_task(session, TaskKind.NO_ANSWER, f"a:{with_introduction}", cast.region, now=f.NOW, **about)
    return task.owner


@pytest.mark.parametrize("with_introduction", [False, True])
def test_tasks_opened_later_go_to_whoever_looks_after_the_request(
    session: Session, cast: Cast, desk: Desk, clock: Clock, with_introduction: bool
) -> None:
    for _ in range(2):
        f.TaskFactory(region=cast.region, owner=cast.ada)
    assignments.assign(session, desk.marisol, desk.request.id, cast.ada.id, clock)
    assert owner_of_a_new_task(session, cast, desk, with_introduction=with_introduction) is cast.ada


def test_whoever_left_the_staff_gets_no_task(session: Session, cast: Cast, desk: Desk, clock: Clock) -> None:
    assignments.assign(session, desk.marisol, desk.request.id, cast.ada.id, clock)
    membership = session.scalars(select(Membership).where(Membership.account_id == cast.ada.id)).one()
    membership.until = f.NOW
    assert owner_of_a_new_task(session, cast, desk) is not cast.ada
