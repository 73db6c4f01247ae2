"""A partner's answer by the link of a mail."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.settings import Settings
from models import (
    Account,
    AnswerVia,
    CapacityUnit,
    Introduction,
    IntroductionState,
    NotNowReason,
    OutboxItem,
    RequestState,
    StateChange,
)
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.world import World


def yes(world: World, place: int = 0) -> dict[str, object]:
    return {"answer": "yes", "window": world.invited.request.windows[place].id}


def test_the_page_says_who_asks_for_what_and_shows_no_contact(visitor: Browser, world: World, link) -> None:
    world.invited.request.teacher.account.email = "the.teacher@schools.example"
    page = visitor.get(link(world.invited)).get_data(as_text=True)
    for words in ("Ana Luisa Robles", "Tres Hermanas Middle School", "walk the wash with us", "28 students"):
        assert words in page
    for private in ("the.teacher@schools.example", world.invited.request.teacher.phone, "room 12"):
        assert private not in page


def test_opening_the_link_changes_nothing(session: Session, visitor: Browser, world: World, link) -> None:
    changes = session.scalar(select(func.count(StateChange.id)))
    for path in (link(world.invited), f"{link(world.invited)}?answer=yes", f"{link(world.invited)}?answer=not_now"):
        assert visitor.get(path).status_code == 200
        assert visitor.client.head(path).status_code == 200
    session.refresh(world.invited)
    assert world.invited.state is IntroductionState.INVITED
    assert session.scalar(select(func.count(StateChange.id))) == changes


def test_the_mail_s_link_may_carry_the_answer(visitor: Browser, world: World, link) -> None:
    assert 'value="yes" checked' in visitor.get(f"{link(world.invited)}?answer=yes").get_data(as_text=True)
    assert "checked" not in visitor.get(link(world.invited)).get_data(as_text=True), "nothing is chosen beforehand"
    assert visitor.get(f"{link(world.invited)}?answer=maybe").status_code == 200


def test_a_yes_with_a_date_leads_to_two_introductions(session: Session, visitor: Browser, world: World, link) -> None:
    answer = visitor.post(link(world.invited), yes(world, 1))
    assert answer.status_code == 302
    assert "Thank you. You said yes." in visitor.get(answer.headers["Location"]).get_data(as_text=True)
    session.refresh(world.invited)
    assert world.invited.state is IntroductionState.ACCEPTED
    assert world.invited.window_id == world.invited.request.windows[1].id
    kinds = session.scalars(select(OutboxItem.kind).where(OutboxItem.kind.startswith("introduction"))).all()
    assert sorted(kinds) == ["introduction_partner", "introduction_teacher"]


@pytest.mark.parametrize("signed_in", [True, False])
def test_which_way_the_answer_came_is_kept(session: Session, world: World, browse, link, signed_in: bool) -> None:
    partner = world.invited.partner
    partner.account_id = f.AccountFactory().id
    browser = browse(session.get_one(Account, partner.account_id) if signed_in else None)
    assert browser.post(link(world.invited), yes(world)).status_code == 302
    session.refresh(world.invited)
    assert world.invited.answered_via is (AnswerVia.PAGE if signed_in else AnswerVia.LINK)
    assert world.invited.answered_by_id == (partner.account_id if signed_in else None)


def test_somebody_else_s_browser_answers_by_the_link(session: Session, world: World, cast: Cast, browse, link) -> None:
    assert browse(cast.ana.account).post(link(world.invited), {"answer": "not_now"}).status_code == 302
    session.refresh(world.invited)
    assert (world.invited.answered_via, world.invited.answered_by_id) == (AnswerVia.LINK, None)


def test_the_first_answer_stands(session: Session, visitor: Browser, world: World, link) -> None:
    visitor.post(link(world.invited), yes(world))
    assert visitor.post(link(world.invited), yes(world, 1)).status_code == 302, "a repeat shows it"
    refused = visitor.post(link(world.invited), {"answer": "not_now"})
    assert refused.status_code == 409
    assert "already said yes" in refused.get_data(as_text=True)
    session.refresh(world.invited)
    assert world.invited.window_id == world.invited.request.windows[0].id


def test_not_now_frees_the_place_and_keeps_the_reason_private(
    session: Session, visitor: Browser, cast: Cast, world: World, link, browse
) -> None:
    visitor.post(link(world.invited), {"answer": "not_now", "reason": "health"})
    session.refresh(world.invited)
    assert (world.invited.state, world.invited.not_now_reason) == (IntroductionState.NOT_NOW, NotNowReason.HEALTH)
    unit = session.scalars(select(CapacityUnit).where(CapacityUnit.introduction_id == world.invited.id)).one()
    assert unit.released_at == f.NOW
    page = browse(cast.ana.account).get(f"/requests/{world.invited.request_id}").get_data(as_text=True)
    assert world.invited.partner.name not in page
    assert "Health" not in page


def test_not_now_may_become_a_yes_until_the_next_person_is_asked(
    session: Session, visitor: Browser, world: World, link
) -> None:
    path = link(world.invited)
    visitor.post(path, {"answer": "not_now"})
    assert "until the next person is asked" in visitor.get(path).get_data(as_text=True)
    assert visitor.post(path, yes(world)).status_code == 302
    session.refresh(world.invited)
    assert world.invited.state is IntroductionState.ACCEPTED


def test_after_the_next_person_is_asked_not_now_stands(session: Session, visitor: Browser, world: World, link) -> None:
    path = link(world.invited)
    visitor.post(path, {"answer": "not_now"})
    world.invited.request.state = RequestState.PLACED
    session.commit()
    refused = visitor.post(path, yes(world))
    assert refused.status_code == 409
    assert "Somebody else has been asked since" in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "choose one of the answers"),
        ({"answer": "perhaps"}, "choose one of the answers"),
        ({"answer": "yes"}, "choose one of the dates"),
        ({"answer": "yes", "window": "0"}, "choose one of the dates"),
        ({"answer": "yes", "window": "x"}, "choose one of the dates"),
        ({"answer": "yes", "window": str(2**70)}, "choose one of the dates"),
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_read_changes_nothing(
    session: Session, visitor: Browser, world: World, link, sent: dict[str, str], said: str
) -> None:
    page = visitor.post(link(world.invited), sent)
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    session.refresh(world.invited)
    assert world.invited.state is IntroductionState.INVITED


def test_a_date_of_another_request_or_of_the_past_is_not_taken(
    session: Session, visitor: Browser, world: World, link
) -> None:
    elsewhere = world.asked.windows[0].id
    assert visitor.post(link(world.invited), {"answer": "yes", "window": elsewhere}).status_code == 422
    past = world.invited.request.windows[0]
    past.starts_at, past.ends_at = f.NOW - timedelta(hours=2), f.NOW - timedelta(hours=1)
    assert visitor.post(link(world.invited), {"answer": "yes", "window": past.id}).status_code == 422


def test_an_unknown_reason_is_left_out(session: Session, visitor: Browser, world: World, link) -> None:
    assert visitor.post(link(world.invited), {"answer": "not_now", "reason": "<b>"}).status_code == 302
    session.refresh(world.invited)
    assert world.invited.not_now_reason is None


def test_a_month_that_filled_up_is_said_to_the_partner(
    session: Session, visitor: Browser, cast: Cast, world: World, link
) -> None:
    invited = world.invited
    november = invited.request.windows[1]
    november.starts_at, november.ends_at = f.NOW + timedelta(days=60), f.NOW + timedelta(days=60, minutes=50)
    invited.partner.monthly_capacity = 1
    other = f.IntroductionFactory(region=cast.region, state=IntroductionState.UNDONE)
    f.CapacityUnitFactory(held_by=other, partner_id=invited.partner_id, period=f.date(2026, 11, 1))
    refused = visitor.post(link(invited), {"answer": "yes", "window": november.id})
    assert refused.status_code == 409
    assert "Your visits of that month are all given" in refused.get_data(as_text=True)
    session.refresh(invited)
    assert invited.state is IntroductionState.INVITED


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (IntroductionState.WITHDRAWN, "was taken back"),
        (IntroductionState.UNDONE, "was taken back"),
        (IntroductionState.LAPSED, "has closed"),
        (IntroductionState.APPROVED, "has closed"),
        (IntroductionState.INTRODUCED, "Set a date for the visit"),
        (IntroductionState.MET, "Thank you for your visit"),
        (IntroductionState.CANCELLED, "was called off"),
        (IntroductionState.NOT_HELD, "did not take place"),
    ],
)
def test_each_end_has_its_page(session: Session, visitor: Browser, world: World, link, state, said: str) -> None:
    world.invited.state = state
    page = visitor.get(link(world.invited)).get_data(as_text=True)
    assert said in page
    assert "<form method" not in page


def test_what_no_longer_stands_takes_no_answer(session: Session, visitor: Browser, world: World, link) -> None:
    world.invited.state = IntroductionState.WITHDRAWN
    assert visitor.post(link(world.invited), yes(world)).status_code == 409
    session.refresh(world.invited)
    assert world.invited.state is IntroductionState.WITHDRAWN


def test_a_link_that_ended_still_says_what_became_of_it(session: Session, visitor: Browser, world: World, link) -> None:
    path = link(world.invited, hours=-1)
    shown = visitor.get(path)
    assert shown.status_code == 410
    assert "This invitation has closed." in shown.get_data(as_text=True)
    assert visitor.post(path, yes(world)).status_code == 410
    world.invited.state = IntroductionState.INTRODUCED
    assert "You said yes" in visitor.get(path).get_data(as_text=True)


def test_nothing_but_the_very_link_opens_the_page(
    visitor: Browser, cast: Cast, world: World, link, settings: Settings
) -> None:
    path = link(world.invited)
    token = path.removeprefix("/i/")
    later = f.NOW + timedelta(days=1)
    key = world.invited.key
    wrong = [
        token[:-5] + ("a" if token[-5] != "a" else "b") + token[-4:],
        token[:-10],
        "." + token,
        tokens.issue("another-secret-of-more-than-32-chars", tokens.Purpose.ANSWER, key, "partner:1", later),
        tokens.issue(settings.secret_key, tokens.Purpose.ANSWER, uuid4(), "partner:1", later),
        str(world.invited.id),
        str(key),
        "x" * 5000,
        "%00",
        "☃",
    ]
    for bad in [*wrong, link(world.invited, recipient=f"partner:{cast.paz.id}").removeprefix("/i/")]:
        assert visitor.get(f"/i/{bad}").status_code == 404, bad[:60]
        assert visitor.post(f"/i/{bad}", yes(world)).status_code == 404, bad[:60]


def test_the_page_speaks_the_partner_s_language_until_another_is_chosen(
    visitor: Browser, cast: Cast, world: World, link
) -> None:
    world.invited.partner.language = "es"
    path = link(world.invited)
    assert '<html lang="es">' in visitor.get(path).get_data(as_text=True)
    visitor.get(f"/language/en?next={path}")
    assert '<html lang="en">' in visitor.get(path).get_data(as_text=True)


def test_the_page_keeps_the_time_of_its_own_region(visitor: Browser, cast: Cast, link) -> None:
    abroad = f.IntroductionFactory(region=cast.next_door, state=IntroductionState.INVITED)
    page = visitor.get(link(abroad)).get_data(as_text=True)
    assert "10:20 to 11:10" in page, "16:20 UTC is 10:20 in Denver"
    assert "Río Abajo" in page


def test_the_page_asks_the_database_little(session: Session, visitor: Browser, world: World, link, queries) -> None:
    path, introduction_id = link(world.invited), world.invited.id
    session.commit()
    session.expunge_all()
    queries.clear()
    visitor.get(path)
    assert len(queries) <= 8, queries
    assert session.get_one(Introduction, introduction_id).state is IntroductionState.INVITED
