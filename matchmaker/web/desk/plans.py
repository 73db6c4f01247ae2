"""The plan of the region as a job on the desk: ask for it, see how far it is, cancel it."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import plans
from matchmaker.services import planning
from matchmaker.web import context
from models import Plan

blueprint = Blueprint("plans", __name__, url_prefix="/desk/plan")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def show() -> ResponseReturnValue:
    """How far the region's plan is. The desk's script reads the job's card out of this page now and then."""
    region = context.region()
    context.require(Permission.USE_DESK, region)
    return render_template("desk/plan.html", job=plans.job(db.session, region.id, utc_now()))


@blueprint.post("")
def ask() -> ResponseReturnValue:
    """Ask for a plan of the whole region."""
    region = context.region()
    context.require(Permission.USE_DESK, region)
    planning.ask(db.session, g.actor, region, utc_now)
    outbox.commit(db.session)
    return redirect(url_for("plans.show"))


@blueprint.post("/<row:plan_id>/cancel")
def cancel(plan_id: int) -> ResponseReturnValue:
    """Cancel a plan that waits or runs; what is proposed stays as it is."""
    context.require(Permission.USE_DESK, db.session.get_one(Plan, plan_id))
    plan = planning.cancel(db.session, g.actor, plan_id, utc_now)
    ended = plan.finished_at is not None
    outbox.commit(db.session)
    if not ended:
        flash(_("The plan ends with the round in hand. Nothing on the desk is changed by it."), "info")
    return redirect(url_for("plans.show"))
