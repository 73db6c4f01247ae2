"""Partners whom a coordinator writes down during a call, and profiles changed on behalf of those who ask for it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import people, public_face, reach, suggestions
from matchmaker.services import organisations, partners, publicity
from matchmaker.web import context, failures, labels
from matchmaker.web.partners.forms import ClassesForm, FundForm, PauseForm, ProfileForm, PublicForm
from matchmaker.web.people.forms import NAMED, NOT_ASKED, CallForm
from matchmaker.web.public import shown
from models import Fund, Partner

blueprint = Blueprint("entering", __name__, url_prefix="/people")
blueprint.before_request(context.sign_in_first)


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Write down somebody who is on the phone, with one thing they know."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    form = CallForm()
    if form.validate_on_submit():
        try:
            partner = partners.enter(db.session, g.actor, region, form.called, form.fund, utc_now)
            if form.public.data != NOT_ASKED:
                publicity.allow(db.session, g.actor, partner, utc_now, named=form.public.data == NAMED)
        except partners.KnownAlready as known:
            # Somebody is on the phone: what was written must stay on the page.
            form.email.errors = [failures.sentence(known)]
        else:
            led_to = url_for("people.show", partner_id=partner.id)
            outbox.commit(db.session)
            flash(_("Saved. Read it back to them; then say below that it is read."), "ok")
            return redirect(led_to)
    return render_template("people/call.html", form=form), 422 if form.errors else 200


@blueprint.route("/<row:partner_id>/profile", methods=["GET", "POST"])
def profile(partner_id: int) -> ResponseReturnValue:
    """When, where and how, as they say it on the phone."""
    partner = _partner(partner_id)
    schools = reach.schools(db.session, partner.region_id)
    reached = reach.of_partner(partner, schools)
    form = ProfileForm(partner, schools, reached)
    if form.validate_on_submit():
        try:
            partners.save_logistics(db.session, g.actor, partner, form.logistics, utc_now)
        except (organisations.BelongsSomewhere, organisations.HasPeople) as held:
            form.kind.errors = [failures.sentence(held)]
        else:
            return _saved(partner)
    page = render_template(
        "people/profile.html",
        partner=partner,
        form=form,
        reach=reached,
        format_notes=labels.FORMAT_NOTES,
        called=public_face.first_name(partner),
        held_back=shown.held_back(partner.funds),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/<row:partner_id>/funds/new", methods=["GET", "POST"])
def fund_new(partner_id: int) -> ResponseReturnValue:
    """Another thing they know."""
    return _edit(_partner(partner_id), None)


@blueprint.route("/<row:partner_id>/funds/<row:fund_id>", methods=["GET", "POST"])
def fund_edit(partner_id: int, fund_id: int) -> ResponseReturnValue:
    """A fund told differently."""
    partner = _partner(partner_id)
    return _edit(partner, _fund(partner, fund_id))


@blueprint.route("/<row:partner_id>/funds/<row:fund_id>/classes", methods=["GET", "POST"])
def fund_classes(partner_id: int, fund_id: int) -> ResponseReturnValue:
    """Which classes a fund could serve, as they say."""
    partner = _partner(partner_id)
    fund = _fund(partner, fund_id)
    suggested = suggestions.for_fund(db.session, fund)
    form = ClassesForm(fund, suggested)
    if form.validate_on_submit():
        said = {"subjects": form.subjects.data, "grades": form.grades.data}
        partners.say_classes(db.session, g.actor, partner, fund.id, **said, clock=utc_now)
        return _saved(partner)
    page = render_template("people/classes.html", partner=partner, form=form, fund=fund, suggested=suggested)
    return page, 422 if form.errors else 200


@blueprint.post("/<row:partner_id>/funds/<row:fund_id>/remove")
def fund_remove(partner_id: int, fund_id: int) -> ResponseReturnValue:
    """Take a fund out of the profile, as they asked."""
    partner = _partner(partner_id)
    partners.remove_fund(db.session, g.actor, partner, fund_id, utc_now)
    return _saved(partner)


@blueprint.post("/<row:partner_id>/public")
def make_public(partner_id: int) -> ResponseReturnValue:
    """Everybody may read what they know, as they said on the phone."""
    partner = _partner(partner_id)
    publicity.allow(db.session, g.actor, partner, utc_now, named=bool(PublicForm().named.data))
    return _saved(partner)


@blueprint.post("/<row:partner_id>/private")
def make_private(partner_id: int) -> ResponseReturnValue:
    """Nobody but the network reads it any more, as they asked."""
    partner = _partner(partner_id)
    publicity.take_back(db.session, g.actor, partner, utc_now)
    return _saved(partner)


@blueprint.post("/<row:partner_id>/pause")
def pause(partner_id: int) -> ResponseReturnValue:
    """No invitations for a while: until a day, or until they say so."""
    partner = _partner(partner_id)
    form = PauseForm(utc_now().astimezone(ZoneInfo(context.region().time_zone)).date())
    if not form.validate_on_submit():
        flash(_("Please choose a day that is still ahead."), "stop")
        return redirect(url_for("people.show", partner_id=partner.id))
    partners.pause(db.session, g.actor, partner, utc_now, until=form.until.data)
    return _saved(partner)


@blueprint.post("/<row:partner_id>/resume")
def resume(partner_id: int) -> ResponseReturnValue:
    """Invitations again, as they asked."""
    partner = _partner(partner_id)
    partners.resume(db.session, g.actor, partner, utc_now)
    return _saved(partner)


def _edit(partner: Partner, fund: Fund | None) -> ResponseReturnValue:
    form = FundForm(fund, **({} if fund else {"language": partner.language}))
    if form.validate_on_submit():
        fund_id = fund.id if fund else None
        partners.save_fund(db.session, g.actor, partner, form.draft(fund), utc_now, fund_id=fund_id)
        return _saved(partner)
    page = render_template("people/fund.html", partner=partner, form=form, fund=fund)
    return page, 422 if form.errors else 200


def _partner(partner_id: int) -> Partner:
    partner = people.partner(db.session, partner_id)
    context.require(Permission.MANAGE_PEOPLE, partner)
    if partner.merged_into_id is not None:
        abort(404)
    return partner


def _fund(partner: Partner, fund_id: int) -> Fund:
    return next((own for own in partner.funds if own.id == fund_id), None) or abort(404)


def _saved(partner: Partner) -> ResponseReturnValue:
    led_to = url_for("people.show", partner_id=partner.id)
    outbox.commit(db.session)
    flash(_("Saved, and noted that you did it for them."), "ok")
    return redirect(led_to)
