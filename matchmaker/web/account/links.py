"""Signing in by a mailed link. Its page asks for a tap: mail scanners follow links, and opening one changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_security.utils import logout_user
from wtforms.validators import Email

from matchmaker import outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.services import sign_in_links
from matchmaker.services.sign_in_links import LinkOver
from matchmaker.web import context, fields
from matchmaker.web.account import pending, second_step
from models import Account, Partner

blueprint = Blueprint("links", __name__, url_prefix="/sign-in/link")

MAIL_LIMIT = "6 per minute"
USE_LIMIT = "20 per minute"


class AskForm(fields.PageForm):
    """Where the link is to be mailed."""

    email = fields.line(_("E-mail"), 254, required=_("Please write your e-mail address."))

    def validate_email(self, field: Any) -> None:
        Email(message=_("Please write an address like name@school.org."))(self, field)


@blueprint.route("", methods=["GET", "POST"])
@limiter.limit(MAIL_LIMIT, methods=["POST"])
def ask() -> ResponseReturnValue:
    """Mail a link; the answer is the same whether somebody here has the address or nobody."""
    sent = pending.current()
    form = AskForm(email=sent.claimed.email if sent else None)
    if not form.validate_on_submit():
        return render_template("account/ask_link.html", form=form), 422 if form.errors else 200
    sign_in_links.ask(db.session, form.email.data, g.region.id if g.region else None, utc_now)
    outbox.commit(db.session)
    return render_template("account/ask_link.html", form=form, sent_to=form.email.data)


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """Who would be signed in, and one button."""
    try:
        holder = sign_in_links.holder(db.session, _recipient(token), utc_now())
    except (LinkOver, tokens.ExpiredLink):
        return _over()
    _speak_to(holder)
    name = holder.name if isinstance(holder, Account) else holder.addressee
    return render_template("account/use_link.html", name=name, email=holder.email)


@blueprint.post("/<token>")
@limiter.limit(USE_LIMIT)
def use(token: str) -> ResponseReturnValue:
    """Sign in. Whoever was signed in on this browser no longer is."""
    try:
        account = sign_in_links.use(db.session, _recipient(token), utc_now)
    except (LinkOver, tokens.ExpiredLink):
        return _over()
    outbox.commit(db.session)
    if current_user.is_authenticated:
        logout_user()
    goes_on = url_for("oidc.connecting") if pending.current() else None
    return second_step.enter(account, via="link", next_path=goes_on)


def _recipient(token: str) -> str:
    """Whom a link is for. Raises BadLink, and ExpiredLink after half an hour."""
    secret = current_app.config["SETTINGS"].secret_key
    return tokens.read(secret, tokens.Purpose.SIGN_IN, token, utc_now()).recipient


def _over() -> ResponseReturnValue:
    db.session.rollback()
    return render_template("account/ask_link.html", form=AskForm(formdata=None), over=True), 410


def _speak_to(holder: Account | Partner) -> None:
    if g.region is not None and not current_user.is_authenticated:
        context.visit(g.region, holder.language)
