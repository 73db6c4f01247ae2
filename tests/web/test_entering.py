"""A coordinator writes down somebody who is on the phone, and changes profiles for those who ask."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, Partner
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser


@pytest.fixture
def office(cast: Cast, browse) -> Browser:
    """Marisol's browser."""
    return browse(cast.marisol)


def call(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Doña Chayo",
        "phone": "520-555-0160",
        "email": "",
        "language": "es",
        "title": "Tortillas de harina sobaqueras",
        "text": "",
        "story": "Mi nana, en Magdalena, cuando yo tenía siete años.",
        "told_in": "es",
        "neighbourhood": "Las Norias",
        "monthly_capacity": "1",
        **changed,
    }


def entered(session: Session) -> Partner | None:
    session.expire_all()
    return session.scalars(select(Partner).where(Partner.name == "Doña Chayo")).one_or_none()


def on_behalf(session: Session) -> list[str]:
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    return [event.tag for event in events if event.detail.get("on_behalf")]


def test_a_call_becomes_a_profile_to_read(session: Session, cast: Cast, office: Browser) -> None:
    assert "/people/new" in office.get("/people").get_data(as_text=True)
    answer = office.post("/people/new", call())
    partner = entered(session)
    assert partner is not None
    assert answer.headers["Location"] == f"/people/{partner.id}"
    [fund] = partner.funds
    assert (fund.title, fund.text, fund.language) == (fund.title, fund.title, "es"), "a short telling is enough"
    assert fund.story.startswith("Mi nana")
    page = office.get(f"/people/{partner.id}").get_data(as_text=True)
    assert "call instead" in page and 'mailto:"' not in page
    assert office.post(f"/people/{partner.id}/review").status_code == 302
    session.refresh(partner)
    assert partner.reviewed_by_id == cast.marisol.id


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "write a name"),
        ({"phone": ""}, "a number to call back"),
        ({"phone": "at her sister"}, "with digits"),
        ({"email": "chayo"}, "an address like"),
        ({"title": ""}, "one thing they know"),
        ({"story": " "}, "how they came to know it"),
        ({"told_in": "tlh"}, "Please choose one."),
        ({"language": "tlh"}, "Please choose one."),
        ({"monthly_capacity": "5000"}, "Please choose one."),
    ],
    ids=str,
)
def test_what_a_call_has_to_settle(session: Session, office: Browser, changed: dict[str, Any], said: str) -> None:
    page = office.post("/people/new", call(**changed))
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    assert entered(session) is None


def test_somebody_known_is_named_and_the_words_are_kept(session: Session, cast: Cast, office: Browser) -> None:
    page = office.post("/people/new", call(email=cast.ramon.email.upper()))
    assert page.status_code == 422
    words = page.get_data(as_text=True)
    assert "Ramón Escalante is here already" in words and "Mi nana, en Magdalena" in words
    assert entered(session) is None


def test_a_profile_is_changed_for_somebody_and_the_record_says_so(
    session: Session, cast: Cast, office: Browser, queries: list[str]
) -> None:
    home, fund = f"/people/{cast.ramon.id}", cast.ramon.funds[0].id
    logistics = {"kind": "person", "name": "Ramón Escalante", "monthly_capacity": "4", "language": "es"}
    words = {"title": "Saws", "text": "Three teeth each.", "story": "My mother.", "kind": "practice", "language": "en"}
    sent = {
        f"{home}/profile": {**logistics, "radius_miles": "5", "weekdays": ["2"]},
        f"{home}/funds/new": words,
        f"{home}/funds/{fund}": {**words, "title": "Handsaws"},
        f"{home}/funds/{fund}/classes": {"subjects": ["cte"], "grades": ["9"]},
    }
    for path, data in sent.items():
        queries.clear()
        assert "Ramón Escalante" in office.get(path).get_data(as_text=True)
        assert len(queries) <= 12, (path, queries)
        assert office.post(path, data).headers["Location"] == home
    session.expire_all()
    assert (cast.ramon.monthly_capacity, cast.ramon.weekdays, cast.ramon.radius_miles) == (4, [2], 5)
    assert [(one.title, one.subjects, one.grades) for one in cast.ramon.funds] == [
        ("Handsaws", ["cte"], [9]),
        ("Saws", [], []),
    ]
    assert on_behalf(session) == ["partners:partner:changed", *["partners:fund:saved"] * 3]


def test_funds_are_changed_under_the_name_of_their_owner(cast: Cast, office: Browser) -> None:
    theirs = cast.esperanza.funds[0].id
    for page in (f"/people/{cast.ramon.id}/funds/{theirs}", f"/people/{cast.ramon.id}/funds/{theirs}/classes"):
        assert office.get(page).status_code == 404
        assert office.post(page).status_code == 404


def test_nobody_of_another_region_is_changed(cast: Cast, office: Browser) -> None:
    stranger = f.PartnerFactory(region=cast.next_door)
    assert office.get(f"/people/{stranger.id}/profile").status_code == 404
