"""Approve, undo, pass: one result each, or the difference and nothing done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Invalid, NotFound
from matchmaker.policies import NOBODY
from matchmaker.queries import eligibility
from matchmaker.services import proposals
from matchmaker.services.capacity import PartnerFull
from matchmaker.services.proposals import AlreadyApproved, AlreadySent, NoLongerFree, PassReason, RequestChanged
from models import (
    Introduction,
    IntroductionState,
    OutboxItem,
    ProposalState,
    QueueName,
    RequestState,
    Separation,
    StateChange,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import OCTOBER, Desk, audited, nothing_done, waiting

Held = Callable[..., int]


def test_an_approval_does_all_it_should_in_one_transaction(
    session: Session, desk: Desk, cast: Cast, clock: Clock, held: Held
) -> None:
    introduction = desk.approve(session, clock)
    assert (introduction.state, introduction.partner_id) == (IntroductionState.APPROVED, cast.esperanza.id)
    assert (introduction.approved_by_id, introduction.approved_at) == (cast.marisol.id, f.NOW)
    assert introduction.due_at == f.NOW + timedelta(seconds=cast.region.undo_seconds)
    assert (desk.first.state, desk.second.state) == (ProposalState.APPROVED, ProposalState.OPEN)
    assert desk.request.state is RequestState.PLACED
    assert held(cast.esperanza.id, OCTOBER) == held() == 1
    [item] = session.scalars(select(OutboxItem))
    assert (item.queue, item.kind, item.due_at) == (QueueName.MAIL, "invitation", introduction.due_at)
    assert item.payload == {"introduction_id": introduction.id}
    assert audited(session) == ["desk:proposal:approved"]


def test_the_same_approval_by_the_same_person_is_one_approval(session: Session, desk: Desk, clock: Clock) -> None:
    first = desk.approve(session, clock)
    assert desk.approve(session, clock) is first
    assert session.scalar(select(func.count(Introduction.id))) == 1
    assert len(waiting(session)) == 1


@pytest.mark.parametrize("second", [False, True], ids=["the same person", "another person"])
def test_whoever_comes_later_is_told_who_was_first(session: Session, desk: Desk, clock: Clock, second: bool) -> None:
    desk.approve(session, clock)
    with pytest.raises(AlreadyApproved) as told:
        desk.approve(session, clock, desk.ben, second=second)
    assert told.value.facts == {"by": "Marisol Vega", "at": f.NOW}
    assert session.scalar(select(func.count(Introduction.id))) == 1


def test_the_same_coordinator_cannot_approve_a_second_person_meanwhile(
    session: Session, desk: Desk, clock: Clock
) -> None:
    desk.approve(session, clock)
    with pytest.raises(AlreadyApproved):
        desk.approve(session, clock, second=True)


def _newer_ranking(desk: Desk, cast: Cast) -> None:
    f.RankingFactory(region=cast.region, of=desk.request)


def _rewritten(desk: Desk, cast: Cast) -> None:
    desk.request.version += 1


def _passed(desk: Desk, cast: Cast) -> None:
    desk.first.state = ProposalState.PASSED


def _withdrawn(desk: Desk, cast: Cast) -> None:
    desk.request.state = RequestState.WITHDRAWN


@pytest.mark.parametrize("change", [_newer_ranking, _rewritten, _passed, _withdrawn])
def test_what_has_changed_since_the_page_was_drawn_is_not_approved(
    session: Session, desk: Desk, cast: Cast, clock: Clock, change: Callable[[Desk, Cast], None]
) -> None:
    change(desk, cast)
    session.flush()
    with pytest.raises(RequestChanged):
        desk.approve(session, clock)
    assert session.scalar(select(func.count(Introduction.id))) == 0
    assert waiting(session) == []


def test_a_proposal_of_another_request_is_not_found(session: Session, desk: Desk, cast: Cast, clock: Clock) -> None:
    elsewhere = f.ProposalFactory(region=cast.region, who=cast.ramon)
    for proposal_id in (elsewhere.id, 2_000_000_000):
        with pytest.raises(NotFound):
            proposals.approve(
                session,
                desk.marisol,
                request_id=desk.request.id,
                ranking_id=desk.ranking.id,
                proposal_id=proposal_id,
                clock=clock,
            )
    session.delete(elsewhere)
    assert nothing_done(session, desk)


def test_nobody_cannot_approve(session: Session, desk: Desk, clock: Clock) -> None:
    with pytest.raises(Invalid):
        desk.approve(session, clock, NOBODY)
    assert nothing_done(session, desk)


def test_whom_a_rule_excludes_by_now_is_not_asked(session: Session, desk: Desk, cast: Cast, clock: Clock) -> None:
    cast.esperanza.paused_at = f.NOW
    session.flush()
    with pytest.raises(NoLongerFree) as told:
        desk.approve(session, clock)
    assert told.value.facts == {"partner": "Esperanza Ochoa", "rule": "paused"}
    assert nothing_done(session, desk)


def test_a_month_that_is_full_by_now_is_said(session: Session, desk: Desk, cast: Cast, clock: Clock) -> None:
    cast.esperanza.monthly_capacity = 1
    f.IntroductionFactory(region=cast.region, suggested__who=cast.esperanza)
    with pytest.raises(NoLongerFree, match="full"):
        desk.approve(session, clock)
    assert desk.first.state is ProposalState.OPEN


def test_the_last_unit_taken_in_between_is_caught_by_the_ledger(
    session: Session, desk: Desk, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.esperanza.monthly_capacity = 1
    f.IntroductionFactory(region=cast.region, suggested__who=cast.esperanza)
    # As if the other unit had been taken after the rules were asked.
    monkeypatch.setattr(eligibility, "excluded_by", lambda *_: None)
    with pytest.raises(PartnerFull) as told:
        desk.approve(session, clock)
    assert told.value.facts == {"partner": "Esperanza Ochoa", "period": OCTOBER}


def test_undo_puts_everything_back(session: Session, desk: Desk, clock: Clock, held: Held) -> None:
    introduction = desk.approve(session, clock)
    for _ in range(2):
        assert proposals.undo(session, desk.ben, introduction.id, clock).state is IntroductionState.UNDONE
    assert (desk.first.state, desk.request.state) == (ProposalState.OPEN, RequestState.PROPOSED)
    assert held() == 0
    assert audited(session) == ["desk:proposal:approved", "desk:introduction:undone"]
    changes = session.scalars(select(StateChange.after).where(StateChange.introduction_id == introduction.id)).all()
    assert changes == ["undone"]


def test_after_an_undo_anybody_can_be_approved_anew(session: Session, desk: Desk, clock: Clock, held: Held) -> None:
    first = desk.approve(session, clock)
    proposals.undo(session, desk.marisol, first.id, clock)
    again = desk.approve(session, clock)
    assert again.id != first.id and again.key != first.key
    assert held() == 1
    proposals.undo(session, desk.marisol, again.id, clock)
    assert desk.approve(session, clock, desk.ben, second=True).partner.name == "Ramón Escalante"


def test_what_has_been_sent_cannot_be_undone(
    session: Session, desk: Desk, invited: Introduction, clock: Clock, held: Held
) -> None:
    with pytest.raises(AlreadySent) as told:
        proposals.undo(session, desk.marisol, invited.id, clock)
    assert told.value.facts == {"partner": "Esperanza Ochoa"}
    assert (invited.state, desk.request.state, held()) == (IntroductionState.INVITED, RequestState.PLACED, 1)


@pytest.mark.parametrize("reason", [each for each in PassReason if each is not PassReason.OTHER])
def test_a_pass_keeps_its_reason_and_asks_the_ranker_again(
    session: Session, desk: Desk, cast: Cast, clock: Clock, reason: PassReason
) -> None:
    proposals.pass_over(session, desk.marisol, desk.first.id, reason, "", clock)
    assert desk.first.state is ProposalState.PASSED
    [change] = session.scalars(select(StateChange).where(StateChange.proposal_id == desk.first.id))
    assert (change.reason, change.actor_id) == (reason.value, cast.marisol.id)
    assert waiting(session) == [f"propose:{desk.request.id}:passed-{desk.first.id}"]
    assert eligibility.excluded_by(session, desk.request, cast.esperanza.id, f.NOW) == "passed" or (
        reason is PassReason.MUST_NOT_MEET
    )


def test_another_reason_needs_a_word(session: Session, desk: Desk, clock: Clock) -> None:
    for nothing in ("", "  \n"):
        with pytest.raises(Invalid):
            proposals.pass_over(session, desk.marisol, desk.first.id, PassReason.OTHER, nothing, clock)
    proposals.pass_over(session, desk.marisol, desk.first.id, PassReason.OTHER, " She moves in October. ", clock)
    [change] = session.scalars(select(StateChange).where(StateChange.proposal_id == desk.first.id))
    assert change.reason == "other: She moves in October."


def test_what_was_passed_cannot_be_passed_or_approved_again(session: Session, desk: Desk, clock: Clock) -> None:
    proposals.pass_over(session, desk.marisol, desk.first.id, PassReason.DATES, "", clock)
    with pytest.raises(RequestChanged):
        proposals.pass_over(session, desk.ben, desk.first.id, PassReason.DATES, "", clock)
    with pytest.raises(RequestChanged):
        desk.approve(session, clock)


def test_two_who_must_not_meet_are_kept_apart_in_every_request(
    session: Session, desk: Desk, cast: Cast, clock: Clock
) -> None:
    proposals.pass_over(session, desk.marisol, desk.first.id, PassReason.MUST_NOT_MEET, "They asked us.", clock)
    [separation] = session.scalars(select(Separation))
    assert (separation.teacher_id, separation.partner_id) == (cast.ana.id, cast.esperanza.id)
    assert (separation.reason, separation.named_by_id) == ("They asked us.", cast.marisol.id)
    next_one = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    of_tomas = f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas)
    assert eligibility.excluded_by(session, next_one, cast.esperanza.id, f.NOW) == "must_not_meet"
    assert eligibility.excluded_by(session, of_tomas, cast.esperanza.id, f.NOW) is None


def test_a_pair_that_is_kept_apart_already_stays_one_row(
    session: Session, desk: Desk, cast: Cast, clock: Clock
) -> None:
    f.SeparationFactory(region=cast.region, teacher=cast.ana, partner=cast.esperanza)
    proposals.pass_over(session, desk.marisol, desk.first.id, PassReason.MUST_NOT_MEET, "", clock)
    assert session.scalar(select(func.count(Separation.id))) == 1
    assert "desk:pair:separated" not in audited(session)


def test_the_audit_holds_no_words_of_a_person(session: Session, desk: Desk, clock: Clock) -> None:
    proposals.pass_over(session, desk.marisol, desk.first.id, PassReason.OTHER, "Her knee hurts.", clock)
    details = session.scalars(select(proposals.audit.AuditEvent.detail)).all()
    assert "knee" not in repr(details)
