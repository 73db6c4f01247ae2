"""Other programs: the tokens by which they ask, and the addresses at which they are told what happens."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.services import api_tokens, webhooks
from matchmaker.services.api_tokens import Scope
from matchmaker.services.events import EventType
from matchmaker.web import context, failures
from matchmaker.web.admin.program_forms import ANSWERS, EVENTS, SCOPES, SeedForm, TokenForm, WebhookForm
from models import ApiToken, Webhook

blueprint = Blueprint("programs", __name__, url_prefix="/admin/programs")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def show() -> ResponseReturnValue:
    """One's own tokens; for an admin everybody's, and the addresses."""
    context.require(Permission.MAKE_TOKEN, context.region())
    return _page()


@blueprint.post("/tokens")
def make() -> ResponseReturnValue:
    """Make a token. Its secret is in this answer and nowhere else."""
    region = context.region()
    context.require(Permission.MAKE_TOKEN, region)
    form = TokenForm()
    if not form.validate():
        return _page(422, token_form=form)
    wanted = {"name": form.name.data, "scopes": [Scope(each) for each in form.scopes.data], "days": form.days.data}
    token, secret = api_tokens.make_once(db.session, g.actor, region, form.drawn_after, **wanted, now=utc_now())
    outbox.commit(db.session)
    return render_template("admin/programs_token.html", token=token, secret=secret)


@blueprint.post("/tokens/<row:token_id>/end")
def end(token_id: int) -> ResponseReturnValue:
    """End a token, at once."""
    context.require(Permission.REVOKE_TOKEN, db.session.get_one(ApiToken, token_id))
    api_tokens.revoke(db.session, g.actor, token_id, utc_now())
    outbox.commit(db.session)
    return _done(_("That token opens nothing any more."))


@blueprint.post("/webhooks")
def add() -> ResponseReturnValue:
    """Tell an address from now on."""
    region = context.region()
    context.require(Permission.KEEP_WEBHOOKS, region)
    form = WebhookForm()
    if not form.validate():
        return _page(422, webhook_form=form)
    types = [EventType(each) for each in form.events.data]
    try:
        webhooks.add(db.session, g.actor, region, url=form.url.data, types=types, plain=_plain(), now=utc_now())
    except (webhooks.NotAnAddress, webhooks.ToldAlready) as refused:
        form.url.errors = [failures.sentence(refused)]
        return _page(refused.status, webhook_form=form)
    outbox.commit(db.session)
    return _done(_("That address is told from now on. Send it a test to see whether it answers."))


@blueprint.post("/webhooks/<row:webhook_id>/test")
def test(webhook_id: int) -> ResponseReturnValue:
    """Send an event that says only that it is a test."""
    _require(webhook_id)
    webhooks.test(db.session, g.actor, webhook_id, utc_now())
    outbox.commit(db.session)
    return _done(_("A test is on its way. What came back stands below in a few seconds; open this page again to see."))


@blueprint.post("/webhooks/<row:webhook_id>/renew")
def renew(webhook_id: int) -> ResponseReturnValue:
    """Sign with another secret."""
    _require(webhook_id)
    form = SeedForm()
    try:
        seed = UUID(form.seed.data or "")
    except ValueError:
        abort(422)
    webhooks.renew(db.session, g.actor, webhook_id, seed, utc_now())
    outbox.commit(db.session)
    return _done(_("The secret is new. Give it to the program: calls are signed with it from now on."))


@blueprint.post("/webhooks/<row:webhook_id>/wake")
def wake(webhook_id: int) -> ResponseReturnValue:
    """Call again at once, with everything that waits."""
    _require(webhook_id)
    webhooks.wake(db.session, g.actor, webhook_id, utc_now())
    outbox.commit(db.session)
    return _done(_("It is called again now, with everything that waited."))


@blueprint.post("/webhooks/<row:webhook_id>/remove")
def remove(webhook_id: int) -> ResponseReturnValue:
    """Tell it nothing more."""
    if db.session.get(Webhook, webhook_id) is not None:
        _require(webhook_id)
        webhooks.remove(db.session, g.actor, webhook_id, utc_now())
    else:
        context.require(Permission.KEEP_WEBHOOKS, context.region())
    outbox.commit(db.session)
    return _done(_("That address is told nothing more."))


def _require(webhook_id: int) -> None:
    context.require(Permission.KEEP_WEBHOOKS, db.session.get_one(Webhook, webhook_id))


def _plain() -> bool:
    """Whether an address without TLS will do: where nothing is real."""
    return bool(current_app.config["SETTINGS"].environment != "production")


def _done(words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("programs.show"))


def _page(
    status: int = 200, *, token_form: TokenForm | None = None, webhook_form: WebhookForm | None = None
) -> ResponseReturnValue:
    region, now, key = context.region(), utc_now(), current_app.config["SETTINGS"].secret_key
    own = api_tokens.of(db.session, g.actor, region)
    keeps = permits(g.actor, Permission.KEEP_WEBHOOKS, region)
    hooks = webhooks.of(db.session, region) if keeps else []
    token_form = token_form or TokenForm(formdata=None, newest=str(own[0].id if own else 0))
    return render_template(
        "admin/programs.html",
        tokens=api_tokens.of_region(db.session, region, now) if keeps else [each for each in own if each.works(now)],
        keeps=keeps,
        hooks=[(hook, webhooks.secret(key, hook)) for hook in hooks],
        token_form=token_form,
        webhook_form=webhook_form or WebhookForm(formdata=None),
        scope_words=SCOPES,
        event_words=EVENTS,
        answer_words=ANSWERS,
    ), status
