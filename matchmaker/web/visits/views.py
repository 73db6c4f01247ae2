"""The page of one visit, by the link of a mail and without signing in. Reading changes nothing.

Whoever is signed in reaches the same page by the introduction, through a link made for them there and then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker import outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict, DomainError
from matchmaker.extensions import db, limiter
from matchmaker.mail import introductions as letters
from matchmaker.mail import visits as files
from matchmaker.policies import NOBODY, Actor, Permission
from matchmaker.queries import visits as reading
from matchmaker.queries.visits import Meeting
from matchmaker.services import visits
from matchmaker.web import context, failures
from matchmaker.web.visits.forms import UNDATED, CancelForm, DateForm, value
from models import AFTER_A_YES, Introduction, Side

blueprint = Blueprint("visits", __name__, url_prefix="/visits")

CHANGE_LIMIT = "60 per hour"
STAFF_LINK = timedelta(hours=12)
"""How long a coordinator's own link works; it opens nothing for anybody who is not signed in."""


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """The visit, and how to change it. A link that has ended still says what became of it."""
    try:
        meeting, status = _meeting(_read(token))[1], 200
    except tokens.ExpiredLink as ended:
        meeting, status = _meeting(_of(ended))[1], 410
    return _page(token, meeting, status)


@blueprint.post("/<token>/date")
@limiter.limit(CHANGE_LIMIT)
def date(token: str) -> ResponseReturnValue:
    """Set the date, or change it. Sent twice, it is one change."""
    introduction, meeting = _meeting(_read(token))
    form = DateForm(meeting)
    if not form.validate():
        if not meeting.may_change:
            return _as_it_stands(token, visits.VisitOver())
        return _page(token, meeting, 422, form=form)
    change = (db.session, _actor(meeting), meeting.key, *form.chosen, meeting.side, utc_now)
    try:
        if meeting.visit is None or form.drawn == UNDATED:
            visits.agree(*change)
        else:
            visits.move(*change, sequence=form.drawn)
    except (Conflict, visits.NotAhead) as conflict:
        return _as_it_stands(token, conflict)
    outbox.commit(db.session)
    flash(_("Saved. Both of you get a mail with the date for your calendars."), "ok")
    return redirect(url_for("visits.show", token=_issued(introduction, meeting.side)))


@blueprint.post("/<token>/cancel")
@limiter.limit(CHANGE_LIMIT)
def cancel(token: str) -> ResponseReturnValue:
    """Call the visit off. Sent twice, it is called off once."""
    meeting = _meeting(_read(token))[1]
    form = CancelForm(meeting)
    if not form.validate():
        return _page(token, meeting, 422, calling_off=form)
    try:
        visits.cancel(db.session, _actor(meeting), meeting.key, meeting.side, form.why, utc_now, sequence=form.drawn)
    except Conflict as conflict:
        return _as_it_stands(token, conflict)
    outbox.commit(db.session)
    return redirect(url_for("visits.show", token=token))


@blueprint.get("/<token>/calendar.ics")
def calendar_file(token: str) -> ResponseReturnValue:
    """The visit for a calendar: the same event as in the mails, without the room."""
    introduction, meeting = _meeting(_read(token))
    if meeting.visit is None:
        abort(404)
    feed = reading.Entry(introduction, meeting.visit, utc_now())
    content = files.listed(meeting.region, [feed], current_app.config["SETTINGS"])
    return Response(
        content,
        mimetype="text/calendar",
        headers={"Content-Disposition": "attachment; filename=visit.ics", "Cache-Control": "private, no-store"},
    )


@blueprint.get("/of/<row:introduction_id>")
def own(introduction_id: int) -> ResponseReturnValue:
    """To the page of a visit for whoever is signed in: the teacher, the partner, or a coordinator for both."""
    if (elsewhere := context.sign_in_first()) is not None:
        return elsewhere
    introduction = db.session.get_one(Introduction, introduction_id)
    if introduction.request.teacher.account_id == current_user.id:
        side = Side.TEACHER
        context.require(Permission.READ_REQUEST, introduction.request)
        if introduction.state not in AFTER_A_YES:
            abort(404)  # The page names whom she does not know of yet.
    elif introduction.partner.account_id == current_user.id:
        side = Side.PARTNER
        context.require(Permission.EDIT_PARTNER, introduction.partner)
    else:
        side = Side.COORDINATOR
        context.require(Permission.USE_DESK, introduction)
    return redirect(url_for("visits.show", token=_issued(introduction, side)))


def _issued(introduction: Introduction, side: Side) -> str:
    """A link of a side to the visit as it stands now."""
    settings = current_app.config["SETTINGS"]
    if side is Side.COORDINATOR:
        reader, until = f"{side}:{g.actor.account_id}", utc_now() + STAFF_LINK
        return tokens.issue(settings.secret_key, tokens.Purpose.VISIT, introduction.key, reader, until)
    visit = visits.of(db.session, introduction)
    return letters.visit_token(settings, introduction, side, visit.ends_at if visit else None)


def _read(token: str) -> tokens.Link:
    return tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.VISIT, token, utc_now())


def _of(ended: tokens.ExpiredLink) -> tokens.Link:
    """What an ended link was for."""
    facts: dict[str, Any] = ended.facts
    return tokens.Link(facts["introduction"], facts["recipient"], utc_now())


def _meeting(link: tokens.Link) -> tuple[Introduction, Meeting]:
    """The visit a link is for, its page in the reader's language and the region's time."""
    kind, _, reader_id = link.recipient.partition(":")
    side = next((side for side in Side if side == kind), None)
    found = reading.by_key(db.session, link.introduction, side, utc_now()) if side else None
    if side is None or found is None or reader_id != _reader_id(found[0], side):
        raise tokens.BadLink
    introduction, meeting = found
    if side is Side.COORDINATOR:
        context.require(Permission.USE_DESK, introduction)
    else:
        context.visit(meeting.region, meeting.reader_language)
    return introduction, meeting


def _reader_id(introduction: Introduction, side: Side) -> str:
    """Whose link it has to be. A coordinator's opens nothing but for the coordinator who is signed in."""
    ids = {
        Side.TEACHER: introduction.request.teacher_id,
        Side.PARTNER: introduction.partner_id,
        Side.COORDINATOR: g.actor.account_id,
    }
    return str(ids[side])


def _actor(meeting: Meeting) -> Actor:
    return g.actor if meeting.side is Side.COORDINATOR else NOBODY


def _page(
    token: str,
    meeting: Meeting,
    status: int = 200,
    *,
    form: DateForm | None = None,
    calling_off: CancelForm | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "visits/show.html",
        m=meeting,
        token=token,
        link_holds=status != 410,
        form=form or DateForm(meeting, formdata=None),
        calling_off=calling_off or CancelForm(meeting, formdata=None),
        slot_value=value,
    )
    return page, status, {"Cache-Control": "no-store"}


def _as_it_stands(token: str, conflict: DomainError) -> ResponseReturnValue:
    """Nothing was done: show the visit as it is now, and say why."""
    said = failures.sentence(conflict)
    db.session.rollback()
    flash(said, "stop")
    return _page(token, _meeting(_read(token))[1], conflict.status)
