"""A partner's own profile and funds."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from matchmaker.web.partners.prompts import PROMPTS, next_for
from models import Account, Fund, KnowledgeKind
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser


@pytest.fixture
def own(session: Session, cast: Cast, browse) -> Browser:
    """Ramón's browser."""
    return browse(session.get_one(Account, cast.ramon.account_id))


def profile(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "organisation",
        "name": "Taller Escalante",
        "contact_name": "Ramón Escalante",
        "about": "We mend what talks.",
        "free_from": "09:00",
        "free_until": "14:30",
        "online": "y",
        "monthly_capacity": "3",
        "languages": ["en", "es"],
        "formats": ["visit", "host"],
        "weekdays": ["1", "3"],
        "neighbourhood": "Agua Escondida",
        "radius_miles": "15",
        "sharing": ["no_recording"],
        "phone": "520-555-0199",
        "language": "es",
        **changed,
    }


def fund(**changed: Any) -> dict[str, Any]:
    return {
        "title": "Sharpening saws",
        "text": "Each student could set three teeth and feel the difference.",
        "story": "My mother ran the only saw shop in the valley.",
        "kind": "practice",
        "language": "en",
        **changed,
    }


def test_the_profile_is_saved_and_the_ranker_s_copy_outdated(session: Session, cast: Cast, own: Browser) -> None:
    revision = cast.region.revision
    assert own.post("/profile", profile()).headers["Location"] == "/profile"
    session.expire_all()
    ramon = cast.ramon
    assert (ramon.monthly_capacity, ramon.weekdays, ramon.radius_miles) == (3, [1, 3], 15)
    assert (ramon.formats, ramon.sharing, ramon.language) == (["visit", "host"], ["no_recording"], "es")
    assert (ramon.kind, ramon.name, ramon.contact_name) == ("organisation", "Taller Escalante", "Ramón Escalante")
    assert (ramon.about, ramon.online) == ("We mend what talks.", True)
    assert (ramon.free_from, ramon.free_until) == (time(9), time(14, 30))
    assert cast.region.revision == revision + 1


def test_nothing_ticked_means_nothing_said(session: Session, cast: Cast, own: Browser) -> None:
    nothing = {"contact_name": "", "about": "", "free_from": "", "free_until": "", "radius_miles": ""}
    unticked = {"languages": [], "formats": [], "weekdays": [], "sharing": [], "online": []}
    own.post("/profile", profile(**nothing, **unticked))
    session.expire_all()
    assert (cast.ramon.languages, cast.ramon.weekdays, cast.ramon.radius_miles) == ([], [], None)
    assert (cast.ramon.free_from, cast.ramon.free_until, cast.ramon.contact_name) == (None, None, None)
    assert not cast.ramon.online


def test_what_is_stored_but_not_offered_is_not_lost(session: Session, cast: Cast, own: Browser) -> None:
    cast.ramon.languages, cast.ramon.monthly_capacity, cast.ramon.radius_miles = ["en", "tep"], 7, 17
    page = own.get("/profile").get_data(as_text=True)
    assert 'value="tep" checked' in page
    sent = profile(languages=["en", "tep"], monthly_capacity="7", radius_miles="17")
    assert own.post("/profile", sent).status_code == 302
    session.expire_all()
    assert (cast.ramon.languages, cast.ramon.monthly_capacity, cast.ramon.radius_miles) == (["en", "tep"], 7, 17)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "robot"},
        {"name": " "},
        {"name": "n" * 121},
        {"about": "a" * 2001},
        {"free_from": "25:00"},
        {"free_from": "15:00"},
        {"free_until": "09:00"},
        {"monthly_capacity": "-1"},
        {"monthly_capacity": "9999"},
        {"monthly_capacity": "two"},
        {"monthly_capacity": ""},
        {"languages": ["tlh"]},
        {"formats": ["seance"]},
        {"weekdays": ["6"]},
        {"weekdays": ["Tuesday"]},
        {"radius_miles": "3"},
        {"radius_miles": "far"},
        {"sharing": ["gold"]},
        {"phone": "ask Ana"},
        {"language": "tlh"},
        {"neighbourhood": "n" * 121},
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused(session: Session, cast: Cast, own: Browser, changed: dict[str, Any]) -> None:
    assert own.post("/profile", profile(**changed)).status_code == 422
    session.expire_all()
    assert cast.ramon.phone == "520-555-0177"


def test_the_nearest_school_stands_for_an_address(session: Session, cast: Cast, own: Browser) -> None:
    cast.ramon.latitude = cast.ramon.longitude = None
    assert "no distance keeps a class" in own.get("/profile").get_data(as_text=True)
    own.post("/profile", profile(near=str(cast.school.id), radius_miles="8"))
    session.expire_all()
    assert (cast.ramon.latitude, cast.ramon.longitude) == (cast.school.latitude, cast.school.longitude)
    f.SchoolFactory(region=cast.region, name="Far Ranch", latitude=32.6, longitude=-110.9)
    f.SchoolFactory(region=cast.next_door)
    page = own.get("/profile").get_data(as_text=True)
    assert "1 of 2 schools within 8 miles." in page
    assert "30 miles: 2 schools" in page
    own.post("/profile", profile(near="", radius_miles="8"))
    session.expire_all()
    assert cast.ramon.latitude == cast.school.latitude, "not chosen leaves it as it was"
    assert own.post("/profile", profile(near="999999")).status_code == 422


def test_a_teacher_s_view_names_nobody(session: Session, cast: Cast, own: Browser) -> None:
    cast.ramon.free_from, cast.ramon.weekdays = time(9), [1, 3]
    page = own.get("/profile/preview").get_data(as_text=True)
    before, rest = page.split('id="after"')
    after, staff = rest.split('id="staff"')
    shown = before.split('id="before"')[1]
    assert cast.ramon.funds[0].title in shown
    for secret in (cast.ramon.name, cast.ramon.phone, cast.ramon.email):
        assert secret not in shown and secret in after
    assert "Not before 9:00" in staff and "Tuesday and Thursday" in staff


def test_pages_of_a_long_profile_ask_few_questions(cast: Cast, own: Browser, queries: list[str]) -> None:
    for number in range(12):
        f.FundFactory(region=cast.region, owner=cast.ramon, title=f"Radio {number}")
    fund_id = cast.ramon.funds[0].id
    for path in ("/profile", "/profile/preview", f"/profile/funds/{fund_id}", f"/profile/funds/{fund_id}/classes"):
        queries.clear()
        assert own.get(path).status_code == 200
        assert len(queries) <= 12, (path, queries)


def test_one_question_is_asked_at_a_time_and_another_after_each_answer(cast: Cast, own: Browser) -> None:
    asked = list(PROMPTS)
    page = own.get("/profile").get_data(as_text=True)
    assert f'href="/profile/funds/new?ask={asked[1]}">Answer this one' in page, "one fund told, one question answered"
    assert all(f"?ask={code}" in page for code in asked)
    assert "What did your family teach you?" in own.get("/profile/funds/new?ask=family").get_data(as_text=True)
    assert "Something you know" in own.get("/profile/funds/new?ask=nothing").get_data(as_text=True)
    assert next_for(len(asked)) == asked[0]


def test_a_fund_is_added_rewritten_and_removed(session: Session, cast: Cast, own: Browser) -> None:
    led_to = own.post("/profile/funds/new", fund()).headers["Location"]
    session.expire_all()
    added = next(one for one in cast.ramon.funds if one.title == "Sharpening saws")
    assert led_to == f"/profile/funds/{added.id}/classes"
    added.subjects, added.grades = ["cte"], [9, 10]
    page = own.get(f"/profile/funds/{added.id}").get_data(as_text=True)
    assert "only saw shop" in page
    own.post(f"/profile/funds/{added.id}", fund(title="Sharpening handsaws", kind="credentialed"))
    session.expire_all()
    assert (added.title, added.kind) == ("Sharpening handsaws", KnowledgeKind.CREDENTIALED)
    assert (added.subjects, added.grades) == (["cte"], [9, 10]), "what the form does not ask stays"
    own.post(f"/profile/funds/{added.id}/remove")
    session.expire_all()
    assert session.get(Fund, added.id) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": " "}, "name what you know"),
        ({"title": "t" * 201}, "200 characters"),
        ({"text": ""}, "what a class would see"),
        ({"story": ""}, "how you came to know it"),
        ({"story": "s" * 6001}, "6000 characters"),
        ({"kind": "rumour"}, "Please choose one."),
        ({"language": "tlh"}, "Please choose one."),
    ],
    ids=str,
)
def test_a_fund_that_says_too_little_or_too_much_is_not_saved(
    session: Session, cast: Cast, own: Browser, changed: dict[str, Any], said: str
) -> None:
    page = own.post("/profile/funds/new", fund(**changed))
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    session.expire_all()
    assert len(cast.ramon.funds) == 1


def test_suggested_classes_are_ticked_and_count_once_confirmed(session: Session, cast: Cast, own: Browser) -> None:
    f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, subject="cte", grade=9,
        title="Sharpening chisels and saws", text="We build benches; the teeth of our saws are dull.",
    )  # fmt: skip
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title="Rivers", text="Who has seen one rise?")
    own.post("/profile/funds/new", fund())
    session.expire_all()
    added = next(one for one in cast.ramon.funds if one.title == "Sharpening saws")
    page = own.get(path := f"/profile/funds/{added.id}/classes").get_data(as_text=True)
    assert 'value="cte" checked' in page and 'value="9" checked' in page and 'value="math">' in page
    assert "A class has asked for something in words like yours: saws" in page
    session.expire_all()
    assert (added.subjects, added.grades) == ([], []), "looking applies nothing"

    assert own.post(path, {"subjects": ["cte", "math"], "grades": ["9", "10"]}).headers["Location"] == "/profile"
    session.expire_all()
    assert (added.subjects, added.grades) == (["cte", "math"], [9, 10])
    own.post(path, {})
    session.expire_all()
    assert (added.subjects, added.grades) == ([], []), "none ticked means any"
    assert own.post(path, {"subjects": ["alchemy"]}).status_code == 422
    assert own.post(path, {"grades": ["13"]}).status_code == 422


def test_somebody_else_s_fund_is_not_found(session: Session, cast: Cast, own: Browser) -> None:
    theirs = cast.esperanza.funds[0].id
    assert own.get(f"/profile/funds/{theirs}").status_code == 404
    assert own.post(f"/profile/funds/{theirs}", fund()).status_code == 404
    assert own.post(f"/profile/funds/{theirs}/remove").status_code == 404
    assert own.get(f"/profile/funds/{theirs}/classes").status_code == 404
    assert own.post(f"/profile/funds/{theirs}/classes").status_code == 404
    assert session.get(Fund, theirs) is not None


def test_a_break_may_have_an_end_ahead(session: Session, cast: Cast, own: Browser) -> None:
    # Monday, September 14, in Phoenix.
    for day in ("2026-09-14", "2025-01-01", "soon"):
        own.post("/profile/pause", {"until": day})
        assert "still ahead" in own.get("/profile").get_data(as_text=True)
        session.expire_all()
        assert cast.ramon.paused_at is None
    own.post("/profile/pause", {"until": "2026-11-02"})
    session.expire_all()
    assert cast.ramon.paused_until == date(2026, 11, 2)
    assert "before Monday, November 2, 2026." in own.get("/profile").get_data(as_text=True)


def test_a_break_begins_and_ends_with_one_tap(session: Session, cast: Cast, own: Browser) -> None:
    own.post("/profile/pause")
    session.expire_all()
    assert cast.ramon.paused_at == f.NOW
    assert "I am back" in own.get("/profile").get_data(as_text=True)
    own.post("/profile/resume")
    session.expire_all()
    assert cast.ramon.paused_at is None
