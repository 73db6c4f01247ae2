"""What coordinators do by hand: search the region's partners for a request, ask why not, put forward, set aside."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import by_hand, learning_requests, paging, rankings
from matchmaker.queries import why_not as reading
from matchmaker.services import steering
from matchmaker.web import context, failures, labels
from matchmaker.web.desk import why_not as told
from matchmaker.web.desk.forms import SteerForm
from models import LearningRequest, Partner, Steer

blueprint = Blueprint("by_hand", __name__, url_prefix="/desk")
blueprint.before_request(context.sign_in_first)

LONGEST_SEARCH = 100


@blueprint.get("/<row:request_id>/people")
def people(request_id: int) -> ResponseReturnValue:
    """The region's partners beside one request: what matches the words, and what keeps each from being asked."""
    asked = learning_requests.for_desk(db.session, request_id)
    context.require(Permission.USE_DESK, asked)
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    only = request.args.get("only", "")
    if only not in ("", by_hand.ELIGIBLE, *labels.RULES):
        abort(404)
    ranking = rankings.latest(db.session, asked.id)
    ranked = rankings.ranked(db.session, ranking.id) if ranking else []
    query = by_hand.people(db.session, asked, ranked, words, only, utc_now())
    page = paging.fetch(db.session, query, request.args.get("page", 1, type=int))
    found = by_hand.found(db.session, asked, context.region(), ranking, ranked, page.rows, words, utc_now())
    return render_template(
        "desk/people.html",
        r=asked,
        found=found,
        q=words,
        only=only,
        rules=labels.RULES,
        excluded=_excluded,
        waits=asked.state in steering.OPEN,
        here=request.full_path.rstrip("?"),
        **page.place,
    )


@blueprint.get("/<row:request_id>/why/<row:partner_id>")
def why_not(request_id: int, partner_id: int) -> ResponseReturnValue:
    """Why a partner is not among those put forward."""
    return _why_not(request_id, partner_id)


@blueprint.post("/<row:request_id>/pin/<row:partner_id>")
def pin(request_id: int, partner_id: int) -> ResponseReturnValue:
    """Put a partner forward by hand."""
    name, form = _steered(request_id, partner_id)
    try:
        steering.pin(db.session, g.actor, request_id, partner_id, utc_now, form.reason.data or "")
    except Conflict as conflict:
        return _as_it_stands(request_id, partner_id, conflict)
    outbox.commit(db.session)
    flash(_("%(partner)s is put forward; the list is made anew in a moment.", partner=name), "ok")
    return redirect(_back(form, request_id))


@blueprint.post("/<row:request_id>/set-aside/<row:partner_id>")
def set_aside(request_id: int, partner_id: int) -> ResponseReturnValue:
    """Keep a partner out of a request's list."""
    name, form = _steered(request_id, partner_id)
    try:
        steering.set_aside(db.session, g.actor, request_id, partner_id, utc_now, form.reason.data or "")
    except Conflict as conflict:
        return _as_it_stands(request_id, partner_id, conflict)
    outbox.commit(db.session)
    flash(_("%(partner)s is set aside for this request; the list is made anew in a moment.", partner=name), "ok")
    return redirect(_back(form, request_id))


@blueprint.post("/steers/<row:steer_id>/release")
def release(steer_id: int) -> ResponseReturnValue:
    """Take back what was done by hand."""
    steer = db.session.get_one(Steer, steer_id)
    context.require(Permission.USE_DESK, steer)
    form = SteerForm()
    name, request_id = steer.partner.name, steer.request_id
    steering.release(db.session, g.actor, steer_id, utc_now)
    outbox.commit(db.session)
    flash(_("Taken back: the ranking alone places %(partner)s again.", partner=name), "info")
    return redirect(_back(form, request_id))


def _steered(request_id: int, partner_id: int) -> tuple[str, SteerForm]:
    """Whom it is about and what the form says, once it is clear that this actor may."""
    context.require(Permission.USE_DESK, db.session.get_one(LearningRequest, request_id))
    partner = db.session.get_one(Partner, partner_id)
    context.require(Permission.USE_DESK, partner)
    form = SteerForm()
    if not form.validate():
        abort(400)
    return partner.name, form


def _back(form: SteerForm, request_id: int) -> str:
    return context.local_path(form.back.data) or url_for("desk.show", request_id=request_id)


def _as_it_stands(request_id: int, partner_id: int, conflict: Conflict) -> ResponseReturnValue:
    """Nothing was done: say what stands in the way, as it is now."""
    said = failures.sentence(conflict)
    db.session.rollback()
    flash(said, "stop")
    return _why_not(request_id, partner_id), conflict.status


def _why_not(request_id: int, partner_id: int) -> str:
    asked = learning_requests.for_desk(db.session, request_id)
    context.require(Permission.USE_DESK, asked)
    partner = db.session.get_one(Partner, partner_id)
    context.require(Permission.USE_DESK, partner)
    now = utc_now()
    answer = reading.of(db.session, asked, partner, now)
    return render_template(
        "desk/why_not.html",
        r=asked,
        partner=partner,
        told=answer,
        excluded=_excluded(answer.rule, partner, answer.miles, asked),
        parts=told.parts(answer),
        less=told.less(answer),
        waits=asked.state in steering.OPEN,
        back=url_for("desk.show", request_id=request_id),
    )


def _excluded(rule: str | None, partner: Partner, miles: float | None, asked: LearningRequest) -> str:
    return told.excluded(rule, partner, miles, asked, context.region(), utc_now()) if rule else ""
