"""Signing in with another provider, against one that listens on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask_security.utils import hash_password
from joserfc.jwk import ECKey
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker.settings import Settings
from matchmaker.web.account.providers import client_of
from models import Account, AuditEvent, Identity, Membership, OutboxItem, Partner, Teacher
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.openid import OpenIDProvider, openid_provider
from tests.web.test_account import partner_form, teacher_form

INES = {"sub": "7c1", "email": "Ines@schools.example", "email_verified": True, "name": "Inés Valenzuela"}
TENANT = "0d9f6c1e-5a53-4d0b-9c1e-6a7f3f0c1b2d"
BEGIN, RETURN = "/sign-in/with/cuesta", "/sign-in/with/cuesta/return"


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    with openid_provider(dict(INES)) as listening:
        yield listening


@pytest.fixture
def come(
    provider: OpenIDProvider, app: Flask, settings: Settings, browse: Callable[..., Browser], monkeypatch
) -> Callable[..., Browser]:
    """Browsers, where people can sign in with it."""
    there = (provider.settings(), provider.settings("microsoft", "Microsoft"))
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, providers=there))
    return browse


def sign_in(browser: Browser, begin: str = BEGIN) -> TestResponse:
    """Go to the provider, sign in there, and come back."""
    sent = browser.get(begin)
    assert sent.status_code == 302, sent.status_code
    back = requests.get(sent.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return browser.get(back.removeprefix("http://matchmaker.example"))


def where(answer: TestResponse) -> str:
    return urlsplit(answer.headers.get("Location", f"stayed with {answer.status_code}")).path


def who(browser: Browser) -> str | None:
    with browser.client.session_transaction() as cookie:
        return cookie.get("_user_id")


def say_who(browser: Browser) -> None:
    """As if they had signed in just now."""
    with browser.client.session_transaction() as cookie:
        cookie["fs_paa"] = time.time()


def test_who_is_connected_signs_in_and_goes_on_to_the_page_they_came_for(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    account = cast.ana.account
    identity = f.IdentityFactory(person=account, issuer=provider.address, subject="7c1", email="old@schools.example")
    browser = come()
    assert where(sign_in(browser, f"{BEGIN}?next=/requests/new")) == "/requests/new"
    assert who(browser) == account.fs_uniquifier
    assert (identity.email, identity.used_at) == ("ines@schools.example", f.NOW)
    assert where(sign_in(come(), f"{BEGIN}?next=//elsewhere.example/x")) == "/home", "only pages of ours"
    account.active = False
    closed = come()
    assert (where(sign_in(closed)), who(closed)) == ("/login", None)
    assert "This account is closed" in closed.get("/login").get_data(as_text=True)


def test_an_equal_address_connects_nobody_until_they_have_shown_it_is_theirs(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    account = cast.ana.account
    account.email, account.password = "ines@schools.example", hash_password("mesquite beans in june")
    browser = come()
    assert where(sign_in(browser)) == "/sign-in/unknown"
    assert who(browser) is None
    assert "You have an account here already" in browser.get("/sign-in/unknown").get_data(as_text=True)
    assert where(browser.get("/account/connect")) == "/login"
    given = {"email": "ines@schools.example", "password": "mesquite beans in june"}
    assert where(browser.post("/login?next=/account/connect", given)) == "/account/connect"
    left_open = come(account)
    asked = browser.get("/account/connect").get_data(as_text=True)
    assert "Sign in with Cuesta Schools from now on?" in asked and "Yes, connect it" in asked
    assert session.scalars(select(Identity)).all() == [], "opening pages has changed nothing"
    assert where(browser.post("/account/connect")) == "/account/sign-in"
    assert session.scalars(select(Identity)).one().account_id == account.id
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.tag == "account:identity:linked"))
    assert (event.actor_id, event.detail) == (account.id, {"issuer": provider.address})
    told = {"account_id": account.id, "letter": "sign_in_changed", "what": "connected", "issuer": provider.address}
    assert [item.payload for item in session.scalars(select(OutboxItem))] == [told]
    assert browser.get("/account/sign-in").status_code == 200, "who has connected it stays"
    assert where(left_open.get("/account/sign-in")) == "/login", "and is out everywhere else"
    assert where(browser.post("/account/connect")) == "/account/connect", "once"
    assert where(sign_in(come())) == "/home"


def test_nobody_learns_of_an_account_by_an_address_that_nobody_vouches_for(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    cast.ana.account.email = "ines@schools.example"
    provider.issuer = f"{provider.address}/{{tenantid}}"
    tenant = {"tid": TENANT, "iss": f"{provider.address}/{TENANT}"}
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("not verified", "cuesta", {"email_verified": False}),
        ("verified in a word of its own", "cuesta", {"email_verified": "yes"}),
        ("no address at all", "cuesta", {"email": None}),
        ("no address but two lines", "cuesta", {"email": "ines@schools.example\nBcc: x@y.example"}),
        ("a tenant's administrator says so", "microsoft", {**tenant, "email_verified": True, "xms_edov": True}),
    ]
    for why, name, lies in cases:
        provider.issuer = f"{provider.address}/{{tenantid}}" if name == "microsoft" else ""
        client_of.cache_clear()
        provider.lies = lies
        browser = come()
        assert where(sign_in(browser, f"/sign-in/with/{name}")) == "/sign-in/unknown", why
        page = browser.get("/sign-in/unknown").get_data(as_text=True)
        assert "We have not met you yet" in page and "already here" not in page, why
        browser.post("/join/partner", partner_form(email="ines@schools.example"))
        assert session.scalars(select(Identity)).all() == [] and who(browser) is None, why


def test_who_is_new_joins_without_a_password_and_is_signed_in(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    provider.thin = True
    browser = come()
    sign_in(browser)
    form = browser.get("/join/teacher").get_data(as_text=True)
    assert 'value="Inés Valenzuela"' in form and 'value="ines@schools.example"' in form and "password" not in form
    given = teacher_form(cast, email="Ines@schools.example")
    assert where(browser.post("/join/teacher", given)) == "/home"
    account = session.scalars(select(Account).where(Account.email == "ines@schools.example")).one()
    membership = session.scalars(select(Membership).where(Membership.account_id == account.id)).one()
    assert (account.password, account.confirmed_at, membership.since) == (None, f.NOW, None), "and waits for a word"
    assert session.scalars(select(Teacher).where(Teacher.account_id == account.id)).one()
    assert (who(browser), len(account.identities)) == (account.fs_uniquifier, 1)
    assert session.scalars(select(OutboxItem).where(OutboxItem.kind == "account")).all() == []


def test_who_joins_with_another_address_shows_first_that_it_is_theirs(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    browser = come()
    sign_in(browser)
    page = browser.post("/join/partner", partner_form(email="lucho@people.example"))
    assert "lucho@people.example" in page.get_data(as_text=True) and who(browser) is None
    partner = session.scalars(select(Partner).where(Partner.email == "lucho@people.example")).one()
    account = session.get_one(Account, partner.account_id)
    assert (account.confirmed_at, account.identities) == (None, [])
    mailed = session.scalars(select(OutboxItem).where(OutboxItem.kind == "sign_in_link")).one()
    assert mailed.payload == {"account_id": account.id}


def test_a_provider_that_lies_or_is_away_signs_nobody_in(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    f.IdentityFactory(person=cast.ana.account, issuer=provider.address, subject="7c1")
    now = int(f.NOW.timestamp())
    strange = ECKey.generate_key("P-256", {"kid": "first"})
    cases: list[tuple[str, dict[str, Any]]] = [
        ("another's nonce", {"lies": {"nonce": "x" * 32}}),
        ("no nonce", {"lies": {"nonce": None}}),
        ("for somebody else", {"lies": {"aud": "theirs"}}),
        ("for us and somebody else", {"lies": {"aud": ["ours", "theirs"], "azp": "theirs"}}),
        ("by somebody else", {"lies": {"iss": "https://elsewhere.example"}}),
        ("long ago", {"lies": {"iat": now - 7200, "exp": now - 3600}}),
        ("from the future", {"lies": {"iat": now + 7200, "exp": now + 9000}}),
        ("without an end", {"lies": {"exp": None}}),
        ("about nobody", {"lies": {"sub": ""}}),
        ("about a number", {"lies": {"sub": 7}}),
        ("about two people", {"thin": True, "lies": {}, "broken": {"/userinfo": (200, b'{"sub": "8d2"}')}}),
        ("signed by somebody else", {"published": strange}),
        ("a token that is none", {"broken": {"/token": (200, b'{"access_token": "a", "id_token": "e30.e30."}')}}),
        ("a token without one", {"broken": {"/token": (200, b'{"access_token": "a"}')}}),
        ("a list", {"broken": {"/token": (200, b"[]")}}),
        ("a page", {"broken": {"/token": (502, b"<h1>Bad gateway</h1>")}}),
        ("a refusal", {"broken": {"/token": (400, b'{"error": "invalid_client"}')}}),
        ("no keys", {"broken": {"/keys": (200, b'{"keys": 1}')}}),
        ("keys that are none", {"broken": {"/keys": (200, b'{"keys": [{"kty": "EC"}]}')}}),
    ]
    for why, changes in cases:
        client_of.cache_clear()
        before = {name: getattr(provider, name) for name in changes}
        vars(provider).update(changes)
        browser = come()
        assert (where(sign_in(browser)), who(browser)) == ("/login", None), why
        assert "did not work" in browser.get("/login").get_data(as_text=True), why
        vars(provider).update(before)
    for why, about in {
        "another issuer": b'{"issuer": "https://elsewhere.example"}',
        "not encrypted": b'{"issuer": "%s", "authorization_endpoint": "http://x.example/a"}'
        % provider.address.encode(),
        "a list": b"[]",
        "nothing": b"",
    }.items():
        client_of.cache_clear()
        provider.broken = {"/.well-known/openid-configuration": (200, about)}
        assert where(come().get(BEGIN)) == "/login", why


def test_only_the_browser_that_began_ends_it_and_once(come, cast: Cast, provider: OpenIDProvider) -> None:
    f.IdentityFactory(person=cast.ana.account, issuer=provider.address, subject="7c1")
    browser, other = come(), come()
    sent = browser.get(BEGIN).headers["Location"]
    back = requests.get(sent, allow_redirects=False, timeout=5).headers["Location"]
    back = back.removeprefix("http://matchmaker.example")
    assert where(other.get(back)) == "/login", "another browser, as a link that somebody was sent"
    assert where(other.get("/sign-in/with/microsoft/return?state=&code=x")) == "/login"
    assert where(browser.get(back)) == "/home"
    for path in (back, f"{RETURN}?error=access_denied&state=x"):
        again = come()
        assert (where(again.get(path)), who(again)) == ("/login", None)
    denied = come()
    state = urlsplit(denied.get(BEGIN).headers["Location"]).query.partition("state=")[2].partition("&")[0]
    assert where(denied.get(f"{RETURN}?error=access_denied&state={state}")) == "/login"
    assert "You did not sign in with Cuesta Schools" in denied.get("/login").get_data(as_text=True)
    assert come().get("/sign-in/with/nowhere").status_code == 404


def test_keys_that_were_changed_are_read_again(come, cast: Cast, provider: OpenIDProvider) -> None:
    f.IdentityFactory(person=cast.ana.account, issuer=provider.address, subject="7c1")
    sign_in(come())
    provider.key = ECKey.generate_key("P-256", {"kid": "second"})
    assert where(sign_in(come())) == "/home"


def test_microsoft_names_the_tenant_in_the_token(come, session: Session, cast: Cast, provider: OpenIDProvider) -> None:
    provider.issuer = f"{provider.address}/{{tenantid}}"
    issuer = f"{provider.address}/{TENANT}"
    f.IdentityFactory(person=cast.ana.account, issuer=issuer, subject="7c1")
    for tid, iss, leads in (
        (TENANT, issuer, "/home"),
        (TENANT, f"{provider.address}/{TENANT[::-1]}", "/login"),
        ("../evil", f"{provider.address}/../evil", "/login"),
        (None, f"{provider.address}/{{tenantid}}", "/login"),
    ):
        provider.lies = {"tid": tid, "iss": iss}
        assert where(sign_in(come(), "/sign-in/with/microsoft")) == leads, (tid, iss)


def test_the_last_way_to_sign_in_stays_and_nothing_changes_without_saying_who_one_is(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    marisol = cast.marisol
    marisol.password = None
    identity = f.IdentityFactory(person=marisol, issuer=provider.address)
    remove = f"/account/identities/{identity.id}/remove"
    browser = come(marisol)
    assert where(browser.post(remove)) == "/account/sign-in" and session.get(Identity, identity.id)
    assert where(sign_in(browser)) == "/account/connect"
    assert where(browser.post("/account/connect")) == "/account/connect"
    say_who(browser)
    assert "Disconnect Cuesta Schools" in browser.get("/account/sign-in").get_data(as_text=True)
    assert browser.post(remove).status_code == 409, "she could not sign in any more: staff gets no links"
    assert browser.post("/account/connect").status_code == 409, "as whom she is there already"
    ana = come(cast.ana.account)
    say_who(ana)
    assert ana.post(remove).status_code == 404
    f.IdentityFactory(person=cast.tomas.account, issuer=provider.address, subject="7c1")
    sign_in(ana)
    assert ana.post("/account/connect").status_code == 409, "that one is somebody else's"
    marisol.password = "chosen"
    assert where(browser.post(remove)) == "/account/sign-in"
    assert session.get(Identity, identity.id) is None
    assert [item.payload["what"] for item in session.scalars(select(OutboxItem))] == ["disconnected"]
    assert browser.get("/account/sign-in").status_code == 200
    events = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag.like("account:identity:%"))).all()
    assert events == ["account:identity:unlinked"]


def test_the_second_step_is_asked_for_all_the_same(
    come, session: Session, cast: Cast, provider: OpenIDProvider
) -> None:
    marisol = cast.marisol
    marisol.tf_primary_method, marisol.tf_totp_secret = "authenticator", "a secret"
    f.IdentityFactory(person=marisol, issuer=provider.address, subject="7c1")
    browser = come()
    assert where(sign_in(browser)) == "/login/code"
    assert who(browser) is None
