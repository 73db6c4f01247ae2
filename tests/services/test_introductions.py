"""The partner's answer: the first one wins, and what can still be changed can be changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.services import introductions, proposals
from matchmaker.services.capacity import PartnerFull
from matchmaker.services.introductions import AnsweredYes, DateGone, InvitationOver, NextPersonAsked
from models import Introduction, IntroductionState, NotNowReason, OutboxItem, RequestState, StateChange, Window
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import OCTOBER, Desk, audited, waiting

Held = Callable[..., int]
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def window(desk: Desk) -> Window:
    return desk.request.windows[1]


def history(session: Session, introduction: Introduction) -> list[str]:
    return list(
        session.scalars(
            select(StateChange.after).where(StateChange.introduction_id == introduction.id).order_by(StateChange.id)
        )
    )


def test_a_yes_introduces_both_sides(
    session: Session, desk: Desk, invited: Introduction, window: Window, clock: Clock, held: Held
) -> None:
    assert introductions.accept(session, invited.key, window.id, clock) is invited
    assert (invited.state, invited.window_id, invited.answered_at) == (IntroductionState.ACCEPTED, window.id, f.NOW)
    assert desk.request.state is RequestState.PLACED
    assert held(invited.partner_id, OCTOBER) == held() == 1
    mails = session.scalars(
        select(OutboxItem).where(OutboxItem.kind.startswith("introduction_")).order_by(OutboxItem.id)
    ).all()
    assert [(mail.kind, mail.due_at) for mail in mails] == [
        ("introduction_teacher", f.NOW),
        ("introduction_partner", f.NOW),
    ]
    assert audited(session)[-1] == "invitations:introduction:accepted"


def test_the_first_yes_wins_and_a_repeat_shows_it(
    session: Session, desk: Desk, invited: Introduction, clock: Clock
) -> None:
    first, other = desk.request.windows
    introductions.accept(session, invited.key, first.id, clock)
    before = waiting(session)
    assert introductions.accept(session, invited.key, other.id, clock).window_id == first.id
    assert (waiting(session), history(session, invited)) == (before, ["invited", "accepted"])


@pytest.mark.parametrize("state", [IntroductionState.INTRODUCED, IntroductionState.SCHEDULED, IntroductionState.MET])
def test_a_yes_long_ago_is_still_shown(
    session: Session, invited: Introduction, window: Window, clock: Clock, state: IntroductionState
) -> None:
    invited.state = state
    session.flush()
    assert introductions.accept(session, invited.key, window.id, clock).state is state


def test_not_now_frees_the_place_and_goes_back_to_the_desk(
    session: Session, desk: Desk, invited: Introduction, clock: Clock, held: Held
) -> None:
    introductions.not_now(session, invited.key, NotNowReason.BUSY, clock)
    assert (invited.state, invited.not_now_reason) == (IntroductionState.NOT_NOW, NotNowReason.BUSY)
    assert (desk.request.state, held()) == (RequestState.PROPOSED, 0)
    assert f"propose:{desk.request.id}:nobody-left-{invited.id}" in waiting(session)


def test_not_now_twice_is_once_and_keeps_the_first_reason(
    session: Session, invited: Introduction, clock: Clock
) -> None:
    introductions.not_now(session, invited.key, None, clock)
    introductions.not_now(session, invited.key, NotNowReason.FAR, clock)
    assert invited.not_now_reason is None
    assert history(session, invited) == ["invited", "not_now"]


@pytest.mark.parametrize("state", [RequestState.PROPOSED, RequestState.NONE_YET])
def test_not_now_can_become_a_yes_until_the_next_person_is_asked(
    session: Session,
    desk: Desk,
    invited: Introduction,
    window: Window,
    clock: Clock,
    held: Held,
    state: RequestState,
) -> None:
    introductions.not_now(session, invited.key, NotNowReason.BUSY, clock)
    desk.request.state = state
    session.flush()
    introductions.accept(session, invited.key, window.id, clock)
    assert (invited.state, invited.not_now_reason) == (IntroductionState.ACCEPTED, None)
    assert (desk.request.state, held(invited.partner_id, OCTOBER)) == (RequestState.PLACED, 1)


def test_once_the_next_person_is_asked_not_now_stays(
    session: Session, desk: Desk, invited: Introduction, window: Window, clock: Clock, held: Held
) -> None:
    introductions.not_now(session, invited.key, None, clock)
    desk.approve(session, clock, second=True)
    with pytest.raises(NextPersonAsked):
        introductions.accept(session, invited.key, window.id, clock)
    assert (invited.state, held(invited.partner_id)) == (IntroductionState.NOT_NOW, 0)


def test_when_the_next_person_is_taken_back_not_now_can_become_a_yes_again(
    session: Session, desk: Desk, invited: Introduction, window: Window, clock: Clock
) -> None:
    introductions.not_now(session, invited.key, None, clock)
    next_one = desk.approve(session, clock, second=True)
    proposals.undo(session, desk.marisol, next_one.id, clock)
    assert introductions.accept(session, invited.key, window.id, clock).state is IntroductionState.ACCEPTED


def test_not_now_can_not_become_a_yes_when_the_month_filled_up(
    session: Session, cast: Cast, invited: Introduction, window: Window, clock: Clock
) -> None:
    introductions.not_now(session, invited.key, None, clock)
    cast.esperanza.monthly_capacity = 1
    f.IntroductionFactory(region=cast.region, suggested__who=cast.esperanza)
    with pytest.raises(PartnerFull):
        introductions.accept(session, invited.key, window.id, clock)


@pytest.mark.parametrize("state", [IntroductionState.ACCEPTED, IntroductionState.INTRODUCED])
def test_a_yes_is_not_changed_by_a_tap(
    session: Session, invited: Introduction, clock: Clock, held: Held, state: IntroductionState
) -> None:
    invited.state = state
    session.flush()
    with pytest.raises(AnsweredYes):
        introductions.not_now(session, invited.key, None, clock)
    assert (invited.state, held()) == (state, 1)


@pytest.mark.parametrize(
    "state",
    [
        IntroductionState.APPROVED,
        IntroductionState.UNDONE,
        IntroductionState.WITHDRAWN,
        IntroductionState.LAPSED,
        IntroductionState.CANCELLED,
    ],
)
def test_an_invitation_that_does_not_stand_takes_no_answer(
    session: Session, invited: Introduction, window: Window, clock: Clock, state: IntroductionState
) -> None:
    invited.state = state
    session.flush()
    with pytest.raises(InvitationOver):
        introductions.accept(session, invited.key, window.id, clock)
    with pytest.raises(InvitationOver):
        introductions.not_now(session, invited.key, None, clock)
    assert invited.state is state


def test_a_date_that_was_not_offered_or_has_passed_is_not_taken(
    session: Session, desk: Desk, cast: Cast, invited: Introduction
) -> None:
    elsewhere = f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas)
    first = desk.request.windows[0]
    later = lambda: first.starts_at  # noqa: E731
    for window_id, clock in ((None, lambda: f.NOW), (elsewhere.windows[0].id, lambda: f.NOW), (first.id, later)):
        with pytest.raises(DateGone):
            introductions.accept(session, invited.key, window_id, clock)
    assert invited.state is IntroductionState.INVITED
    assert introductions.accept(session, invited.key, desk.request.windows[1].id, later).id == invited.id


def test_where_no_date_was_offered_a_yes_needs_none(session: Session, cast: Cast, clock: Clock, held: Held) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=[])
    introduction = f.IntroductionFactory(region=cast.region, suggested__of=request, state=IntroductionState.INVITED)
    assert introductions.accept(session, introduction.key, None, clock).window_id is None
    assert held(introduction.partner_id, date(2026, 9, 1)) == 1


@pytest.fixture
def across_months(cast: Cast) -> Introduction:
    """An invitation with one date in October and one on the evening before November in Phoenix, in UTC after it."""
    starts = [datetime(2026, 10, 6, 16, tzinfo=UTC), datetime(2026, 11, 3, 16, tzinfo=UTC)]
    request = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, windows=[(start, start + timedelta(hours=1)) for start in starts]
    )
    introduction: Introduction = f.IntroductionFactory(
        region=cast.region, suggested__of=request, suggested__who=cast.esperanza, state=IntroductionState.INVITED
    )
    return introduction


def test_a_later_month_moves_the_held_place(
    session: Session, across_months: Introduction, clock: Clock, held: Held
) -> None:
    introductions.accept(session, across_months.key, across_months.request.windows[1].id, clock)
    partner_id = across_months.partner_id
    assert (held(partner_id, OCTOBER), held(partner_id, NOVEMBER)) == (0, 1)


def test_a_later_month_that_is_full_changes_nothing(
    session: Session, cast: Cast, across_months: Introduction, clock: Clock, held: Held
) -> None:
    cast.esperanza.monthly_capacity = 1
    other = f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon)
    other_unit = f.IntroductionFactory(
        region=cast.region, suggested__who=cast.esperanza, state=IntroductionState.UNDONE
    )
    f.CapacityUnitFactory(held_by=other_unit, period=NOVEMBER)
    with pytest.raises(PartnerFull), session.begin_nested():
        introductions.accept(session, across_months.key, across_months.request.windows[1].id, clock)
    session.expire_all()
    assert (across_months.state, held(cast.esperanza.id, OCTOBER)) == (IntroductionState.INVITED, 1)
    assert held(other.partner_id) == 1


def test_a_key_that_nobody_has_is_not_found(session: Session, clock: Clock) -> None:
    for answer in (introductions.accept, introductions.not_now):
        with pytest.raises(NotFound):
            answer(session, uuid4(), None, clock)
