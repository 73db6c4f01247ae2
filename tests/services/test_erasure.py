"""What is kept of a person, given to them whole, and erased so that only counts stay."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.queries import personal
from matchmaker.services import erasure, personal_data
from models import (
    Account,
    AuditEvent,
    Base,
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    RequestState,
    Side,
)
from tests import factories as f
from tests.cast import Cast


def everywhere(session: Session, words: str) -> list[str]:
    """The tables in which somebody's words stand anywhere."""
    session.flush()
    found = []
    for table in Base.metadata.sorted_tables:
        rows = text(f'SELECT count(*) FROM "{table.name}" AS r WHERE to_jsonb(r)::text LIKE :words')
        if session.scalar(rows, {"words": f"%{words}%"}):
            found.append(table.name)
    return found


def met(cast: Cast, state: IntroductionState = IntroductionState.REFLECTED) -> Introduction:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.DONE)
    suggested = f.ProposalFactory(region=cast.region, of=request, who=cast.esperanza)
    introduction: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=suggested, coordinator=cast.marisol, state=state
    )
    f.VisitFactory(
        region=cast.region, of=introduction, starts_at=f.NOW - timedelta(days=9), ends_at=f.NOW - timedelta(days=8)
    )
    for side in (Side.TEACHER, Side.PARTNER):
        f.ReflectionFactory(region=cast.region, of=introduction, side=side, note=f"said by {side.value}")
        f.MessageFactory(region=cast.region, of=introduction, side=side, text=f"written by {side.value}")
    return introduction


def test_a_partner_takes_along_what_is_theirs_and_nobody_else_s(session: Session, cast: Cast, clock: Clock) -> None:
    met(cast)
    person = personal.of_partner(session, cast.region, cast.esperanza)
    told = json.dumps(personal_data.collect(session, Actor(cast.esperanza.account_id), person, clock))
    assert cast.esperanza.email in told and cast.esperanza.funds[0].title in told
    assert "written by partner" in told and "said by partner" in told
    assert "written by teacher" not in told and cast.ana.account.email not in told
    assert session.scalar(select(AuditEvent.tag).order_by(AuditEvent.id.desc())) == "account:person:exported"


def test_an_erased_partner_leaves_counts_and_no_word(session: Session, cast: Cast, clock: Clock) -> None:
    introduction = met(cast)
    cast.esperanza.funds[0].title = "Reading the sky over Las Norias"
    names = (cast.esperanza.name, cast.esperanza.email, cast.esperanza.funds[0].title)
    account_id = cast.esperanza.account_id
    f.OutboxItemFactory(region_id=cast.region.id, recipient=cast.esperanza.email, done_at=f.NOW)
    waiting = f.OutboxItemFactory(region_id=cast.region.id, recipient=cast.esperanza.email)
    erasure.erase(session, Actor(cast.ada.id), personal.of_partner(session, cast.region, cast.esperanza), clock)
    session.flush()
    session.expire_all()
    assert (cast.esperanza.name, cast.esperanza.email, cast.esperanza.reviewed_at) == ("\u2014", "", None)
    assert session.scalar(select(func.count(Fund.id)).where(Fund.partner_id == cast.esperanza.id)) == 0
    assert introduction.state is IntroductionState.REFLECTED and introduction.partner_id == cast.esperanza.id
    account = session.get_one(Account, account_id)
    assert (account.active, account.password, account.email.endswith("@erased.invalid")) == (False, None, True)
    assert session.get(OutboxItem, waiting.id) is None
    for words in (*names, "written by partner", "said by partner"):
        assert everywhere(session, words) == [], words
    assert everywhere(session, "written by teacher") == ["message"]
    assert session.scalar(select(AuditEvent.tag).order_by(AuditEvent.id.desc())) == "account:person:erased"


def test_an_erased_teacher_leaves_counts_and_no_word(session: Session, cast: Cast, clock: Clock) -> None:
    met(cast)
    posted = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, title="Where does it go?", state=RequestState.POSTED
    )
    names = (cast.ana.account.name, cast.ana.account.email)
    erasure.erase(session, Actor(cast.ada.id), personal.of_account(session, cast.region, cast.ana.account), clock)
    assert posted.state is RequestState.WITHDRAWN
    assert session.scalar(select(func.count(LearningRequest.id)).where(LearningRequest.teacher_id == cast.ana.id)) == 2
    for words in (*names, "Where does it go?", "written by teacher"):
        assert everywhere(session, words) == [], words


@pytest.mark.parametrize(
    "state", [IntroductionState.ACCEPTED, IntroductionState.INTRODUCED, IntroductionState.SCHEDULED]
)
def test_nobody_is_erased_while_a_class_counts_on_them(
    session: Session, cast: Cast, clock: Clock, state: IntroductionState
) -> None:
    met(cast, state)
    for person in (
        personal.of_partner(session, cast.region, cast.esperanza),
        personal.of_account(session, cast.region, cast.ana.account),
    ):
        with pytest.raises(erasure.VisitAgreed):
            erasure.erase(session, Actor(cast.ada.id), person, clock)
    assert cast.esperanza.name == "Esperanza Ochoa"


def test_an_open_invitation_is_answered_with_not_now(session: Session, cast: Cast, clock: Clock) -> None:
    introduction = met(cast, IntroductionState.INVITED)
    introduction.request.state = RequestState.PLACED
    introduction.answer_by = f.NOW + timedelta(days=2)
    erasure.erase(session, Actor(cast.ada.id), personal.of_partner(session, cast.region, cast.esperanza), clock)
    assert introduction.state is IntroductionState.NOT_NOW


def test_whoever_coordinates_is_released_first(session: Session, cast: Cast, clock: Clock) -> None:
    with pytest.raises(erasure.StaffStays):
        erasure.erase(session, Actor(cast.ada.id), personal.of_account(session, cast.region, cast.marisol), clock)


def test_an_account_with_a_role_elsewhere_stays(session: Session, cast: Cast, clock: Clock) -> None:
    f.MembershipFactory(region=cast.next_door, account=cast.ana.account)
    email = cast.ana.account.email
    erasure.erase(session, Actor(cast.ada.id), personal.of_account(session, cast.region, cast.ana.account), clock)
    session.refresh(cast.ana.account)
    assert (cast.ana.account.email, cast.ana.account.active) == (email, True)
