"""The ways somebody signs in, on one page: password, passkeys, an authenticator app, recovery codes, providers."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from matchmaker.web import context
from matchmaker.web.account import second_step

blueprint = Blueprint("sign_in", __name__, url_prefix="/account/sign-in")
blueprint.before_request(context.sign_in_first)


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
