"""Two people at the same moment, on two real connections: one result, and the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.clock import Clock, utc_now
from matchmaker.extensions import db
from matchmaker.mail.transport import Transport
from matchmaker.services import accounts, capacity, introductions, partners, proposals, requests
from matchmaker.services.capacity import PartnerFull
from matchmaker.services.introductions import AnsweredYes, InvitationOver
from matchmaker.services.proposals import AlreadyApproved, AlreadySent, PassReason, RequestChanged
from matchmaker.services.requests import SomebodyChosen
from models import (
    AuditEvent,
    CapacityUnit,
    Introduction,
    IntroductionState,
    LearningRequest,
    Membership,
    OutboxItem,
    Partner,
    Proposal,
    QueueName,
    Region,
    RequestState,
    Teacher,
)
from tests import factories as f
from tests.cast import Cast, assemble
from tests.databases import OwnDatabase
from tests.embedded.watching import until
from tests.mail.conftest import Postbox, Server
from tests.services.conftest import Desk, set_desk
from tests.services.test_requests import DRAFT

Act = Callable[[Session], object]


@dataclass(frozen=True)
class Stage:
    """A desk in a database of its own."""

    database: OwnDatabase
    cast: Cast
    desk: Desk

    def overtake(self, early: Act, late: Act, seen: Act = lambda session: None) -> Future[object]:
        """Let ``late`` begin while ``early`` has done its part but not committed; returns what became of ``late``.

        ``seen`` is what the late one's page had read before: rows that are stale by the time they matter.
        """
        with self.database.session() as one, self.database.session() as two, ThreadPoolExecutor(1) as thread:
            page = seen(two)  # Held until the end: the session itself would forget a row that nobody holds.
            early(one)
            outcome = thread.submit(lambda: (late(two), two.commit()))
            until(lambda: self.database.waiting() or outcome.done())
            assert not outcome.done(), outcome.exception() or "nobody waited"
            one.commit()
            outcome.exception(timeout=30)
            del page
            return outcome

    def count(self, *criteria: object, of: type = Introduction) -> int:
        with self.database.session() as session:
            return session.scalar(select(func.count()).select_from(of).where(*criteria)) or 0  # type: ignore[arg-type]


@pytest.fixture
def stage(own_database: OwnDatabase) -> Stage:
    with own_database.stored():
        cast = assemble()
        desk = set_desk(cast)
        assert len(desk.request.windows) == 2
    return Stage(own_database, cast, desk)


def load(kind: type, row: object) -> Act:
    """What a view does before it calls a service: read the row to see whether this person may."""
    return lambda session: session.get_one(kind, row.id)  # type: ignore[attr-defined]


def test_two_coordinators_approve_one_proposal(stage: Stage, clock: Clock) -> None:
    outcome = stage.overtake(
        lambda session: stage.desk.approve(session, clock),
        lambda session: stage.desk.approve(session, clock, stage.desk.ben),
        seen=load(LearningRequest, stage.desk.request),
    )
    told = outcome.exception()
    assert isinstance(told, AlreadyApproved)
    assert told.facts["by"] == "Marisol Vega"
    assert (stage.count(), stage.count(of=CapacityUnit), stage.count(of=OutboxItem)) == (1, 1, 1)


def test_two_requests_for_one_person_in_the_very_same_moment(
    own_database: OwnDatabase, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_database.stored():
        cast = assemble()
        desks = [set_desk(cast), set_desk(cast)]
    both_written, hold = threading.Barrier(2), capacity.hold

    def hold_once_both_are_written(*given: Any) -> CapacityUnit:
        both_written.wait(30)
        return hold(*given)

    monkeypatch.setattr(capacity, "hold", hold_once_both_are_written)

    def approve(desk: Desk) -> None:
        with own_database.session() as session:
            desk.approve(session, clock)
            session.commit()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(approve, desks)) == [None, None]
    with own_database.session() as session:
        held = session.scalars(select(CapacityUnit.unit).where(CapacityUnit.partner_id == cast.esperanza.id))
        assert sorted(held) == [1, 2]


def test_two_coordinators_approve_two_people_for_one_request(stage: Stage, clock: Clock) -> None:
    outcome = stage.overtake(
        lambda session: stage.desk.approve(session, clock),
        lambda session: stage.desk.approve(session, clock, stage.desk.ben, second=True),
    )
    assert isinstance(outcome.exception(), AlreadyApproved)
    assert (stage.count(), stage.count(of=CapacityUnit)) == (1, 1)


def test_one_coordinator_clicks_twice(stage: Stage, clock: Clock) -> None:
    outcome = stage.overtake(
        lambda session: stage.desk.approve(session, clock), lambda session: stage.desk.approve(session, clock)
    )
    assert outcome.exception() is None
    assert stage.count() == 1


def test_two_requests_want_one_partners_last_place(own_database: OwnDatabase, clock: Clock) -> None:
    with own_database.stored():
        cast = assemble()
        cast.esperanza.monthly_capacity = 1
        one, other = set_desk(cast), set_desk(cast)
    stage = Stage(own_database, cast, one)
    outcome = stage.overtake(
        lambda session: one.approve(session, clock), lambda session: other.approve(session, clock, other.ben)
    )
    assert isinstance(outcome.exception(), PartnerFull)
    assert (stage.count(), stage.count(of=CapacityUnit)) == (1, 1)
    assert stage.count(LearningRequest.state == RequestState.PROPOSED, of=LearningRequest) == 1


def test_approving_what_is_being_passed_over(stage: Stage, clock: Clock) -> None:
    def pass_over(session: Session) -> None:
        proposals.pass_over(session, stage.desk.ben, stage.desk.first.id, PassReason.DATES, "", clock)

    outcome = stage.overtake(
        pass_over, lambda session: stage.desk.approve(session, clock), seen=load(Proposal, stage.desk.first)
    )
    assert isinstance(outcome.exception(), RequestChanged)
    assert stage.count() == 0


def test_approving_what_is_being_withdrawn(stage: Stage, clock: Clock) -> None:
    outcome = stage.overtake(
        lambda session: requests.withdraw(session, stage.desk.ben, stage.desk.request.id, clock),
        lambda session: stage.desk.approve(session, clock),
        seen=load(LearningRequest, stage.desk.request),
    )
    assert isinstance(outcome.exception(), RequestChanged)
    assert (stage.count(), stage.count(of=CapacityUnit)) == (0, 0)


def test_changing_what_is_being_approved(stage: Stage, clock: Clock) -> None:
    outcome = stage.overtake(
        lambda session: stage.desk.approve(session, clock),
        lambda session: requests.change(session, stage.desk.marisol, stage.desk.request.id, 1, DRAFT, clock),
        seen=load(LearningRequest, stage.desk.request),
    )
    assert isinstance(outcome.exception(), SomebodyChosen)
    assert (stage.count(), stage.count(LearningRequest.version == 1, of=LearningRequest)) == (1, 1)


def test_a_double_click_on_post(stage: Stage, clock: Clock) -> None:
    def post(session: Session) -> None:
        requests.post(session, stage.desk.marisol, session.get_one(Teacher, stage.cast.ana.id), DRAFT, clock)

    assert stage.overtake(post, post).exception() is None
    assert stage.count(LearningRequest.form_key == DRAFT.form_key, of=LearningRequest) == 1


@pytest.fixture
def invited(stage: Stage, clock: Clock) -> Introduction:
    with stage.database.session() as session:
        introduction = stage.desk.approve(session, clock)
        introduction.become(IntroductionState.INVITED, at=f.NOW)
        session.commit()
        session.refresh(introduction)
    return introduction


def test_a_yes_and_a_not_now_in_two_tabs(stage: Stage, invited: Introduction, clock: Clock) -> None:
    window = stage.desk.request.windows[0]
    outcome = stage.overtake(
        lambda session: introductions.accept(session, invited.key, window.id, clock),
        lambda session: introductions.not_now(session, invited.key, None, clock),
        seen=load(Introduction, invited),
    )
    assert isinstance(outcome.exception(), AnsweredYes)
    assert stage.count(Introduction.state == IntroductionState.ACCEPTED) == 1
    assert stage.count(CapacityUnit.released_at.is_(None), of=CapacityUnit) == 1


def test_two_yeses(stage: Stage, invited: Introduction, clock: Clock) -> None:
    first, second = stage.desk.request.windows
    outcome = stage.overtake(
        lambda session: introductions.accept(session, invited.key, first.id, clock),
        lambda session: introductions.accept(session, invited.key, second.id, clock),
        seen=load(Introduction, invited),
    )
    assert outcome.exception() is None
    assert stage.count(Introduction.window_id == first.id) == 1
    assert stage.count(OutboxItem.kind.startswith("introduction_"), of=OutboxItem) == 2


def test_a_yes_to_what_is_being_withdrawn(stage: Stage, invited: Introduction, clock: Clock) -> None:
    window = stage.desk.request.windows[0]
    outcome = stage.overtake(
        lambda session: requests.withdraw(session, stage.desk.ben, stage.desk.request.id, clock),
        lambda session: introductions.accept(session, invited.key, window.id, clock),
        seen=load(Introduction, invited),
    )
    assert isinstance(outcome.exception(), InvitationOver)
    assert stage.count(CapacityUnit.released_at.is_(None), of=CapacityUnit) == 0


def test_two_changes_raise_the_revision_twice(stage: Stage, clock: Clock) -> None:
    def pause(partner: Partner) -> Act:
        return lambda session: partners.pause(session, stage.desk.ben, session.get_one(Partner, partner.id), clock)

    assert stage.overtake(
        pause(stage.cast.ramon), pause(stage.cast.esperanza), seen=load(Region, stage.cast.region)
    ).exception() is None  # fmt: skip
    with stage.database.session() as session:
        assert session.get_one(Region, stage.cast.region.id).revision == 2


def test_two_coordinators_vouch_for_one_teacher(stage: Stage, clock: Clock) -> None:
    membership = stage.cast.nueva_membership
    outcome = stage.overtake(
        lambda session: accounts.vouch(session, stage.desk.marisol, membership.id, clock),
        lambda session: accounts.vouch(session, stage.desk.ben, membership.id, lambda: f.NOW + timedelta(hours=1)),
        seen=load(Membership, membership),
    )
    assert outcome.exception() is None
    assert stage.count(AuditEvent.tag == "people:membership:vouched", of=AuditEvent) == 1
    assert stage.count(Membership.vouched_by_id == stage.cast.marisol.id, of=Membership) == 1


class SlowPostbox(Postbox):
    """Takes a mail only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    async def handle_DATA(self, server, session, envelope) -> str:  # type: ignore[no-untyped-def]
        self.asked.set()
        await server.loop.run_in_executor(None, self.go.wait, 30)
        return await super().handle_DATA(server, session, envelope)


@contextmanager
def mailer(database: OwnDatabase, postbox: Postbox) -> Iterator[Callable[[], bool]]:
    """What the mailer's process does once, on a real SMTP server."""
    app = database.app()
    running = Server(postbox)
    with Transport(postbox.url) as transport:
        app.extensions["transport"] = transport

        def once() -> bool:
            with app.app_context():
                return jobs.do_next(db.session, QueueName.MAIL)

        yield once
    with app.app_context():
        db.engine.dispose()
    running.stop()


@pytest.fixture
def due(own_database: OwnDatabase) -> Stage:
    """Esperanza is approved, and her invitation is due this very moment."""
    with own_database.stored() as session:
        cast = assemble()
        cast.region.undo_seconds, cast.region.clearance_required = 0, False
        # The test runs at any time of day.
        cast.region.quiet_from = cast.region.quiet_until = 0
        desk = set_desk(cast, starts_at=utc_now() + timedelta(days=21))
        desk.approve(session, utc_now)
    return Stage(own_database, cast, desk)


def undo(stage: Stage, session: Session) -> Introduction:
    introduction = session.scalars(select(Introduction)).one()
    return proposals.undo(session, stage.desk.marisol, introduction.id, utc_now)


def test_an_undo_while_the_mail_is_on_its_way_comes_too_late(due: Stage) -> None:
    postbox = SlowPostbox()
    with mailer(due.database, postbox) as once, due.database.session() as session, ThreadPoolExecutor(2) as threads:
        sending = threads.submit(once)
        assert postbox.asked.wait(30)
        undoing = threads.submit(undo, due, session)
        until(lambda: due.database.waiting() or undoing.done())
        postbox.go.set()
        assert sending.result(30)
        assert isinstance(undoing.exception(30), AlreadySent)
    assert len(postbox.raw) == 1
    assert due.count(Introduction.state == IntroductionState.INVITED) == 1


def test_a_mail_that_is_undone_at_the_last_moment_does_not_leave(due: Stage) -> None:
    postbox = Postbox()
    with mailer(due.database, postbox) as once, due.database.session() as session, ThreadPoolExecutor(1) as thread:
        undo(due, session)
        sending = thread.submit(once)
        until(lambda: due.database.waiting() or sending.done())
        assert not sending.done()
        session.commit()
        assert sending.result(30)
    assert postbox.raw == []
    assert due.count(OutboxItem.done_at.is_not(None), of=OutboxItem) == 1
    assert due.count(Introduction.state == IntroductionState.UNDONE) == 1
