"""Which mails somebody gets: by the link in a mail without signing in, or signed in. Reading changes nothing."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker import outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.errors import Invalid
from matchmaker.extensions import csrf, db, limiter
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries import mail_choices as choices_of
from matchmaker.queries.mail_choices import Reader
from matchmaker.services import mail_choices
from matchmaker.web import context, failures, labels
from matchmaker.web.mail.forms import ChoiceForm
from models import MailKind

blueprint = Blueprint("mail", __name__, url_prefix="/mail")

CHOICE_LIMIT = "60 per hour"
ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program sends to stop a kind of mail (RFC 8058)."""
A_WHILE = timedelta(days=30)


@blueprint.after_request
def private(response: Response) -> Response:
    """What somebody chose stays out of shared caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<token>")
@blueprint.get("/<token>/unsubscribe", endpoint="unsubscribe")
def choices(token: str) -> ResponseReturnValue:
    """The choices of whoever a mail went to."""
    reader, kind = _reader(token)
    return _page(reader, ChoiceForm(formdata=None), url_for("mail.choices", token=token), came_for=kind)


@blueprint.post("/<token>")
@limiter.limit(CHOICE_LIMIT)
def choose(token: str) -> ResponseReturnValue:
    """Take one choice."""
    reader, _kind = _reader(token)
    return _take(reader, NOBODY, url_for("mail.choices", token=token))


@blueprint.post("/<token>/unsubscribe")
@csrf.exempt  # type: ignore[untyped-decorator]
def one_click(token: str) -> ResponseReturnValue:
    """Stop the kind of mail that the link stands in: a mail program asks, without a session or a cookie."""
    reader, kind = _reader(token)
    if request.form.get(ONE_CLICK[0]) != ONE_CLICK[1]:
        return _said(_("Nothing was changed. To stop these mails, please open the link."), 422)
    mail_choices.stop(db.session, NOBODY, reader, kind, utc_now)
    outbox.commit(db.session)
    return _said(_("Done. You get no more mails of this kind."), 200)


@blueprint.route("/choices", methods=["GET", "POST"])
def own() -> ResponseReturnValue:
    """The same for somebody who is signed in."""
    if (first := context.sign_in_first()) is not None:
        return first
    reader = choices_of.reader_signed_in(db.session, context.region(), current_user)
    if request.method == "POST":
        return _take(reader, g.actor, url_for("mail.own"))
    return _page(reader, ChoiceForm(formdata=None), url_for("mail.own"))


def _reader(token: str) -> tuple[Reader, MailKind]:
    """Who reads a mail, and of which kind it is; the page is then in their region and language."""
    link = tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.CHOICES, token, utc_now())
    kind = next((kind for kind in MailKind if kind.value == link.recipient), None)
    reader = choices_of.reader_of_mail(db.session, link.introduction)
    if reader is None or kind is None:
        raise tokens.BadLink
    context.visit(reader.region, reader.language)
    return reader, kind


def _take(reader: Reader, actor: Actor, page: str) -> ResponseReturnValue:
    form = ChoiceForm()
    if not form.validate():
        return _page(reader, form, page), 422
    try:
        flash(_choice(reader, actor, form), "ok")
    except Invalid as refusal:
        form.until.errors = [failures.sentence(refusal)]
        db.session.rollback()
        return _page(reader, form, page), refusal.status
    outbox.commit(db.session)
    return redirect(page)


def _choice(reader: Reader, actor: Actor, form: ChoiceForm) -> str:
    """Do what the button says, and say what was done."""
    session = db.session
    match form.do.data:
        case "stop":
            mail_choices.stop(session, actor, reader, form.chosen, utc_now)
            return _("Saved. You get no more of these mails.")
        case "start":
            mail_choices.start(session, actor, reader, form.chosen, utc_now)
            return _("Saved. You get these mails again.")
        case "pause":
            mail_choices.pause(session, actor, reader, form.until.data, utc_now)
            return _("You get no invitations until then. Visits already agreed stay on.")
        case _:
            mail_choices.resume(session, actor, reader, utc_now)
            return _("Welcome back. You get invitations again.")


def _page(reader: Reader, form: ChoiceForm, page: str, *, came_for: MailKind | None = None) -> str:
    today = utc_now().astimezone(ZoneInfo(reader.region.time_zone)).date()
    return render_template(
        "mail_choices/show.html",
        chosen=choices_of.of(db.session, reader),
        is_partner=bool(reader.partners),
        address=_masked(reader.emails[0]),
        kinds=[(kind.value, labels.MAIL_KINDS[kind.value], labels.MAIL_KIND_NOTES[kind.value]) for kind in MailKind],
        came_for=came_for,
        form=form,
        page=page,
        tomorrow=today + timedelta(days=1),
        in_a_while=form.until.data or today + A_WHILE,
    )


def _said(words: str, status: int) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")


def _masked(email: str) -> str:
    """An address as its owner knows it again and nobody else learns it."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
