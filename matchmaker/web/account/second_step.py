"""Asking for the second step of signing in: at every way to sign in, with limits, and noting what people change."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from flask import Flask, Response, abort, after_this_request, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from flask_login import current_user
from flask_security.proxies import _security
from flask_security.signals import tf_disabled, wan_deleted, wan_registered
from flask_security.utils import check_and_update_authn_fresh, login_user

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import STAFF
from matchmaker.services.second_step import Change, changed
from matchmaker.web import context
from models import Account, Membership

CODE_LIMIT = "10 per 10 minutes"
"""Tries at a code or a password for one account, wherever they come from."""
GUESSABLE = (
    "security.two_factor_token_validation",
    "security.two_factor_setup_validate",
    "security.mf_recovery",
    "security.verify",
    "security.wan_signin_response",
    "security.wan_verify_response",
)


def enter(account: Account, *, via: str, remember: bool = False, next_path: str | None = None) -> ResponseReturnValue:
    """Sign in an account whose first step is done some other way than by Flask-Security's own forms.

    Whoever has a second step is asked for it first. Every such way to sign in ends here; 403 for a closed account.
    """
    if not account.active:
        abort(403)
    asked: ResponseReturnValue | None = _security.two_factor_plugins.tf_enter(account, remember, via, next_path)
    if asked is not None:
        return asked
    login_user(account, remember=remember, authn_via=[via])
    return redirect(context.local_path(next_path) or url_for("account.home"))


def is_fresh() -> bool:
    """Whether whoever is signed in said who they are a short while ago."""
    config = current_app.config
    return bool(check_and_update_authn_fresh(config["SECURITY_FRESHNESS"], config["SECURITY_FRESHNESS_GRACE_PERIOD"]))


def is_staff(memberships: Iterable[Membership]) -> bool:
    """Whether somebody coordinates, administers or funds anywhere."""
    return any(membership.role in STAFF for membership in memberships)


def who_tries() -> str:
    """Whose code is being guessed: the account that gave its password, or the one signed in; else where from."""
    if "tf_user_id" in session:
        return str(session["tf_user_id"])
    return str(current_user.fs_uniquifier) if current_user.is_authenticated else get_remote_address()


def init_app(app: Flask) -> None:
    """Note what people change, and keep one of Flask-Security's pages from signing out whoever opens it."""
    app.before_request(_no_code_while_signed_in)
    for signal, what in (
        (tf_disabled, Change.APP_REMOVED),
        (wan_registered, Change.PASSKEY_ADDED),
        (wan_deleted, Change.PASSKEY_REMOVED),
    ):
        # Kept by the application: a signal holds its receivers weakly.
        app.extensions[f"second_step.{what}"] = partial(_changed, what)
        signal.connect(app.extensions[f"second_step.{what}"], app)


def _changed(what: Change, _app: Flask, *, user: Any, name: str = "", **_more: Any) -> None:
    note(what, db.session.get_one(Account, user.id), gone=name if what is Change.PASSKEY_REMOVED else "")


def note(what: Change, account: Account, *, gone: str = "") -> None:
    """Whoever is signed in has changed their second step. ``gone`` names the passkey that is about to be removed."""
    left = [key for key in account.webauthn if key.name != gone]
    changed(db.session, g.actor, account, what, utc_now, last=not (left or account.tf_primary_method))
    stay(account)
    after_this_request(_commit)


def stay(account: Account) -> None:
    """Every session of the account has ended; this browser stays signed in, and remembered if it was."""
    session["_user_id"] = account.get_id()
    if "remember_token" in request.cookies:
        session["_remember"] = "set"


def _commit(response: Response) -> Response:
    outbox.commit(db.session)
    return response


def _no_code_while_signed_in() -> ResponseReturnValue | None:
    """Flask-Security signs out whoever opens the page for a code while signed in; opening a page changes nothing."""
    if request.endpoint == "security.two_factor_token_validation" and current_user.is_authenticated:
        return redirect(url_for("sign_in.show"))
    return None
