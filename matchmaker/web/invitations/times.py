"""A teacher's choice among the other times a partner proposes, by the link of the mail and without signing in."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from matchmaker import outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict, Invalid
from matchmaker.extensions import db, limiter
from matchmaker.queries import other_times
from matchmaker.services import introductions
from matchmaker.web import context, failures
from matchmaker.web.invitations.forms import TimesForm
from matchmaker.web.invitations.views import ANSWER_LIMIT

blueprint = Blueprint("times", __name__, url_prefix="/t")


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """The times, or what became of them."""
    asked = _asked(_read(token))
    return _page(asked, TimesForm(asked.ahead, formdata=None))


@blueprint.post("/<token>")
@limiter.limit(ANSWER_LIMIT)
def answer(token: str) -> ResponseReturnValue:
    """Take the teacher's choice. The first one stands, and sending it again shows it."""
    link = _read(token)
    asked = _asked(link)
    form = TimesForm(asked.ahead)
    if not asked.open:
        return redirect(url_for("times.show", token=token))
    if not form.validate():
        return _page(asked, form, 422)
    try:
        if form.taken is None:
            introductions.none_fits(db.session, link.introduction, utc_now)
        else:
            introductions.take_time(db.session, link.introduction, form.taken, utc_now)
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        flash(failures.sentence(refusal), "stop")
        asked = _asked(link)
        return _page(asked, TimesForm(asked.ahead, formdata=None), refusal.status)
    outbox.commit(db.session)
    return redirect(url_for("times.show", token=token))


def _page(asked: other_times.Asked, form: TimesForm, status: int = 200) -> ResponseReturnValue:
    return render_template("invitations/times.html", asked=asked, form=form), status


def _read(token: str) -> tokens.Link:
    return tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.TIMES, token, utc_now())


def _asked(link: tokens.Link) -> other_times.Asked:
    """What the teacher is asked, in their language and the region's time."""
    asked = other_times.by_key(db.session, link.introduction, utc_now())
    if asked is None or link.recipient != f"teacher:{asked.teacher_id}":
        raise tokens.BadLink
    context.visit(asked.region, asked.reader_language)
    return asked
