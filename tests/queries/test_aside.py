"""What stands beside a request on the desk, in one query with it."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from matchmaker.queries import aside
from models import RequestState
from tests import factories as f
from tests.cast import Cast


def test_a_request_comes_with_its_notes_and_the_school_days(session: Session, cast: Cast) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.PROPOSED)
    for who in (f.PartnerFactory(region=cast.region), f.PartnerFactory(region=cast.region)):
        f.SteerFactory(region=cast.region, of=request, who=who, hand=cast.ben)
    first = f.NoteFactory(region=cast.region, of=request, author=cast.marisol, text="The van fits six.")
    second = f.NoteFactory(region=cast.region, of=request, author_id=None, text="“She” called\nback.")
    f.NoteFactory(region=cast.region, author=cast.ben)
    f.ClosureFactory(region=cast.region, first_on=date(2026, 9, 15), last_on=date(2026, 9, 15))
    f.ClosureFactory(region=cast.next_door, first_on=date(2026, 9, 16), last_on=date(2026, 9, 16))
    session.expunge_all()
    found, beside = aside.of_request(session, request.id, f.NOW)
    assert (found.id, len(found.windows), len(found.steers)) == (request.id, 2, 2)
    assert [(note.id, note.author, note.text, note.written_at) for note in beside.notes] == [
        (second.id, None, "“She” called\nback.", f.NOW),
        (first.id, "Marisol Vega", "The van fits six.", f.NOW),
    ]
    assert beside.days.after(f.NOW.date(), 1) == date(2026, 9, 16)


def test_a_request_without_any_of_it_is_read_just_the_same(session: Session, cast: Cast) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=[])
    found, beside = aside.of_request(session, request.id, f.NOW + timedelta(days=1))
    assert (found, beside.notes) == (request, ())


def test_the_notes_about_a_partner_are_read_newest_first(session: Session, cast: Cast) -> None:
    for text in ("Likes mornings.", "Bought a van."):
        f.NoteFactory(region=cast.region, request_id=None, partner_id=cast.ramon.id, author=cast.ben, text=text)
    f.NoteFactory(region=cast.region, request_id=None, partner_id=cast.esperanza.id, author=cast.ben)
    assert [note.text for note in aside.of_partner(session, cast.ramon.id)] == ["Bought a van.", "Likes mornings."]
    assert aside.of_partner(session, f.PartnerFactory(region=cast.region).id) == []
