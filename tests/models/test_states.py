"""A state changes in one way only, and every change leaves exactly one line of history."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import (
    LIVE_INTRODUCTIONS,
    IntroductionState,
    NotAllowedInState,
    Proposal,
    ProposalState,
    RequestState,
    StateChange,
)
from tests import factories as f
from tests.models.nouns import NOUNS, Noun

every_noun = pytest.mark.parametrize("noun", NOUNS, ids=str)


@every_noun
def test_every_pair_of_states_is_either_one_change_with_one_line_or_refused(session: Session, noun: Noun) -> None:
    row = noun.make()
    expected: list[tuple[str, str]] = []
    for before, after in product(noun.states, noun.states):
        row.state = before
        session.flush()
        if noun.allows(before, after):
            row.become(after, at=f.NOW)
            expected.append((before, after))
        else:
            with pytest.raises(NotAllowedInState, match=f"from {before} to {after}"):
                row.become(after, at=f.NOW)
        session.flush()
        assert row.state is (after if noun.allows(before, after) else before)
    assert noun.history(session, row) == expected


@every_noun
@given(data=st.data())
@settings(
    max_examples=20,
    deadline=None,
    # Each example makes a row of its own, so nothing carries over within the one transaction.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_random_walk_is_its_own_history(session: Session, noun: Noun, data: st.DataObject) -> None:
    row = noun.make()
    walked: list[tuple[str, str]] = []
    for wanted in data.draw(st.lists(st.sampled_from(list(noun.states)), max_size=12)):
        before = row.state
        try:
            row.become(wanted, at=f.NOW)
        except NotAllowedInState:
            assert row.state is before
        else:
            walked.append((before, wanted))
    session.flush()
    assert noun.history(session, row) == walked
    session.expire(row)
    assert row.state == (walked[-1][1] if walked else row.state)


def test_a_change_tells_who_when_and_why(session: Session) -> None:
    proposal, coordinator = f.ProposalFactory(), f.AccountFactory()
    proposal.become(ProposalState.PASSED, at=f.NOW, actor_id=coordinator.id, reason="dates: she is away in October")
    session.flush()
    [change] = session.query(StateChange).filter_by(proposal_id=proposal.id)
    assert (change.actor_id, change.at, change.reason) == (coordinator.id, f.NOW, "dates: she is away in October")
    assert change.region_id == proposal.region_id


def test_a_row_that_is_not_stored_cannot_change() -> None:
    loose = Proposal(state=ProposalState.OPEN)
    with pytest.raises(RuntimeError, match="already stored"):
        loose.become(ProposalState.PASSED, at=f.NOW)


def test_a_request_can_be_withdrawn_from_every_state_before_done() -> None:
    changes = NOUNS[0].kind.CHANGES
    ended = {RequestState.DONE, RequestState.WITHDRAWN}
    for state in set(RequestState) - ended:
        assert RequestState.WITHDRAWN in changes[state]
    assert ended.isdisjoint(changes)


@every_noun
def test_every_state_can_be_reached(noun: Noun) -> None:
    first: Any = next(iter(noun.states))
    reached, edge = {first}, {first}
    while edge:
        edge = {after for state in edge for after in noun.kind.CHANGES.get(state, ())} - reached
        reached |= edge
    assert reached == set(noun.states)


def test_only_a_yes_leads_to_an_introduction() -> None:
    changes = NOUNS[2].kind.CHANGES
    before = {state for state, after in changes.items() if IntroductionState.INTRODUCED in after}
    assert before == {IntroductionState.ACCEPTED}


def test_an_introduction_that_ended_holds_nothing() -> None:
    ended = {IntroductionState.UNDONE, IntroductionState.NOT_NOW, IntroductionState.LAPSED, IntroductionState.WITHDRAWN}
    assert ended.isdisjoint(LIVE_INTRODUCTIONS)
