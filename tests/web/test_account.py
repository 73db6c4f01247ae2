"""Joining, confirming, signing in, and working in another role."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, AuditEvent, Fund, Membership, OutboxItem, Partner, Role, Teacher
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser


def teacher_form(cast: Cast, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Inés Valenzuela",
        "email": "Ines.Valenzuela@schools.example",
        "password": "mesquite beans in june",
        "school": cast.school.id,
        "phone": "520-555-0123",
        "language": "es",
        **changed,
    }


def partner_form(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Lucho Barrios",
        "email": "lucho@people.example",
        "password": "adobe dries from the top",
        "title": "Making adobe",
        "text": "A class could mix, tread and pour ten bricks.",
        "story": "My grandfather built our house in 1951.",
        "neighbourhood": "Las Norias",
        "phone": "",
        "language": "en",
        **changed,
    }


def test_a_teacher_joins_and_waits_for_a_word(visitor: Browser, session: Session, cast: Cast) -> None:
    page = visitor.post("/join/teacher", teacher_form(cast))
    assert page.status_code == 200
    assert "ines.valenzuela@schools.example" in page.get_data(as_text=True)
    account = session.scalars(select(Account).where(Account.email == "ines.valenzuela@schools.example")).one()
    teacher = session.scalars(select(Teacher).where(Teacher.account_id == account.id)).one()
    membership = session.scalars(select(Membership).where(Membership.account_id == account.id)).one()
    assert (teacher.school_id, teacher.phone, account.language) == (cast.school.id, "520-555-0123", "es")
    assert account.password is not None and account.password.startswith("$argon2")
    assert (membership.role, membership.since, account.confirmed_at) == (Role.TEACHER, None, None)


def test_whoever_has_joined_confirms_signs_in_and_waits(visitor: Browser, session: Session, cast: Cast) -> None:
    visitor.post("/join/teacher", teacher_form(cast))
    sent = session.scalars(select(OutboxItem).where(OutboxItem.payload["letter"].astext == "confirm_address")).one()
    token = re.search(r"/confirm/([\w.-]+)", sent.payload["page"])
    assert token is not None
    credentials = {"email": "ines.valenzuela@schools.example", "password": "mesquite beans in june"}
    assert visitor.post("/login", credentials).status_code == 200, "not before the address is confirmed"
    visitor.get(f"/confirm/{token.group(1)}")
    assert visitor.post("/login", credentials).headers["Location"] == "/home"
    waiting = visitor.get("/home", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "/join/teacher" not in waiting
    assert '<html lang="es">' in waiting, "the account's language, before the browser's"


def test_a_partner_joins_with_a_first_fund_and_is_not_seen_yet(visitor: Browser, session: Session, cast: Cast) -> None:
    assert visitor.post("/join/partner", partner_form()).status_code == 200
    partner = session.scalars(select(Partner).where(Partner.email == "lucho@people.example")).one()
    fund = session.scalars(select(Fund).where(Fund.partner_id == partner.id)).one()
    assert (fund.title, partner.neighbourhood, partner.reviewed_at) == ("Making adobe", "Las Norias", None)


def join_link(browser: Browser) -> str:
    page = browser.get("/join/invite").get_data(as_text=True)
    found = re.search(r'value="http://[^/"]+(/join/by/[\w.-]+)"', page)
    assert found is not None, page
    return found.group(1)


def test_who_is_invited_by_a_friend_is_vouched_for_and_still_read(
    visitor: Browser, session: Session, cast: Cast, browse
) -> None:
    path = join_link(browse(session.get_one(Account, cast.ramon.account_id)))
    assert "Ramón Escalante invites you to" in visitor.get(path).get_data(as_text=True)
    assert session.scalar(select(func.count(Account.id)).where(Account.email == "lucho@people.example")) == 0
    assert visitor.post(path, partner_form()).status_code == 200
    partner = session.scalars(select(Partner).where(Partner.email == "lucho@people.example")).one()
    membership = session.scalars(select(Membership).where(Membership.account_id == partner.account_id)).one()
    assert (membership.vouched_by_id, partner.reviewed_at) == (cast.ramon.account_id, None)
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag == "account:membership:joined")).all()
    assert [event.detail["invited_by"] for event in events] == [cast.ramon.account_id]
    office = browse(cast.marisol)
    for page in ("/people", f"/people/{partner.id}"):
        assert "Invited by Ramón Escalante" in office.get(page).get_data(as_text=True)


def test_a_link_to_join_ends_after_two_weeks_or_with_who_made_it(
    visitor: Browser, session: Session, cast: Cast, browse
) -> None:
    path = join_link(browse(cast.marisol))
    with time_machine.travel(f.NOW + timedelta(days=14), tick=False):
        assert visitor.get(path).status_code == 410
        assert visitor.post(path, partner_form()).status_code == 410
    assert visitor.get(path[:-3]).status_code == 404
    session.scalars(select(Membership).where(Membership.account_id == cast.marisol.id)).one().until = f.NOW
    assert visitor.post(path, partner_form()).status_code == 410
    assert session.scalar(select(func.count(Account.id)).where(Account.email == "lucho@people.example")) == 0


def test_a_link_leads_to_the_network_of_whoever_made_it(visitor: Browser, session: Session, cast: Cast, browse) -> None:
    visitor.post(join_link(browse(cast.olga)), partner_form())
    partner = session.scalars(select(Partner).where(Partner.email == "lucho@people.example")).one()
    assert partner.region_id == cast.next_door.id


@pytest.mark.parametrize("way", ["teacher", "partner"])
def test_nobody_learns_who_has_an_account(visitor: Browser, session: Session, cast: Cast, way: str) -> None:
    taken = cast.marisol.email
    form = (lambda **new: teacher_form(cast, **new)) if way == "teacher" else partner_form
    accounts = session.scalar(select(func.count(Account.id))) or 0
    fresh = visitor.post(f"/join/{way}", form(email="new.person@people.example"))
    known = visitor.post(f"/join/{way}", form(email=taken))
    assert fresh.status_code == known.status_code == 200
    scrub = re.compile(r"new\.person@people\.example|" + re.escape(taken) + r'|value="[\w.-]{40,}"')
    assert scrub.sub("", fresh.get_data(as_text=True)) == scrub.sub("", known.get_data(as_text=True))
    assert session.scalar(select(func.count(Account.id))) == accounts + 1
    told = session.scalars(select(OutboxItem).where(OutboxItem.kind == "account_exists")).one()
    assert told.payload == {"email": taken}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "Please write your name."),
        ({"name": "x" * 121}, "120 characters"),
        ({"name": "Bcc: everyone\r\nX"}, "letters, numbers and punctuation"),
        ({"email": "not an address"}, "name@school.org"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "letters, numbers and punctuation"),
        ({"email": "x" * 250 + "@b.example"}, "254 characters"),
        ({"password": "short"}, "between 10 and 200 characters"),
        ({"password": "y" * 201}, "between 10 and 200 characters"),
        ({"password": "password123"}, "harder to guess"),
        ({"password": "aaaaaaaaaaaa"}, "harder to guess"),
        ({"password": "inés valenzuela"}, "harder to guess"),
        ({"password": "ines.valenzuela"}, "harder to guess"),
        ({"school": ""}, "Please choose your school."),
        ({"school": "99999999"}, "Please choose one."),
        ({"school": "one"}, "Please choose one"),
        ({"phone": "call me"}, "with digits"),
        ({"language": "tlh"}, "Please choose one."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_used_is_said_beside_the_field(
    visitor: Browser, session: Session, cast: Cast, changed: dict[str, Any], said: str
) -> None:
    accounts = session.scalar(select(func.count(Account.id)))
    page = visitor.post("/join/teacher", teacher_form(cast, **changed))
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    assert session.scalar(select(func.count(Account.id))) == accounts


def test_a_school_next_door_cannot_be_chosen(visitor: Browser, cast: Cast) -> None:
    page = visitor.post("/join/teacher", teacher_form(cast, school=cast.otto.school_id))
    assert page.status_code == 422


def test_whoever_is_signed_in_joins_without_a_second_account(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.charlie)
    assert 'name="password"' not in browser.get("/join/teacher").get_data(as_text=True)
    assert browser.post("/join/teacher", {"school": cast.school.id}).headers["Location"] == "/home"
    assert browser.post("/join/teacher", {"school": cast.school.id}).headers["Location"] == "/home", "once is enough"
    assert session.scalar(select(func.count(Teacher.id)).where(Teacher.account_id == cast.charlie.id)) == 1
    assert "coordinator is confirming" in browser.get("/home").get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "home"),
    [("ana", "/requests"), ("esperanza", "/profile"), ("marisol", "/desk"), ("ada", "/desk"), ("fran", "/equity")],
)
def test_everybody_s_home_is_their_work(session: Session, cast: Cast, browse, name: str, home: str) -> None:
    person = getattr(cast, name)
    account = person if isinstance(person, Account) else session.get_one(Account, person.account_id)
    assert browse(account).get("/home").headers["Location"] == home


def test_a_person_of_two_roles_changes_between_them(session: Session, cast: Cast, browse) -> None:
    account = cast.ana.account
    second = f.MembershipFactory(region=cast.region, account=account, role=Role.COORDINATOR)
    browser = browse(account)
    assert browser.get("/home").headers["Location"] == "/requests"
    assert browser.post("/account/switch", {"membership": second.id}).status_code == 302
    assert browser.get("/home").headers["Location"] == "/desk"


@pytest.mark.parametrize("wanted", ["99999999", "x", "-1", str(2**40), ""])
def test_nobody_works_in_a_role_that_is_not_theirs(cast: Cast, browse, wanted: str) -> None:
    assert browse(cast.ana.account).post("/account/switch", {"membership": wanted}).status_code == 404


def test_somebody_else_s_membership_is_not_found(session: Session, cast: Cast, browse) -> None:
    other = session.scalars(select(Membership).where(Membership.account_id == cast.marisol.id)).one()
    assert browse(cast.ana.account).post("/account/switch", {"membership": other.id}).status_code == 404


def test_a_membership_that_has_ended_opens_nothing(session: Session, cast: Cast, browse) -> None:
    membership = session.scalars(select(Membership).where(Membership.account_id == cast.marisol.id)).one()
    membership.until = f.NOW - f.timedelta(hours=1)
    assert browse(cast.marisol).get("/desk").status_code == 404
