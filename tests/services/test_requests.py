"""Posting a learning request and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.services import requests
from matchmaker.services.requests import AlreadyAgreed, NoDateAhead, PossibleStudentName, RequestDraft
from models import (
    Introduction,
    IntroductionState,
    LearningRequest,
    NotAllowedInState,
    OutboxItem,
    ProposalState,
    QueueName,
    RequestState,
    StateChange,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import Desk, acting, audited, waiting

IN_THREE_WEEKS = f.NOW + timedelta(days=21)
DRAFT = RequestDraft(
    title="Who built the acequias?",
    text="We are reading about water rights and want to meet somebody who still opens the gates.",
    language="en",
    grade=5,
    subject="social_studies",
    students=24,
    formats=("visit",),
    languages=("en", "es"),
    place="Room 4",
    windows=((IN_THREE_WEEKS, IN_THREE_WEEKS + timedelta(minutes=45)),),
    form_key="drawn-at-nine",
)


def hours(*starts: datetime) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((start, start + timedelta(hours=1)) for start in starts)


def posted(session: Session, cast: Cast, draft: RequestDraft, clock: Clock) -> LearningRequest:
    return requests.post(session, acting(cast.ana.account), cast.ana, draft, clock)


def test_a_posted_request_is_stored_whole_and_the_ranker_is_asked(session: Session, cast: Cast, clock: Clock) -> None:
    request = posted(session, cast, DRAFT, clock)
    session.expire_all()
    assert request.state is RequestState.POSTED
    assert (request.teacher_id, request.school_id, request.region_id) == (
        cast.ana.id,
        cast.ana.school_id,
        cast.region.id,
    )
    assert (request.title, request.text, request.grade, request.students) == (DRAFT.title, DRAFT.text, 5, 24)
    assert (request.formats, request.languages, request.posted_at) == (["visit"], ["en", "es"], f.NOW)
    assert [(window.starts_at, window.ends_at) for window in request.windows] == list(DRAFT.windows)
    [item] = session.scalars(select(OutboxItem).where(OutboxItem.queue == QueueName.RANKING))
    assert (item.queue, item.kind, item.due_at) == (QueueName.RANKING, "propose", f.NOW)
    assert item.payload == {"request_id": request.id}
    assert waiting(session) == [item.key, f"silence:{request.id}"]
    assert audited(session) == ["requests:request:posted"]


def test_the_same_form_twice_is_one_request(session: Session, cast: Cast, clock: Clock) -> None:
    first = posted(session, cast, DRAFT, clock)
    changed_meanwhile = replace(DRAFT, title="Another title", windows=hours(f.NOW - timedelta(days=1)))
    assert posted(session, cast, changed_meanwhile, clock) is first
    assert session.scalar(select(func.count(LearningRequest.id))) == 1
    assert len(waiting(session)) == 2
    assert posted(session, cast, replace(DRAFT, form_key="drawn-at-ten"), clock) is not first
    assert requests.post(session, acting(cast.tomas.account), cast.tomas, DRAFT, clock) is not first


@pytest.mark.parametrize("field", ["title", "text", "place"])
def test_a_possible_student_name_is_stopped_before_anything_is_stored(
    session: Session, cast: Cast, clock: Clock, field: str
) -> None:
    named = replace(DRAFT, **{field: "My student Mateo Ríos has family on the acequia."})
    with pytest.raises(PossibleStudentName) as asked:
        posted(session, cast, named, clock)
    assert asked.value.facts == {"names": ["Mateo Ríos"]}
    session.rollback()
    assert session.scalar(select(func.count(LearningRequest.id))) == 0
    assert waiting(session) == []


def test_the_teachers_word_that_it_is_no_student_is_taken(session: Session, cast: Cast, clock: Clock) -> None:
    answered = replace(DRAFT, text="One of my kids, Saguaro, is our class tortoise.", no_student_named=True)
    assert posted(session, cast, answered, clock).id


def test_dates_that_are_all_past_are_refused(session: Session, cast: Cast, clock: Clock) -> None:
    with pytest.raises(NoDateAhead):
        posted(session, cast, replace(DRAFT, windows=hours(f.NOW, f.NOW - timedelta(days=1))), clock)
    assert session.scalar(select(func.count(LearningRequest.id))) == 0


def test_one_date_ahead_or_none_at_all_is_enough(session: Session, cast: Cast, clock: Clock) -> None:
    mixed = hours(f.NOW - timedelta(days=1), f.NOW + timedelta(seconds=1))
    assert posted(session, cast, replace(DRAFT, windows=mixed, form_key="a"), clock).id
    assert posted(session, cast, replace(DRAFT, windows=(), form_key="b"), clock).id


UNANSWERED = (
    RequestState.DRAFT,
    RequestState.POSTED,
    RequestState.PROPOSED,
    RequestState.NONE_YET,
)


@pytest.mark.parametrize("state", UNANSWERED)
def test_a_request_that_nobody_answers_to_can_be_taken_back(
    session: Session, cast: Cast, clock: Clock, state: RequestState
) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=state)
    assert requests.withdraw(session, acting(cast.ana.account), request.id, clock).state is RequestState.WITHDRAWN
    assert audited(session) == ["requests:request:withdrawn"]


def test_taking_back_twice_is_taking_back_once(session: Session, desk: Desk, clock: Clock) -> None:
    for _ in range(2):
        requests.withdraw(session, desk.marisol, desk.request.id, clock)
    changes = session.scalars(select(StateChange.after).where(StateChange.request_id == desk.request.id)).all()
    assert changes == ["withdrawn"]
    assert {desk.first.state, desk.second.state} == {ProposalState.SUPERSEDED}


def test_a_request_that_is_done_stays_done(session: Session, cast: Cast, clock: Clock) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.DONE)
    with pytest.raises(NotAllowedInState):
        requests.withdraw(session, acting(cast.ana.account), request.id, clock)


def test_an_approval_that_has_not_left_is_undone_with_it(
    session: Session, desk: Desk, clock: Clock, held: Callable[..., int]
) -> None:
    introduction = desk.approve(session, clock)
    requests.withdraw(session, desk.ben, desk.request.id, clock)
    assert introduction.state is IntroductionState.UNDONE
    assert held() == 0
    assert {desk.first.state, desk.second.state} == {ProposalState.SUPERSEDED}


def test_an_invitation_that_has_left_is_called_off(
    session: Session, desk: Desk, invited: Introduction, clock: Clock, held: Callable[..., int]
) -> None:
    requests.withdraw(session, desk.marisol, desk.request.id, clock)
    assert (invited.state, desk.request.state) == (IntroductionState.WITHDRAWN, RequestState.WITHDRAWN)
    assert held() == 0


@pytest.mark.parametrize(
    "state", [IntroductionState.ACCEPTED, IntroductionState.INTRODUCED, IntroductionState.SCHEDULED]
)
def test_once_somebody_has_said_yes_it_takes_a_word_with_them(
    session: Session,
    desk: Desk,
    invited: Introduction,
    clock: Clock,
    held: Callable[..., int],
    state: IntroductionState,
) -> None:
    invited.state = state
    session.flush()
    with pytest.raises(AlreadyAgreed):
        requests.withdraw(session, desk.marisol, desk.request.id, clock)
    assert (invited.state, desk.request.state, held()) == (state, RequestState.PLACED, 1)
