"""What answers carry beside what every one does (test_route_permissions.py looks at all), and which forms are taken."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.web.test_route_permissions import TABLE, account_of, address
from tests.web.world import World

SEEN_BY = ("anonymous", "teacher", "partner", "coordinator")


def test_the_pages_of_a_person_are_not_kept_by_browsers(cast: Cast, world: World, browse, link) -> None:
    assert browse(cast.ana.account).get("/requests").headers["Cache-Control"] == "no-store"
    assert browse(None).get(link(world.invited)).headers["Cache-Control"] == "no-store"


BY_SERVERS = frozenset({"POST /mail/<token>/unsubscribe", "POST /mail/reports"})
"""What mail services send, from no page of ours: the one by a secret link (RFC 8058), the other signed."""


def test_no_form_is_taken_from_another_site(
    app: Flask, cast: Cast, world: World, session: Session, browse, link
) -> None:
    """Every address that takes a form, as whoever may send it, without the token."""
    posts = [route.removeprefix("POST ") for route in TABLE if route.startswith("POST ") and route not in BY_SERVERS]
    addresses = {rule: address(rule, cast, world, link) for rule in posts}
    before = session.get_one(type(world.asked), world.asked.id).state
    for role in SEEN_BY:
        browser = browse(account_of(role, session, cast))
        answers = {rule: browser.post_bare(path).status_code for rule, path in addresses.items()}
        assert set(answers.values()) == {400}, answers
    session.refresh(world.asked)
    assert world.asked.state is before


def test_a_cookie_is_not_readable_by_scripts_nor_sent_by_other_sites(cast: Cast, browse) -> None:
    cookie = browse(None).get("/join/teacher").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_in_production_only_our_own_host_is_answered_and_always_encrypted(session: Session, another) -> None:
    browser = another(environment="production", public_url="https://matchmaker.example").test_client()
    assert browser.get("/how", base_url="https://evil.example").status_code == 400
    answer = browser.get("/join", base_url="https://matchmaker.example")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookie = browser.get("/login", base_url="https://matchmaker.example").headers["Set-Cookie"]
    assert "Secure" in cookie
