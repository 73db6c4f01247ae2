"""What one side says of a visit, by the link of a mail and without signing in. Reading changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker import outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db, limiter
from matchmaker.mail import how_was_it
from matchmaker.queries import reflections as visits
from matchmaker.services import reflections
from matchmaker.services.requests import PossibleStudentName
from matchmaker.web import context, failures
from matchmaker.web.reflections.forms import ReflectionForm
from models import LearningRequest, Side

blueprint = Blueprint("reflections", __name__, url_prefix="/reflections")

WRITE_LIMIT = "60 per hour"


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """The two questions, or what was said. A link that has ended still says what it was for."""
    try:
        visit, status = _visit(_read(token)), 200
    except tokens.ExpiredLink as ended:
        visit, status = _visit(_of(ended), link_holds=False), 410
    form = ReflectionForm(visit, formdata=None)
    if visit.own is None and request.args.get("took_place") in ("yes", "no"):
        form.took_place.data = request.args["took_place"]
    return _page(visit, form, token, status)


@blueprint.post("/<token>")
@limiter.limit(WRITE_LIMIT)
def write(token: str) -> ResponseReturnValue:
    """Take what is said. Sending it again changes nothing; sending something else, for a while, changes it."""
    link = _read(token)
    visit = _visit(link)
    form = ReflectionForm(visit)
    if not form.validate():
        return _page(visit, form, token, 422)
    try:
        reflections.write(db.session, link.introduction, visit.side, form.said, utc_now)
    except PossibleStudentName as question:
        form.ask_about(question)
        return _page(visit, form, token, 422)
    except Conflict as conflict:
        return _as_it_stands(link, token, conflict)
    outbox.commit(db.session)
    return redirect(url_for("reflections.show", token=token))


@blueprint.post("/<token>/private")
@limiter.limit(WRITE_LIMIT)
def keep_private(token: str) -> ResponseReturnValue:
    """Take the story back; it is down at once."""
    link = _read(token)
    reflections.keep_private(db.session, link.introduction, _visit(link).side, utc_now)
    outbox.commit(db.session)
    flash(_("Your story is private again. Only you and the coordinators can read it."), "ok")
    return redirect(url_for("reflections.show", token=token))


@blueprint.app_context_processor
def _for_teachers() -> dict[str, Any]:
    return {"visits_to_tell_of": _to_tell_of}


def _to_tell_of(asked: LearningRequest) -> list[dict[str, Any]]:
    """A request's visits that its own teacher, who is signed in, can tell of, each with a link of hers."""
    if not current_user.is_authenticated or asked.teacher.account_id != current_user.id:
        return []
    settings = current_app.config["SETTINGS"]
    return [
        {
            "partner": introduction.partner.name,
            "told": told,
            "token": how_was_it.token(settings, introduction, Side.TEACHER, visit),
        }
        for introduction, visit, told in visits.of_request(db.session, asked.id, utc_now())
    ]


def _read(token: str) -> tokens.Link:
    return tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.REFLECT, token, utc_now())


def _of(ended: tokens.ExpiredLink) -> tokens.Link:
    """What an ended link was for."""
    facts: dict[str, Any] = ended.facts
    return tokens.Link(facts["introduction"], facts["recipient"], utc_now())


def _visit(link: tokens.Link, *, link_holds: bool = True) -> visits.Afterwards:
    """The visit a link is for, its page in the reader's language and the region's time."""
    found = visits.by_key(db.session, link.introduction, link.recipient, utc_now(), link_holds=link_holds)
    if found is None:
        raise tokens.BadLink
    context.visit(found.region, found.reader_language)
    return found


def _page(visit: visits.Afterwards, form: ReflectionForm, token: str, status: int) -> ResponseReturnValue:
    return render_template("reflections/show.html", v=visit, form=form, token=token), status


def _as_it_stands(link: tokens.Link, token: str, conflict: Conflict) -> ResponseReturnValue:
    """Nothing was done: show the visit as it is now, and say why."""
    db.session.rollback()
    flash(failures.sentence(conflict), "stop")
    visit = _visit(link)
    return _page(visit, ReflectionForm(visit, formdata=None), token, conflict.status)
