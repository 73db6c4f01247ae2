"""Posting a learning need and following it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import IntroductionState, LearningRequest, OutboxItem, RequestState
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.world import World

TUESDAY = date(2026, 10, 6)


def form(**changed: Any) -> dict[str, Any]:
    return {
        "form_key": uuid4().hex,
        "title": "Why is the sky over the mine so orange?",
        "text": "We keep a color diary of the evenings and would love to compare it with somebody who measured dust.",
        "grade": "7",
        "subject": "science",
        "students": "26",
        "languages": ["en", "es"],
        "windows-0-date": TUESDAY.isoformat(),
        "windows-0-starts": "09:20",
        "minutes": "50",
        "formats": ["visit"],
        "place": "The courtyard",
        **changed,
    }


def posted(session: Session, cast: Cast) -> list[LearningRequest]:
    query = select(LearningRequest).where(LearningRequest.teacher_id == cast.ana.id).order_by(LearningRequest.id)
    return list(session.scalars(query))


def test_a_need_is_posted_and_the_ranker_asked(session: Session, cast: Cast, browse) -> None:
    answer = browse(cast.ana.account).post("/requests/new", form())
    (request,) = posted(session, cast)
    assert answer.headers["Location"] == f"/requests/{request.id}"
    assert (request.state, request.grade, request.subject, request.students) == ("posted", 7, "science", 26)
    assert (request.languages, request.formats, request.school_id) == (["en", "es"], ["visit"], cast.school.id)
    (window,) = request.windows
    assert window.starts_at == datetime(2026, 10, 6, 16, 20, tzinfo=UTC), "9:20 in Phoenix"
    assert window.ends_at - window.starts_at == timedelta(minutes=50)
    assert session.scalar(select(OutboxItem.payload).where(OutboxItem.kind == "propose")) == {"request_id": request.id}


def test_more_people_and_a_night_away_are_asked_for(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ana.account)
    browser.post("/requests/new", form(partners_wanted="3", overnight="y"))
    browser.post("/requests/new", form(partners_wanted=""))
    assert [(each.partners_wanted, each.overnight) for each in posted(session, cast)] == [(3, True), (1, False)]


def test_with_a_yes_the_visit_is_cancelled_before_the_request_is_taken_back(
    session: Session, cast: Cast, world: World, browse
) -> None:
    browser, path = browse(cast.ana.account), f"/requests/{world.invited.request_id}"
    assert f"{path}/withdraw" in browser.get(path).get_data(as_text=True)
    world.invited.become(IntroductionState.ACCEPTED, at=f.NOW)
    page = browser.get(path).get_data(as_text=True)
    assert f"{path}/withdraw" not in page and f"/visits/of/{world.invited.id}" in page


def test_a_form_sent_twice_makes_one_request(session: Session, cast: Cast, browse) -> None:
    browser, sent = browse(cast.ana.account), form()
    first, second = browser.post("/requests/new", sent), browser.post("/requests/new", sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(posted(session, cast)) == 1
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "propose")) == 1


def test_the_same_date_twice_is_offered_once(session: Session, cast: Cast, browse) -> None:
    again = {"windows-1-date": TUESDAY.isoformat(), "windows-1-starts": "09:20"}
    browse(cast.ana.account).post("/requests/new", form(**again))
    assert len(posted(session, cast)[0].windows) == 1


def test_a_possible_student_s_name_is_asked_about_before_anything_is_stored(
    session: Session, cast: Cast, browse
) -> None:
    browser = browse(cast.ana.account)
    sent = form(text="My student Mateo Ruiz keeps a color diary of the evenings.")
    page = browser.post("/requests/new", sent)
    assert page.status_code == 422
    assert "Mateo Ruiz" in page.get_data(as_text=True)
    assert "color diary" in page.get_data(as_text=True), "the words are kept"
    assert posted(session, cast) == []
    assert browser.post("/requests/new", {**sent, "no_student_named": "1"}).status_code == 422, "of what was shown only"
    answered = {**sent, "no_student_named": "1", "asked": ["Mateo Ruiz"]}
    assert browser.post("/requests/new", answered).status_code == 302
    assert len(posted(session, cast)) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": ""}, "Please write the question in one line."),
        ({"title": "x" * 201}, "200 characters"),
        ({"title": "two\r\nlines"}, "letters, numbers and punctuation"),
        ({"text": "   "}, "Please say what your students"),
        ({"text": "y" * 6001}, "6000 characters"),
        ({"text": "bell \x07"}, "letters, numbers and punctuation"),
        ({"grade": "13"}, "Please choose one."),
        ({"grade": "seven"}, "Please choose one"),
        ({"subject": "alchemy"}, "Please choose one."),
        ({"students": "0"}, "between 1 and 2000"),
        ({"partners_wanted": "11"}, "between 1 and 10"),
        ({"students": "9" * 30}, "between 1 and 2000"),
        ({"students": "many"}, "Please write a whole number"),
        ({"languages": ["tlh"]}, "not a valid choice"),
        ({"formats": ["seance"]}, "not a valid choice"),
        ({"minutes": "7"}, "Please choose one."),
        ({"minutes": ""}, "Please choose one"),
        ({"place": "z" * 201}, "200 characters"),
        ({"form_key": "mine"}, "reload the page"),
        ({"windows-0-date": "", "windows-0-starts": ""}, "at least one date"),
        ({"windows-0-starts": ""}, "add the time"),
        ({"windows-0-date": ""}, "add the date"),
        ({"windows-0-date": "2026-13-45"}, "Please choose a day"),
        ({"windows-0-date": "0001-01-01"}, "lies ahead"),
        ({"windows-0-date": "9999-12-31"}, "18 months"),
        ({"windows-0-date": "2026-09-11"}, "lies ahead"),
        ({"windows-0-date": "2026-09-14", "windows-0-starts": "08:00"}, "lies ahead"),
        ({"windows-0-date": "2026-10-10"}, "school day"),
        ({"windows-0-starts": "03:00"}, "between 6 in the morning"),
        ({"windows-0-starts": "25:99"}, "Please choose a time"),
        ({"windows-1-date": "2026-10-11", "windows-1-starts": "09:00"}, "school day"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_cannot_be_used_is_said_and_nothing_stored(
    session: Session, cast: Cast, browse, changed: dict[str, Any], said: str
) -> None:
    page = browse(cast.ana.account).post("/requests/new", form(**changed))
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    assert posted(session, cast) == []


def test_hostile_words_are_shown_as_words(session: Session, cast: Cast, browse) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }}"
    browser = browse(cast.ana.account)
    where = browser.post("/requests/new", form(title=nasty, text=nasty)).headers["Location"]
    page = browser.get(where).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_the_class_is_filled_in_from_the_last_request(cast: Cast, browse) -> None:
    browser = browse(cast.ana.account)
    browser.post("/requests/new", form(grade="4", subject="math"))
    page = browser.get("/requests/new").get_data(as_text=True)
    assert '<option selected value="4">' in page
    assert '<option selected value="math">' in page
    assert "Filled in from last time" in page


def test_the_list_shows_one_s_own_requests_only(cast: Cast, world: World, browse) -> None:
    f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas, title="What Tomás asks")
    page = browse(cast.ana.account).get("/requests").get_data(as_text=True)
    assert world.asked.title in page
    assert "What Tomás asks" not in page


def test_a_long_list_has_pages(cast: Cast, browse, queries: list[str]) -> None:
    for number in range(23):
        f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title=f"Question {number}", windows=[])
    browser = browse(cast.ana.account)
    queries.clear()
    first = browser.get("/requests").get_data(as_text=True)
    assert "Question 22" in first
    assert "Question 2<" not in first
    assert "Question 2<" in browser.get("/requests?page=2").get_data(as_text=True)
    for odd in ("0", "-4", "99999999999999999999", "x"):
        assert browser.get(f"/requests?page={odd}").status_code == 200


def test_the_partner_is_named_only_after_a_yes(session: Session, cast: Cast, world: World, browse) -> None:
    browser, invited = browse(cast.ana.account), world.invited
    name = invited.partner.name
    assert name not in browser.get(f"/requests/{invited.request_id}").get_data(as_text=True)
    invited.become(IntroductionState.ACCEPTED, at=f.NOW)
    invited.answered_at = f.NOW
    page = browser.get(f"/requests/{invited.request_id}").get_data(as_text=True)
    assert "Someone said yes" in page
    assert invited.partner.email not in page
    assert invited.partner.phone not in page


def test_a_request_is_withdrawn_once_and_for_all(session: Session, cast: Cast, world: World, browse) -> None:
    browser = browse(cast.ana.account)
    for _ in range(2):
        assert browser.post(f"/requests/{world.asked.id}/withdraw").status_code == 302
    session.refresh(world.asked)
    assert world.asked.state is RequestState.WITHDRAWN
    assert "was withdrawn" in browser.get(f"/requests/{world.asked.id}").get_data(as_text=True)


def test_a_request_somebody_agreed_to_is_not_withdrawn_silently(
    session: Session, cast: Cast, world: World, browse
) -> None:
    world.invited.become(IntroductionState.ACCEPTED, at=f.NOW)
    answer = browse(cast.ana.account).post(f"/requests/{world.invited.request_id}/withdraw")
    assert answer.status_code == 409
    assert "has said yes" in answer.get_data(as_text=True)
    assert session.get_one(LearningRequest, world.invited.request_id).state is RequestState.PLACED


def test_a_null_byte_is_turned_away_at_the_door(visitor: Browser, cast: Cast, session: Session, browse) -> None:
    assert browse(cast.ana.account).post("/requests/new", form(title="a\x00b")).status_code == 400
    assert visitor.post("/login", {"email": "a\x00@b.example", "password": "x"}).status_code == 400
    assert visitor.get("/people?q=%00").status_code == 400
    assert posted(session, cast) == []


def test_a_teacher_reads_what_is_weighed_without_names_or_loads(
    session: Session, cast: Cast, world: World, browse
) -> None:
    world.first.reasons = [
        {"code": "waited_reached_less", "params": {"weeks": 6}},
        {"code": "closer_full", "params": {"name": "Rosa Rentería", "visits": 4711}},
    ]
    browser = browse(cast.ana.account)
    page = browser.get(f"/requests/{world.asked.id}").get_data(as_text=True)
    assert "your school was reached less than others, so it is early in line" in page
    assert "Somebody else would be closer, but has no visit left that month." in page
    assert "Rosa" not in page and "4711" not in page
    browser.get("/language/es")
    assert "Otra persona estaría más cerca" in browser.get(f"/requests/{world.asked.id}").get_data(as_text=True)
