"""Signing in with another provider. It begins by a link: our CSP keeps forms from leading to other sites.

Who is known there is signed in. Whoever is not says which account is theirs, by signing in to it once, or joins; an
equal address connects nobody. Being connected takes a button of its own, so that opening a page changes nothing.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import structlog
from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.mail.links import link
from matchmaker.services import identities
from matchmaker.services.identities import Claimed
from matchmaker.settings import Provider
from matchmaker.web import context
from matchmaker.web.account import pending, second_step
from matchmaker.web.account.providers import ProviderFailed, client_of
from models import Account

blueprint = Blueprint("oidc", __name__)
log = structlog.get_logger()

LIMIT = "20 per minute"
LASTS = timedelta(minutes=15)
"""How long somebody may take at the provider."""
_BEGUN = "signing_in_with"


@blueprint.get("/sign-in/with/<name>")
@limiter.limit(LIMIT)
def begin(name: str) -> ResponseReturnValue:
    """Send the browser to the provider."""
    provider = _provider(name)
    try:
        begun = client_of(provider).begin(_back(provider))
    except ProviderFailed as failed:
        return _failed(provider, failed)
    session[_BEGUN] = {
        "with": name,
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "next": context.local_path(request.args.get("next")),
        "until": (utc_now() + LASTS).isoformat(),
    }
    return redirect(begun.url)


@blueprint.get("/sign-in/with/<name>/return")
@limiter.limit(LIMIT)
def finish(name: str) -> ResponseReturnValue:
    """The browser comes back: whom does the provider say it has?"""
    provider = _provider(name)
    begun = session.pop(_BEGUN, None)
    if not _is_ours(begun, name):
        return _failed(provider, ProviderFailed("nothing was begun here"))
    if "error" in request.args:
        return _turned_back(provider)
    try:
        code, verifier = request.args.get("code", ""), begun["verifier"]
        claimed = client_of(provider).finish(_back(provider), code, verifier, begun["nonce"])
    except ProviderFailed as failed:
        return _failed(provider, failed)
    return _arrived(provider, claimed, begun["next"])


@blueprint.get("/sign-in/unknown")
def unknown() -> ResponseReturnValue:
    """Nobody here is connected to whom the provider sent: which account is theirs, or do they join?"""
    sent = pending.current()
    if sent is None or current_user.is_authenticated:
        return redirect(url_for("account.home"))
    known = identities.has_account(db.session, sent.claimed)
    return render_template("account/unknown.html", sent=sent, known=known)


@blueprint.get("/account/connect")
def connecting() -> ResponseReturnValue:
    """Ask whoever is signed in whether the provider is to open their account from now on."""
    if (first := context.sign_in_first()) is not None:
        return first
    sent = pending.current()
    if sent is None:
        return redirect(url_for("sign_in.show"))
    return render_template("account/connect.html", sent=sent, fresh=second_step.is_fresh())


@blueprint.post("/account/connect")
def connect() -> ResponseReturnValue:
    """Connect it."""
    if (first := context.sign_in_first()) is not None:
        return first
    sent = pending.current()
    if sent is None or not second_step.is_fresh():
        return redirect(url_for("oidc.connecting"))
    pending.settle()
    account: Account = current_user._get_current_object()
    identities.link(db.session, g.actor, account, sent.claimed, utc_now)
    second_step.stay(account)
    outbox.commit(db.session)
    flash(_("From now on you can sign in with %(provider)s.", provider=sent.provider.label), "ok")
    return redirect(url_for("sign_in.show"))


@blueprint.post("/account/identities/<row:identity_id>/remove")
def disconnect(identity_id: int) -> ResponseReturnValue:
    """Sign in so no longer."""
    if (first := context.sign_in_first()) is not None:
        return first
    if not second_step.is_fresh():
        return redirect(url_for("sign_in.show"))
    account: Account = current_user._get_current_object()
    identities.unlink(db.session, g.actor, account, identity_id, utc_now)
    second_step.stay(account)
    outbox.commit(db.session)
    flash(_("Disconnected. You can no longer sign in that way."), "ok")
    return redirect(url_for("sign_in.show"))


def _provider(name: str) -> Provider:
    provider = pending.provider_named(name)
    if provider is None:
        abort(404)
    return provider


def _back(provider: Provider) -> str:
    return link(current_app.config["SETTINGS"], "oidc.finish", name=provider.name)


def _is_ours(begun: dict[str, str] | None, name: str) -> bool:
    """Whether this very browser began it, with this provider, a short while ago; its state works once."""
    if begun is None or begun["with"] != name or datetime.fromisoformat(begun["until"]) <= utc_now():
        return False
    return hmac.compare_digest(begun["state"].encode(), request.args.get("state", "").encode())


def _arrived(provider: Provider, claimed: Claimed, next_path: str | None) -> ResponseReturnValue:
    account = identities.account_of(db.session, claimed)
    if current_user.is_authenticated:
        if account is not None and account.id == current_user.id:
            flash(_("You can sign in with %(provider)s already.", provider=provider.label), "info")
            return redirect(url_for("sign_in.show"))
        pending.keep(provider, claimed)
        return redirect(url_for("oidc.connecting"))
    if account is None:
        pending.keep(provider, claimed)
        return redirect(url_for("oidc.unknown"))
    if not account.active:
        flash(_("This account is closed. Please call or write to us."), "stop")
        return redirect(url_for("security.login"))
    identities.used(db.session, claimed, utc_now)
    outbox.commit(db.session)
    return second_step.enter(account, via=provider.name, next_path=next_path)


def _turned_back(provider: Provider) -> ResponseReturnValue:
    """They changed their mind there, or the provider would not let them through."""
    log.info("sign_in_turned_back", provider=provider.name)
    flash(_("You did not sign in with %(provider)s. Nothing was changed.", provider=provider.label), "info")
    return _elsewhere()


def _failed(provider: Provider, failed: ProviderFailed) -> ResponseReturnValue:
    log.warning("sign_in_failed", provider=provider.name, why=str(failed))
    said = _("Signing in with %(provider)s did not work. Nothing was changed. Try again, or sign in another way.")
    flash(said % {"provider": provider.label}, "stop")
    return _elsewhere()


def _elsewhere() -> ResponseReturnValue:
    return redirect(url_for("sign_in.show" if current_user.is_authenticated else "security.login"))
