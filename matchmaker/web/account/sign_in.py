"""The ways somebody signs in, on one page: password, passkeys, an authenticator app, recovery codes, providers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.proxies import _security
from flask_security.tf_plugin import tf_clean_session
from flask_security.utils import check_and_get_token_status, url_for_security

from matchmaker.services.second_step import Change
from matchmaker.web import context
from matchmaker.web.account import second_step
from matchmaker.web.account.factors import CodeForm

blueprint = Blueprint("sign_in", __name__, url_prefix="/account/sign-in")
blueprint.before_request(context.sign_in_first)

APP = "authenticator"
"""What Flask-Security calls a second step by an app."""


@blueprint.get("")
def show() -> ResponseReturnValue:
    """What there is, and what can be added or taken away by somebody who has just said again who they are."""
    return render_template(
        "account/sign_in.html",
        account=current_user,
        fresh=second_step.is_fresh(),
        codes=len(current_user.mf_recovery_codes or []),
        held_back=g.held_back,
        staff=second_step.is_staff(g.memberships) or bool(g.held_back),
    )


@blueprint.get("/app/<token>")
def set_up_app(token: str) -> ResponseReturnValue:
    """Ask for a code of the app that is being set up. A wrong one leaves drawing and key as the phone has seen them."""
    if (first := context.sign_in_first()) is not None:
        return first
    secret = _being_set_up(token)
    if secret is None:
        flash(_("That took too long. Please begin again."), "stop")
        return redirect(url_for_security("two_factor_setup"))
    account: Any = current_user._get_current_object()
    form = CodeForm()
    form.user, form.tf_totp_secret, form.primary_method, form.is_setup = account, secret, APP, True
    if not form.validate_on_submit():
        return _drawing(form, token, secret), 422 if form.errors else 200
    tf_clean_session()  # type: ignore[no-untyped-call]
    account.tf_primary_method, account.tf_totp_secret = APP, secret
    second_step.note(Change.APP_ADDED, account)
    flash(_("Your authenticator app is set up."), "ok")
    return redirect(url_for("sign_in.show"))


@blueprint.record_once
def _instead_of_flask_security(state: BlueprintSetupState) -> None:
    views = state.app.view_functions
    # Its own view draws a new secret after a wrong code, and takes one that another session has asked for.
    views["security.two_factor_setup_validate"] = set_up_app
    views["security.wan_delete"] = _then_all_ways(views["security.wan_delete"])


def _then_all_ways(remove: Callable[[], Any]) -> Callable[[], ResponseReturnValue]:
    """Whoever has removed a passkey sees what is left, and not the form for another one."""

    @wraps(remove)
    def removed() -> ResponseReturnValue:
        answer = remove()
        return redirect(url_for("sign_in.show")) if answer.location == url_for_security("wan_register") else answer

    return removed


def _being_set_up(token: str) -> str | None:
    """The app's secret, encrypted as it will be kept: what this very session asked for, a short while ago."""
    within = current_app.config["SECURITY_TWO_FACTOR_SETUP_WITHIN"]
    expired, invalid, asked = check_and_get_token_status(token, "tf_setup", within)
    if expired or invalid or asked["totp_secret"] != session.get("tf_totp_secret"):
        return None
    return str(asked["totp_secret"])


def _drawing(form: CodeForm, token: str, secret: str) -> str:
    shown = _security.totp_factory.fetch_setup_values(secret, current_user)
    return render_template(
        "security/two_factor_setup.html",
        chosen_method=APP,
        two_factor_verify_code_form=form,
        state_token=token,
        authr_qrcode=shown["image"],
        authr_key=shown["key"],
        authr_issuer=shown["issuer"],
    )
