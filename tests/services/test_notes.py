"""Notes for colleagues: kept with author and hour, stopped once where a student may be named, never told elsewhere."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Invalid, NotFound
from matchmaker.services import notes
from matchmaker.services.requests import PossibleStudentName
from models import AuditEvent, Note, RequestState
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import Desk, acting


def test_a_note_is_kept_with_its_author_and_audited_without_its_words(
    session: Session, cast: Cast, desk: Desk, clock: Clock
) -> None:
    about_request = notes.write(session, desk.marisol, desk.request, "  The van fits six. ", clock)
    about_partner = notes.write(session, desk.ben, cast.ramon, "Call after noon.", clock)
    assert (about_request.text, about_request.author, about_request.written_at) == (
        "The van fits six.", cast.marisol, f.NOW,
    )  # fmt: skip
    assert (about_request.request_id, about_request.partner_id) == (desk.request.id, None)
    assert (about_partner.request_id, about_partner.partner_id) == (None, cast.ramon.id)
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.tag, event.detail) for event in events] == [
        ("desk:note:written", {"request_id": desk.request.id}),
        ("desk:note:written", {"partner_id": cast.ramon.id}),
    ]


def test_a_note_is_taken_away_for_good(session: Session, desk: Desk, clock: Clock) -> None:
    note = notes.write(session, desk.marisol, desk.request, "The van fits six.", clock)
    notes.remove(session, desk.marisol, note.id, clock)
    assert session.scalars(select(Note)).all() == []
    last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None and (last.tag, last.detail) == ("desk:note:removed", {"request_id": desk.request.id})


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_a_note_has_words_and_not_too_many(session: Session, desk: Desk, clock: Clock, text: str) -> None:
    with pytest.raises(Invalid):
        notes.write(session, desk.marisol, desk.request, text, clock)


def test_a_possible_student_is_asked_about_before_anything_is_kept(session: Session, desk: Desk, clock: Clock) -> None:
    text = "Her student Mateo should come along."
    with pytest.raises(PossibleStudentName) as asked:
        notes.write(session, desk.marisol, desk.request, text, clock)
    assert asked.value.facts == {"names": ["Mateo"]}
    assert session.scalars(select(Note)).all() == []
    assert notes.write(session, desk.marisol, desk.request, text, clock, no_student_named=True).text == text


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Esperanza said she comes by bus; Ramón wants the microscope.", []),
        ("Ana asked for a later date, Ben called her.", []),
        ("Mateo drew a map of the wash.", ["Mateo"]),
        ("My student Esperanza drew a map.", ["Esperanza"]),
    ],
)
def test_the_adults_a_note_speaks_of_are_not_asked_about(
    session: Session, desk: Desk, clock: Clock, text: str, asked: list[str]
) -> None:
    assert notes.named_in(session, desk.request, text, clock) == asked


def test_nobody_notes_anything_about_a_draft(session: Session, cast: Cast, clock: Clock) -> None:
    draft = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.DRAFT)
    with pytest.raises(NotFound):
        notes.write(session, acting(cast.ben), draft, "A word", clock)
