"""When somebody cannot: the next backup is asked if still free, and in the end a named coordinator has the request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Invalid, NotFound
from matchmaker.policies import NOBODY
from matchmaker.services import introductions, overdue, proposals, requests, sent, visits
from matchmaker.services.introductions import NextPersonAsked
from matchmaker.services.proposals import AlreadyApproved
from models import (
    Backup,
    BackupState,
    Clearance,
    Introduction,
    IntroductionState,
    OtherTime,
    OutboxItem,
    RequestState,
    Side,
    Task,
    TaskKind,
    Visit,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import OCTOBER, Desk, audited, waiting

Held = Callable[..., int]


def leave(session: Session, introduction: Introduction, clock: Clock) -> Introduction:
    """The invitation of an introduction leaves, as the mailer would have it."""
    item = session.scalars(select(OutboxItem).where(OutboxItem.key == f"invitation:{introduction.key}")).one()
    item.done_at = clock()
    sent.invited(session, item, clock())
    session.flush()
    return introduction


def backups(session: Session) -> list[Backup]:
    return list(session.scalars(select(Backup).order_by(Backup.id)))


def newest(session: Session) -> Introduction:
    return session.scalars(select(Introduction).order_by(Introduction.id.desc()).limit(1)).one()


def due(session: Session, kind: str) -> OutboxItem:
    return session.scalars(select(OutboxItem).where(OutboxItem.kind == kind).order_by(OutboxItem.id.desc())).first()


@pytest.fixture
def asked(session: Session, desk: Desk, clock: Clock) -> Introduction:
    """Esperanza is invited, Ramón waits behind her."""
    return leave(session, desk.approve(session, clock, backups=[desk.second]), clock)


def test_a_backup_waits_and_holds_nothing(session: Session, desk: Desk, asked: Introduction, held: Held) -> None:
    [backup] = backups(session)
    assert (backup.position, backup.state, backup.proposal_id) == (1, BackupState.WAITING, desk.second.id)
    assert (held(desk.first.partner_id, OCTOBER), held(desk.second.partner_id)) == (1, 0)


def test_not_now_asks_the_backup(session: Session, desk: Desk, asked: Introduction, clock: Clock, held: Held) -> None:
    introductions.not_now(session, asked.key, None, clock)
    promoted = newest(session)
    assert (promoted.partner_id, promoted.first_id) == (desk.second.partner_id, asked.id)
    assert (promoted.state, promoted.due_at) == (IntroductionState.APPROVED, f.NOW + timedelta(seconds=600))
    assert backups(session)[0].state is BackupState.PROMOTED
    assert (held(desk.first.partner_id), held(desk.second.partner_id, OCTOBER)) == (0, 1)
    assert desk.request.state is RequestState.PLACED
    assert f"invitation:{promoted.key}" in waiting(session)
    assert audited(session)[-2:] == ["invitations:introduction:not_now", "invitations:backup:promoted"]
    assert session.scalars(select(Task)).all() == []


def test_silence_is_recalled_once_then_lapses_and_asks_the_backup_once(
    session: Session, desk: Desk, asked: Introduction, held: Held
) -> None:
    item, later = due(session, "unanswered"), asked.answer_by
    assert later is not None and item.due_at < later
    for at in (item.due_at, later - timedelta(minutes=1)):
        assert overdue.unanswered(session, item, at) == later, "not yet"
    assert asked.reminded_at == item.due_at
    assert overdue.unanswered(session, item, later) is None
    assert asked.state is IntroductionState.LAPSED
    assert newest(session).partner_id == desk.second.partner_id
    assert overdue.unanswered(session, item, later) is None
    assert (held(), len(session.scalars(select(Introduction)).all())) == (1, 2)
    told = [key for key in waiting(session) if key.startswith("invitation_")]
    assert told == [f"invitation_reminder:{asked.key}:partner:0", f"invitation_over:{asked.key}:partner:0"]


def test_no_reminder_after_an_answer(session: Session, asked: Introduction, clock: Clock) -> None:
    item = due(session, "unanswered")
    introductions.not_now(session, asked.key, None, clock)
    assert overdue.unanswered(session, item, item.due_at) is None
    assert asked.reminded_at is None


@pytest.mark.parametrize("why", ["paused", "full", "clearance", "dates"])
def test_a_backup_who_is_no_longer_free_is_not_asked(
    session: Session, cast: Cast, desk: Desk, asked: Introduction, clock: Clock, why: str
) -> None:
    if why == "paused":
        cast.ramon.paused_at = f.NOW
    elif why == "full":
        cast.ramon.monthly_capacity = 0
    elif why == "clearance":
        cast.ramon.clearance = Clearance.NONE
    else:
        cast.ramon.weekdays = [6]
    session.flush()
    introductions.not_now(session, asked.key, None, clock)
    assert backups(session)[0].state is BackupState.DROPPED
    assert desk.request.state is RequestState.PROPOSED
    [task] = session.scalars(select(Task))
    assert (task.kind, task.owner.name, task.due_on) == (TaskKind.NOBODY_LEFT, "Marisol Vega", date(2026, 9, 16))
    assert f"looking_further:{task.id}" in waiting(session)


def test_the_task_is_done_when_somebody_else_is_approved(session: Session, desk: Desk, clock: Clock) -> None:
    first = leave(session, desk.approve(session, clock), clock)
    introductions.not_now(session, first.key, None, clock)
    [task] = session.scalars(select(Task))
    assert task.done_at is None
    desk.approve(session, clock, second=True)
    assert task.done_at == f.NOW


def test_not_now_becomes_a_yes_while_the_backups_invitation_has_not_left(
    session: Session, desk: Desk, asked: Introduction, clock: Clock, held: Held
) -> None:
    introductions.not_now(session, asked.key, None, clock)
    promoted = newest(session)
    introductions.accept(session, asked.key, desk.request.windows[0].id, clock)
    assert (asked.state, promoted.state) == (IntroductionState.ACCEPTED, IntroductionState.UNDONE)
    assert backups(session)[0].state is BackupState.WAITING
    assert (held(desk.first.partner_id), held(desk.second.partner_id)) == (1, 0)


def test_not_now_stays_once_the_backups_invitation_has_left(
    session: Session, desk: Desk, asked: Introduction, clock: Clock
) -> None:
    introductions.not_now(session, asked.key, None, clock)
    leave(session, newest(session), clock)
    with pytest.raises(NextPersonAsked):
        introductions.accept(session, asked.key, desk.request.windows[0].id, clock)


def test_taking_the_approval_back_drops_its_backups(session: Session, desk: Desk, clock: Clock) -> None:
    introduction = desk.approve(session, clock, backups=[desk.second])
    proposals.undo(session, desk.marisol, introduction.id, clock)
    assert [backup.state for backup in backups(session)] == [BackupState.DROPPED]
    assert desk.request.state is RequestState.PROPOSED


def test_a_withdrawn_request_tells_whoever_was_invited(
    session: Session, desk: Desk, asked: Introduction, clock: Clock, held: Held
) -> None:
    requests.withdraw(session, desk.marisol, desk.request.id, clock)
    assert (asked.state, held()) == (IntroductionState.WITHDRAWN, 0)
    assert f"invitation_over:{asked.key}:partner:0" in waiting(session)
    assert [backup.state for backup in backups(session)] == [BackupState.DROPPED]


def test_backups_are_proposals_of_the_page_each_once_and_three_at_most(
    session: Session, cast: Cast, desk: Desk, clock: Clock
) -> None:
    with pytest.raises(NotFound), session.begin_nested():
        desk.approve(session, clock, backups=[f.ProposalFactory(region=cast.region)])
    others = [
        f.ProposalFactory(region=cast.region, of=desk.request, found_in=desk.ranking, rank=rank) for rank in range(3, 7)
    ]
    with pytest.raises(Invalid), session.begin_nested():
        desk.approve(session, clock, backups=others)
    approved = desk.approve(session, clock, backups=[desk.second, desk.second, desk.first, others[0]])
    assert [(b.introduction_id, b.proposal_id) for b in backups(session)] == [
        (approved.id, desk.second.id),
        (approved.id, others[0].id),
    ]


def test_a_request_for_two_takes_two_and_is_scheduled_when_both_have_a_date(
    session: Session, desk: Desk, clock: Clock
) -> None:
    desk.request.partners_wanted = 2
    session.flush()
    both = [desk.approve(session, clock), desk.approve(session, clock, second=True)]
    with pytest.raises(AlreadyApproved):
        desk.approve(session, clock, desk.ben, second=True)
    for place, introduction in enumerate(both):
        leave(session, introduction, clock)
        introductions.accept(session, introduction.key, desk.request.windows[place].id, clock)
        assert desk.request.state is RequestState.PLACED
        for item in session.scalars(
            select(OutboxItem).where(OutboxItem.key.startswith("introduction_"), OutboxItem.done_at.is_(None))
        ):
            item.done_at = f.NOW
            sent.introduced(session, item, f.NOW)
    assert [introduction.state for introduction in both] == [IntroductionState.SCHEDULED] * 2
    assert desk.request.state is RequestState.SCHEDULED


def test_other_times_ask_the_teacher_and_one_taken_is_a_yes(
    session: Session, desk: Desk, asked: Introduction, clock: Clock, held: Held
) -> None:
    start = f.NOW + timedelta(days=60)
    introductions.propose_times(session, asked.key, [(start, start + timedelta(hours=1))], clock)
    assert (asked.state, held(asked.partner_id, date(2026, 11, 1))) == (IntroductionState.OTHER_TIMES, 1)
    assert any(key.startswith(f"other_times:{asked.key}:teacher:") for key in waiting(session))
    time = session.scalars(select(OtherTime)).one()
    introductions.take_time(session, asked.key, time.id, clock)
    assert asked.state is IntroductionState.ACCEPTED
    assert session.scalars(select(Visit.starts_at)).one() == start


def test_other_times_that_do_not_fit_ask_the_next_person(
    session: Session, desk: Desk, asked: Introduction, clock: Clock
) -> None:
    start = f.NOW + timedelta(days=40)
    introductions.propose_times(session, asked.key, [(start, start + timedelta(hours=1))], clock)
    introductions.none_fits(session, asked.key, clock)
    assert asked.state is IntroductionState.WITHDRAWN
    assert newest(session).partner_id == desk.second.partner_id


def test_a_teacher_silent_on_other_times_is_reminded_then_a_task_then_they_lapse(
    session: Session, desk: Desk, asked: Introduction, clock: Clock
) -> None:
    start = f.NOW + timedelta(days=40)
    introductions.propose_times(session, asked.key, [(start, start + timedelta(hours=1))], clock)
    item = due(session, "times_unanswered")
    second = overdue.times_unanswered(session, item, item.due_at)
    assert second is not None and second > item.due_at
    assert session.scalars(select(Task)).all() == []
    assert overdue.times_unanswered(session, item, second) == start
    assert session.scalars(select(Task.kind)).all() == [TaskKind.NO_ANSWER]
    assert overdue.times_unanswered(session, item, start) is None
    assert asked.state is IntroductionState.LAPSED
    assert all(task.done_at for task in session.scalars(select(Task).where(Task.kind == TaskKind.NO_ANSWER)))


def test_a_request_that_waits_too_long_gets_a_named_person_once(session: Session, desk: Desk, cast: Cast) -> None:
    item = f.OutboxItemFactory(kind="silence", region_id=cast.region.id, payload={"request_id": desk.request.id})
    again = overdue.silence(session, item, f.NOW)
    assert again is not None and again > f.NOW
    assert overdue.silence(session, item, again) is not None
    [task] = session.scalars(select(Task))
    assert task.kind is TaskKind.NO_ANSWER
    assert [key for key in waiting(session) if key.startswith("looking_further")] == [f"looking_further:{task.id}"]
    desk.request.state = RequestState.DONE
    assert overdue.silence(session, item, again) is None


def test_a_partner_who_falls_ill_makes_room_for_the_next_person(
    session: Session, desk: Desk, asked: Introduction, clock: Clock, held: Held
) -> None:
    introductions.accept(session, asked.key, desk.request.windows[1].id, clock)
    visits.cancel(session, NOBODY, asked.key, Side.PARTNER, visits.CancelReason.ILL, clock)
    assert newest(session).partner_id == desk.second.partner_id
    assert (desk.request.state, held()) == (RequestState.PLACED, 1)
    assert session.scalars(select(Task)).all() == []


def test_a_teacher_who_cancels_has_nobody_else_asked(
    session: Session, desk: Desk, asked: Introduction, clock: Clock
) -> None:
    introductions.accept(session, asked.key, desk.request.windows[1].id, clock)
    visits.cancel(session, NOBODY, asked.key, Side.TEACHER, None, clock)
    assert [backup.state for backup in backups(session)] == [BackupState.DROPPED]
    assert session.scalars(select(Task.kind)).all() == [TaskKind.CANCELLED]
