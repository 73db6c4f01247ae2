"""The plan of a visit: written by the teacher, signed in or by the link of a mail, or by a coordinator for her.

By the link, the room that is there is not shown: a forwarded mail tells nobody where a class is.
"""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from matchmaker import outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.policies import NOBODY, Actor, Permission
from matchmaker.services import clearances
from matchmaker.web import context
from matchmaker.web.clearances.forms import PlanForm
from models import Introduction, Region, Side, Visit

blueprint = Blueprint("supervision", __name__)

CHANGE_LIMIT = "60 per hour"


@blueprint.route("/supervision/<row:visit_id>", methods=["GET", "POST"])
def signed_in(visit_id: int) -> ResponseReturnValue:
    """The plan for whoever is signed in: the teacher, or a coordinator."""
    if (elsewhere := context.sign_in_first()) is not None:
        return elsewhere
    visit = db.session.get_one(Visit, visit_id)
    context.require(Permission.PLAN_VISIT, visit)
    asked = visit.introduction.request
    own = asked.teacher.account_id == g.actor.account_id
    form = PlanForm(visit, by_link=False)
    if form.validate_on_submit():
        _save(visit, form, g.actor, Side.TEACHER if own else Side.COORDINATOR)
        return redirect(url_for("requests.show", request_id=asked.id) if own else url_for("clearances.index"))
    return _page(visit, form, back=None)


@blueprint.route("/visits/<token>/plan", methods=["GET", "POST"])
@limiter.limit(CHANGE_LIMIT, methods=["POST"])
def by_link(token: str) -> ResponseReturnValue:
    """The plan by the teacher's link. Reading changes nothing."""
    visit = _linked(token)
    back = url_for("visits.show", token=token)
    form = PlanForm(visit, by_link=True)
    if form.validate_on_submit():
        _save(visit, form, NOBODY, Side.TEACHER)
        return redirect(back)
    return _page(visit, form, back=back)


def _linked(token: str) -> Visit:
    """The visit of a teacher's link. A partner's link opens no plan: who is in the room is the school's to say."""
    secret = current_app.config["SETTINGS"].secret_key
    link = tokens.read(secret, tokens.Purpose.VISIT, token, utc_now())
    visit = db.session.scalar(
        select(Visit)
        .join(Introduction, Introduction.id == Visit.introduction_id)
        .where(Introduction.key == link.introduction)
    )
    if visit is None:
        raise tokens.BadLink
    teacher = visit.introduction.request.teacher
    if link.recipient != f"{Side.TEACHER}:{teacher.id}":
        raise tokens.BadLink
    context.visit(db.session.get_one(Region, visit.region_id), teacher.account.language)
    return visit


def _save(visit: Visit, form: PlanForm, actor: Actor, side: Side) -> None:
    wants_clearance = clearances.plan_visit(db.session, actor, visit.id, form.plan(), side, utc_now)
    outbox.commit(db.session)
    if wants_clearance:
        flash(_("Saved. Such a visit needs a clearance that is not on file yet; a coordinator looks after it."), "warn")
    else:
        flash(_("Saved. Thank you; our guest learns the room and where to sign in by mail."), "ok")


def _page(visit: Visit, form: PlanForm, back: str | None) -> ResponseReturnValue:
    ended = visit.cancelled_at is not None or visit.starts_at <= utc_now()
    page = render_template(
        "clearances/plan.html", visit=visit, introduction=visit.introduction, form=form, back=back, ended=ended
    )
    return page, 422 if form.errors else 200, {"Cache-Control": "no-store"}
