"""Who of a region's staff signs in with a second step, and help for whoever has lost theirs."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.queries import staff
from matchmaker.services import accounts
from matchmaker.web import context
from models import Membership

blueprint = Blueprint("staff", __name__, url_prefix="/admin/staff")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Each of the staff, with the second step they have."""
    region = context.region()
    context.require(Permission.SET_REGION, region)
    members = staff.of_region(db.session, region.id, utc_now())
    reset = {m.id for m in members if permits(g.actor, Permission.RESET_SECOND_STEP, m)}
    return render_template("admin/staff.html", members=members, reset=reset)


@blueprint.post("/<row:membership_id>/second-step")
def reset(membership_id: int) -> ResponseReturnValue:
    """Take away the second step of somebody who has lost it."""
    membership = db.session.get_one(Membership, membership_id)
    context.require(Permission.RESET_SECOND_STEP, membership)
    account = accounts.reset_second_step(db.session, g.actor, membership.account_id, utc_now)
    outbox.commit(db.session)
    flash(_("%(name)s signs in by password alone until they set up a new second step.", name=account.name), "ok")
    return redirect(url_for("staff.index"))
