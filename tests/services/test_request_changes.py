"""Changing what a posted request asks: while nobody was chosen by it, and never twice or over what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import DomainError, NotFound
from matchmaker.services import requests
from matchmaker.services.proposals import RequestChanged
from matchmaker.services.requests import NoDateAhead, PossibleStudentName, RequestDraft, SomebodyChosen
from models import (
    AuditEvent,
    Introduction,
    IntroductionState,
    LearningRequest,
    PlannedPlace,
    ProposalState,
    RequestState,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import Desk, acting, audited, waiting

REFUSED: dict[RequestState, type[DomainError]] = {
    RequestState.DRAFT: NotFound,
    RequestState.PLACED: SomebodyChosen,
    RequestState.SCHEDULED: SomebodyChosen,
    RequestState.DONE: RequestChanged,
    RequestState.WITHDRAWN: RequestChanged,
}


def as_it_is(request: LearningRequest) -> RequestDraft:
    """What the form holds when nothing in it was touched, with the line ends of a browser."""
    names = ("title", "grade", "subject", "students", "place", "partners_wanted", "overnight")
    return RequestDraft(
        text=request.text.replace("\n", "\r\n"),
        formats=tuple(request.formats),
        languages=tuple(reversed(request.languages)),
        windows=tuple((window.starts_at, window.ends_at) for window in request.windows),
        form_key="drawn-at-noon",
        **{name: getattr(request, name) for name in names},
    )


def changed(
    session: Session, cast: Cast, request: LearningRequest, draft: RequestDraft, clock: Clock, version: int = 1
) -> tuple[str, ...]:
    return requests.change(session, acting(cast.ana.account), request.id, version, draft, clock)


def test_a_request_changes_while_nobody_was_chosen_by_it(session: Session, cast: Cast, clock: Clock) -> None:
    for state in RequestState:
        request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, text="One line.\nAnother.")
        request.state, request.held_until = state, f.NOW + timedelta(days=3)
        session.flush()
        said = replace(as_it_is(request), place="The courtyard", windows=as_it_is(request).windows[1:])
        stays, posted_at = request.windows[1].id, request.posted_at
        if state in REFUSED:
            with pytest.raises(REFUSED[state]):
                changed(session, cast, request, said, clock)
            assert (request.version, request.place == "The courtyard") == (1, False), state
            continue
        assert changed(session, cast, request, as_it_is(request), clock) == (), state
        assert changed(session, cast, request, said, clock) == ("place", "windows"), state
        assert changed(session, cast, request, said, clock) == (), "sent twice, it is one change"
        assert (request.version, request.state, request.place) == (2, state, "The courtyard"), state
        assert [window.id for window in request.windows] == [stays], "a date that stays is the same row"
        assert (request.posted_at, request.held(f.NOW)) == (posted_at, True), "no place in line is lost, no hold ended"
        event = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == request.id)).one()
        told = {"fields": ["place", "windows"], "state": state.value, "form": "drawn-at-noon"}
        assert (event.tag, event.detail) == ("requests:request:changed", told), state
        assert waiting(session)[-1] == f"propose:{request.id}:changed-2", state
        assert changed(session, cast, request, replace(said, place="The gym"), clock, version=2) == ("place",), state
        assert waiting(session)[-1] == f"propose:{request.id}:changed-3", "each change is ranked"


def test_what_was_found_by_the_old_words_is_gone(session: Session, cast: Cast, desk: Desk, clock: Clock) -> None:
    off = f.IntroductionFactory(
        region=cast.region, suggested__of=desk.request, suggested__who=cast.ramon, coordinator=cast.ben
    )
    off.state, off.window_id = IntroductionState.CANCELLED, desk.request.windows[0].id
    desk.request.state = RequestState.PROPOSED
    f.PlannedPlaceFactory(region=cast.region, of=desk.request, who=cast.ramon)
    session.flush()
    start = desk.request.windows[0].starts_at + timedelta(days=7)
    said = replace(as_it_is(desk.request), windows=((start, start + timedelta(hours=1)),))
    assert changed(session, cast, desk.request, said, clock) == ("windows",)
    assert {desk.first.state, desk.second.state} == {ProposalState.SUPERSEDED}
    session.refresh(off)
    assert off.window_id is None, "a visit that was called off is no reason to keep its date"
    assert session.scalars(select(PlannedPlace).where(PlannedPlace.request_id == desk.request.id)).all() == []
    with pytest.raises(RequestChanged):
        desk.approve(session, clock)
    assert session.scalars(select(Introduction.state)).all() == [IntroductionState.CANCELLED]


def test_what_cannot_be_used_or_was_written_over_changes_nothing(session: Session, cast: Cast, clock: Clock) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    said, past = as_it_is(request), f.NOW - timedelta(days=1)
    for wrong, version, error in (
        (replace(said, place="With my student Mateo Ríos"), 1, PossibleStudentName),
        (replace(said, windows=((past, past + timedelta(hours=1)),)), 1, NoDateAhead),
        (replace(said, place="The gym"), 2, RequestChanged),
    ):
        with pytest.raises(error):
            changed(session, cast, request, wrong, clock, version)
        assert (request.version, request.place) == (1, said.place), error
    assert (waiting(session), audited(session)) == ([], [])
    anew = replace(said, title="¿Por qué se desborda el arroyo?", text="Queremos caminar el arroyo.", language="es")
    changed(session, cast, request, replace(said, title="Why does it flood?", language="es"), clock)
    assert request.language == "en", "a word put right is still in the language of the others"
    changed(session, cast, request, anew, clock, version=2)
    assert request.language == "es"
