"""A second step of signing in: an authenticator app, recovery codes, and regions that ask their staff for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden
from werkzeug.test import TestResponse

from matchmaker.extensions import limiter
from matchmaker.policies import STAFF
from matchmaker.web.account import second_step
from models import Account, AuditEvent, OutboxItem, Role
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.test_admin_region import filled as region_form

PASSWORD = "mesquite beans in june"
HALF_MINUTE = timedelta(seconds=30)


@pytest.fixture
def marisol(app: Flask, cast: Cast, session: Session) -> Account:
    """A coordinator who can sign in with a password."""
    from flask_security.utils import hash_password

    with app.test_request_context():
        cast.marisol.password = hash_password(PASSWORD)
    cast.marisol.confirmed_at = f.NOW
    session.commit()
    return cast.marisol


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def give_password(browser: Browser, account: Account, **more: str) -> TestResponse:
    return browser.post("/login", {"email": account.email, "password": PASSWORD, **more})


def signed_in(browser: Browser) -> bool:
    return browser.get("/account/data").status_code == 200


class App:
    """Somebody's authenticator app, told its key by typing it in."""

    def __init__(self, page: str) -> None:
        found = re.search(r"data-key>([A-Z2-7-]+)<", page)
        assert found is not None, page
        self.totp = TOTP(key=found.group(1).replace("-", ""))

    def code(self, later: timedelta = timedelta()) -> str:
        return str(self.totp.generate(time=f.NOW + later).token)


def set_up(browser: Browser) -> App:
    """Set the app up in a browser that has just signed in."""
    page = text(browser.post("/account/sign-in/app", {"setup": "authenticator"}))
    assert '<svg class="qr"' in page and "data:" not in page
    found = re.search(r'action="(/account/sign-in/app/[^"]+)"', page)
    assert found is not None
    phone = App(page)
    wrong = browser.post(found.group(1), {"code": "000000"})
    assert wrong.status_code == 422 and "not the right one" in text(wrong) and 'aria-invalid="true"' in text(wrong)
    assert App(text(wrong)).code() == phone.code(), "the phone that has seen the drawing stays right"
    answer = browser.post(found.group(1), {"code": phone.code()})
    assert answer.headers["Location"] == "/account/sign-in"
    return phone


def test_the_app_is_asked_for_at_every_sign_in_and_each_code_works_once(
    session: Session, marisol: Account, browse: Callable[..., Browser]
) -> None:
    at_desk = browse()
    assert give_password(at_desk, marisol).headers["Location"] == "/home"
    phone = set_up(at_desk)
    assert marisol.has_second_step and marisol.tf_totp_secret and "enckey" in marisol.tf_totp_secret

    elsewhere = browse()
    assert give_password(elsewhere, marisol).headers["Location"].startswith("/login/code")
    assert not signed_in(elsewhere)
    asked = text(elsewhere.get("/login/code"))
    assert 'autocomplete="one-time-code"' in asked and 'inputmode="numeric"' in asked
    for wrong, why in (("000000", "a wrong code"), (phone.code(), "the code that set it up"), ("", "none")):
        refused = elsewhere.post("/login/code", {"code": wrong})
        assert refused.status_code == 200 and 'role="alert"' in text(refused), why
        assert not signed_in(elsewhere), why
    assert elsewhere.post("/login/code", {"code": phone.code(HALF_MINUTE)}).status_code == 302
    assert signed_in(elsewhere)

    with time_machine.travel(f.NOW + HALF_MINUTE, tick=False):
        overheard = browse()
        give_password(overheard, marisol)
        overheard.post("/login/code", {"code": phone.code(HALF_MINUTE)})
        assert not signed_in(overheard), "a code that was used is used up"
        remembered = browse()
        give_password(remembered, marisol, remember="y")
        remembered.post("/login/code", {"code": phone.code(2 * HALF_MINUTE)})
        remembered.post("/logout")
        assert give_password(remembered, marisol, remember="y").headers["Location"] == "/home", "this browser is known"


def test_an_app_is_set_up_where_it_was_asked_for_and_for_a_quarter_of_an_hour(
    marisol: Account, browse: Callable[..., Browser]
) -> None:
    at_desk, elsewhere = browse(), browse()
    for browser in (at_desk, elsewhere):
        give_password(browser, marisol)
    page = text(at_desk.post("/account/sign-in/app", {"setup": "authenticator"}))
    [form] = re.findall(r'action="(/account/sign-in/app/[^"]+)"', page)
    phone = App(page)
    key = re.sub("[^A-Z2-7]", "", phone.totp.pretty_key())
    with at_desk.client.session_transaction() as cookie:
        assert key not in str(dict(cookie)) and key not in form, "only the drawing and the key beside it show it"
    assert App(text(at_desk.get(form))).code() == phone.code(), "in another language, or once more"
    refused = [(elsewhere, timedelta(), "a session that asked for none"), (at_desk, timedelta(minutes=16), "too late")]
    for browser, later, why in refused:
        with time_machine.travel(f.NOW + later, tick=False):
            answer = browser.post(form, {"code": phone.code(later)})
            assert answer.headers["Location"] == "/account/sign-in/app" and not marisol.has_second_step, why


def test_recovery_codes_are_shown_once_and_each_opens_the_door_once(
    session: Session, marisol: Account, browse: Callable[..., Browser]
) -> None:
    at_desk = browse()
    give_password(at_desk, marisol)
    set_up(at_desk)
    codes = re.findall(r"<li>([0-9a-f-]{14})</li>", text(at_desk.post("/account/sign-in/codes")))
    assert len(set(codes)) == 10
    again = text(at_desk.get("/account/sign-in/codes?show_codes=1"))
    kept = marisol.mf_recovery_codes or []
    assert len(kept) == 10 and not [code for code in codes if code in again or code in "".join(kept)]
    assert "10 codes are left" in text(at_desk.get("/account/sign-in"))

    for shape in (codes[0], codes[0], codes[1].upper().replace("-", " ")):
        known = len(marisol.mf_recovery_codes or [])
        lost = browse()
        give_password(lost, marisol)
        lost.post("/login/recovery", {"code": shape})
        assert signed_in(lost) is (len(marisol.mf_recovery_codes or []) < known)
    assert len(marisol.mf_recovery_codes or []) == 8, "the second use of the first code did nothing"
    stranger = browse()
    stranger.post("/login/recovery", {"code": codes[2]})
    assert not signed_in(stranger), "a code without the password before it is nothing"


def test_a_change_ends_other_sessions_and_is_told_and_noted(
    session: Session, marisol: Account, browse: Callable[..., Browser]
) -> None:
    elsewhere, at_desk = browse(), browse()
    for browser in (elsewhere, at_desk):
        give_password(browser, marisol)
    set_up(at_desk)
    assert signed_in(at_desk) and not signed_in(elsewhere)
    at_desk.post("/account/sign-in/codes")
    at_desk.post("/account/sign-in/app", {"setup": "disable"})
    assert signed_in(at_desk) and not marisol.has_second_step
    assert marisol.mf_recovery_codes is None, "nothing is left that they could stand in for"
    f.PasskeyFactory(user=marisol, name="My phone")
    session.expire(marisol)
    removed = at_desk.post("/account/sign-in/passkey/remove", {"name": "My phone"})
    assert removed.headers["Location"] == "/account/sign-in"
    assert "The passkey is removed." in text(at_desk.get("/account/sign-in")) and not marisol.webauthn
    letters = [item.payload["what"] for item in session.scalars(select(OutboxItem).order_by(OutboxItem.id))]
    noted = session.scalars(select(AuditEvent.detail["what"].astext).order_by(AuditEvent.id)).all()
    assert letters == noted == ["app_added", "app_removed", "passkey_removed"]


def test_nobody_changes_how_they_sign_in_without_saying_who_they_are(
    marisol: Account, browse: Callable[..., Browser]
) -> None:
    left_open = browse(marisol)
    shown = text(left_open.get("/account/sign-in"))
    assert "say again who you are" in shown and "Add a passkey" not in shown
    for path in ("app", "codes", "passkey"):
        answer = left_open.post(f"/account/sign-in/{path}", {"setup": "authenticator", "name": "mine"})
        assert answer.headers["Location"].startswith("/account/who?next="), path
    wrong = left_open.post("/account/who", {"password": "adobe dries from the top"})
    assert wrong.status_code == 200 and 'role="alert"' in text(wrong)
    right = left_open.post("/account/who?next=/account/sign-in", {"password": PASSWORD})
    assert right.headers["Location"].endswith("/account/sign-in")
    assert "Add a passkey" in text(left_open.get("/account/sign-in"))
    with time_machine.travel(f.NOW + timedelta(minutes=31), tick=False):
        assert "Add a passkey" not in text(left_open.get("/account/sign-in"))


def test_staff_of_a_region_that_asks_for_a_second_step_reach_nothing_before(
    session: Session, cast: Cast, marisol: Account, browse: Callable[..., Browser]
) -> None:
    admin = browse(cast.ada)
    page = {**region_form(cast.region), "second_step_required": "y"}
    refused = admin.post("/admin/region", page)
    assert refused.status_code == 409 and not cast.region.second_step_required, "not before having one oneself"
    f.PasskeyFactory(user=cast.ada)
    assert admin.post("/admin/region", page).status_code == 302
    assert cast.region.second_step_required
    assert admin.get("/admin/staff").status_code == 200

    teaching = f.MembershipFactory(account=marisol, region=cast.region, role=Role.TEACHER)
    browser = browse()
    assert give_password(browser, marisol).status_code == 302
    for path in ("/home", "/desk", "/people", "/equity", "/account/data.json", "/admin/health"):
        assert browser.get(path).headers.get("Location") == "/account/sign-in", path
    for path in ("/", "/how", "/account/sign-in"):
        assert browser.get(path).status_code == 200, path
    browser.post("/account/switch", {"membership": teaching.id})
    assert browser.get("/desk").status_code == 403, "a teacher's work goes on, and no staff rights come with it"
    own = next(m for m in marisol.memberships if m.role is Role.COORDINATOR)
    browser.post("/account/switch", {"membership": own.id})
    assert browser.get("/desk").status_code == 403, "nor by switching to the one held back"
    browser.post("/account/sign-in/app", {"setup": "authenticator"})
    with browser.client.session_transaction() as cookie:
        cookie.pop("membership_id")
    set_up(browser)
    assert browser.get("/desk").status_code == 200


def test_an_admin_resets_the_second_step_of_their_own_staff_only(
    session: Session, cast: Cast, browse: Callable[..., Browser]
) -> None:
    def reset(account: Account) -> tuple[int, bool]:
        f.PasskeyFactory(user=account)
        membership = next(m for m in account.memberships if m.role in STAFF)
        status = browse(cast.ada).post(f"/admin/staff/{membership.id}/second-step").status_code
        return status, account.has_second_step

    f.MembershipFactory(account=cast.fran, region=cast.next_door, role=Role.COORDINATOR)
    session.commit()
    assert reset(cast.ben) == (302, False)
    assert reset(cast.fran) == (403, True), "of another region's staff as well"
    assert reset(cast.olga) == (404, True), "next door"
    assert reset(cast.ada) == (403, True), "one's own"
    [letter] = session.scalars(select(OutboxItem))
    assert letter.payload == {"account_id": cast.ben.id, "letter": "sign_in_changed", "what": "reset"}
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.tag.endswith("second_step_reset")))
    assert (event.actor_id, event.subject_id) == (cast.ada.id, cast.ben.id)


def test_codes_are_not_guessed_however_many_addresses_guess(session: Session, another: Callable[..., Flask]) -> None:
    # Another application, which counts; it has a database of its own, and limits come before that is asked.
    counting = another(environment="demo")
    limiter.reset()
    statuses = []
    for address in range(11):
        guesser = Browser(counting, session, None)
        with guesser.client.session_transaction() as cookie:
            cookie["tf_user_id"] = "whose password is known"
        wrong = guesser.post("/login/code", {"code": "000000"}, environ_base={"REMOTE_ADDR": f"192.0.2.{address}"})
        statuses.append(wrong.status_code)
    assert statuses == [302] * 10 + [429]


def test_an_account_that_may_not_sign_in_is_not_let_in_by_another_way(marisol: Account, app: Flask) -> None:
    marisol.active = False
    with app.test_request_context(), pytest.raises(Forbidden):
        second_step.enter(marisol, via="somewhere")
