"""The rule table of a region with the visits ahead that want something, and what is kept of a partner's clearance."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.queries import clearances as reading
from matchmaker.queries import people, schools, supervision
from matchmaker.services import clearance_rules, clearances
from matchmaker.web import context
from matchmaker.web.clearances import words
from matchmaker.web.clearances.forms import ClearanceForm, RuleForm
from models import ClearanceRule

blueprint = Blueprint("clearances", __name__)
blueprint.before_request(context.sign_in_first)

LATEST = 10
"""Changes of the table that are shown."""


@blueprint.get("/clearances")
def index() -> ResponseReturnValue:
    """When a visit needs a clearance, and which visits ahead want one or a plan."""
    context.require(Permission.READ_CLEARANCE_RULES, context.region())
    return _page(RuleForm(formdata=None))


@blueprint.post("/clearances/rules")
def add() -> ResponseReturnValue:
    """Put a row behind the others."""
    context.require(Permission.SET_CLEARANCE_RULES, context.region())
    form = RuleForm()
    if not form.validate():
        return _page(form), 422
    clearance_rules.add(db.session, g.actor, context.region().id, form.rule(), form.note.data or "", utc_now)
    outbox.commit(db.session)
    flash(_("Added. Visits of the next 30 days are being looked at once more."), "ok")
    return redirect(url_for("clearances.index"))


@blueprint.post("/clearances/rules/<row:rule_id>/move")
def move(rule_id: int) -> ResponseReturnValue:
    """Let a row trade places with the one above it, or below."""
    context.require(Permission.SET_CLEARANCE_RULES, db.session.get_one(ClearanceRule, rule_id))
    clearance_rules.move(db.session, g.actor, rule_id, up=request.form.get("way") != "down", clock=utc_now)
    outbox.commit(db.session)
    return redirect(url_for("clearances.index"))


@blueprint.post("/clearances/rules/<row:rule_id>/remove")
def remove(rule_id: int) -> ResponseReturnValue:
    """Take a row out."""
    context.require(Permission.SET_CLEARANCE_RULES, db.session.get_one(ClearanceRule, rule_id))
    clearance_rules.remove(db.session, g.actor, rule_id, utc_now)
    outbox.commit(db.session)
    flash(_("Removed. Visits of the next 30 days are being looked at once more."), "ok")
    return redirect(url_for("clearances.index"))


@blueprint.route("/people/<row:partner_id>/clearance", methods=["GET", "POST"])
def record(partner_id: int) -> ResponseReturnValue:
    """What is kept of one partner's clearance. Never a report."""
    partner = people.partner(db.session, partner_id)
    context.require(Permission.MANAGE_PEOPLE, partner)
    family = reading.family_schools(db.session, partner.id)
    form = ClearanceForm(partner, family, schools.of_region(db.session, partner.region_id))
    if form.validate_on_submit():
        clearances.set_family_schools(db.session, g.actor, partner.id, form.schools.data, utc_now)
        clearances.record(db.session, g.actor, partner.id, form.kept(), utc_now)
        outbox.commit(db.session)
        flash(_("Saved. Visits ahead have been looked at once more."), "ok")
        return redirect(url_for("people.show", partner_id=partner_id))
    return render_template("clearances/record.html", partner=partner, form=form), 422 if form.errors else 200


def _page(form: RuleForm) -> str:
    region = context.region()
    rules = reading.rules_of(db.session, region.id)
    tags = [tag.value for tag in audit.Tag if tag.value in words.DONE]
    return render_template(
        "clearances/index.html",
        rules=rules,
        idle=words.never_reached(rules),
        wanting=supervision.wanting(db.session, region, utc_now()),
        history=supervision.history(db.session, region.id, tags, LATEST),
        sentence=words.sentence,
        done=words.DONE,
        form=form,
        may_change=permits(g.actor, Permission.SET_CLEARANCE_RULES, region),
    )
