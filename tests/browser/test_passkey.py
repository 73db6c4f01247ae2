"""A passkey in a browser that has one: Chromium's virtual authenticator stands in for the finger on the phone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from flask_security.utils import hash_password
from playwright.sync_api import Browser, Page, expect

from models import Role
from tests import factories as f
from tests.browser.serving import serving
from tests.databases import OwnDatabase

PASSWORD = "mesquite beans in june"
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def coordinated(database: OwnDatabase) -> Iterator[str]:
    """A network with one coordinator, served under a name: no passkey is for a bare number of the internet."""
    app = database.app()
    with database.stored():
        with app.test_request_context():
            secret = hash_password(PASSWORD)
        account = f.AccountFactory(email="marisol@palofierro.example", password=secret, confirmed_at=f.NOW)
        f.MembershipFactory(account=account, region=f.RegionFactory(), role=Role.COORDINATOR)
    with serving(app) as served:
        yield served.address.replace("127.0.0.1", "localhost")


@pytest.fixture
def address(own_database: OwnDatabase) -> Iterator[str]:
    served = coordinated(own_database)
    # In a thread of its own: Playwright keeps an event loop in this one, and Flask then takes it for async.
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(served.__enter__).result()
        beside.submit(served.__exit__, None, None, None).result()


def give_password(page: Page) -> None:
    page.goto("/login")
    page.fill("input[name=email]", "marisol@palofierro.example")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.full
def test_a_passkey_signs_in_alone_and_after_the_password(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, locale="en")
    page = context.new_page()
    phone = context.new_cdp_session(page)
    phone.send("WebAuthn.enable")
    key = phone.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})["authenticatorId"]

    give_password(page)
    page.goto("/account/sign-in/passkey")
    page.fill("input[name=name]", "Marisol's phone")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    expect(page.get_by_text("Marisol's phone", exact=True)).to_be_visible()

    context.clear_cookies()
    page.goto("/login")
    page.get_by_role("link", name="Sign in with a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Approval desk")).to_be_visible()

    context.clear_cookies()
    give_password(page)
    expect(page.get_by_role("heading", name="Your second step")).to_be_visible()
    phone.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Approval desk")).to_be_visible()

    # Alone it stands for both steps, and so it must have seen its owner: the phone in a stranger's hand is not enough.
    context.clear_cookies()
    page.goto("/login/passkey")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey came back.")).to_be_visible()
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()
    context.close()
