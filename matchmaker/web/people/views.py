"""The people of a region: the table of partners, one partner, and the teachers."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import aside, people, people_table
from matchmaker.services import accounts, partners, saved_views, unmerging
from matchmaker.web import context
from matchmaker.web.people import words
from models import Membership, Partner, Role, ViewedPage

blueprint = Blueprint("people", __name__, url_prefix="/people")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All partners, clearance soonest first unless asked otherwise, and the profiles that nobody has read."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    filters, wanted = words.read(request.args), request.args.get("page", 1, type=int)
    table = people_table.Table(region, filters, utc_now())
    overview = table.overview(db.session)
    page = table.page(db.session, overview.found, wanted)
    unfiltered = filters == people_table.Filters() and page.page == 1
    return render_template(
        "people/index.html",
        overview=overview,
        filters=filters,
        period=table.period,
        lines=page.rows,
        to_review=people.partners_to_review(db.session, region.id) if unfiltered and overview.to_review else [],
        views=saved_views.of(db.session, g.actor, region, ViewedPage.PEOPLE),
        words=words,
        here=request.full_path.rstrip("?"),
        **page.place,
    )


@blueprint.get("/teachers")
def teachers() -> ResponseReturnValue:
    """Teachers with their schools and requests; those who wait for a coordinator's word come first, with contacts."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    said, wanted = request.args.get("q", "").strip()[: words.LONGEST_SEARCH], request.args.get("page", 1, type=int)
    waiting = people.waiting_teachers(db.session, region.id)
    page = people.teachers(db.session, region.id, said, wanted)
    shown = render_template("people/teachers.html", waiting=waiting, lines=page.rows, q=said, **page.place)
    for teacher in waiting:
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, teacher.membership, at=utc_now())
    outbox.commit(db.session)
    return shown


@blueprint.get("/<row:partner_id>")
def show(partner_id: int) -> ResponseReturnValue:
    """One partner with contacts; that they were seen is in the audit."""
    partner = people.partner(db.session, partner_id)
    context.require(Permission.MANAGE_PEOPLE, partner)
    voucher = people.voucher(db.session, partner)
    table = people_table.Table(context.region(), people_table.Filters(), utc_now())
    shown = render_template(
        "people/show.html",
        partner=partner,
        voucher=voucher,
        line=table.of_partner(db.session, partner),
        history=people.history(db.session, partner.id),
        notes=aside.of_partner(db.session, partner.id),
        taken_in=people_table.merged_into(db.session, partner.id),
        kept=db.session.get(Partner, partner.merged_into_id) if partner.merged_into_id else None,
        may_take_back=_until_when(partner),
        tomorrow=table.today + timedelta(days=1),
    )
    audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, partner, at=utc_now())
    outbox.commit(db.session)
    return shown


@blueprint.post("/teachers/<row:membership_id>/vouch")
def vouch(membership_id: int) -> ResponseReturnValue:
    """Confirm that somebody teaches at their school."""
    membership = db.session.get_one(Membership, membership_id)
    context.require(Permission.MANAGE_PEOPLE, membership)
    if membership.role is not Role.TEACHER or membership.until is not None:
        abort(404)
    accounts.vouch(db.session, g.actor, membership_id, utc_now)
    name = membership.account.name
    outbox.commit(db.session)
    flash(_("%(name)s can post now, and gets a mail that says so.", name=name), "ok")
    return redirect(url_for("people.teachers"))


@blueprint.post("/<row:partner_id>/review")
def review(partner_id: int) -> ResponseReturnValue:
    """Say that a partner's profile has been read: they may be invited from now on."""
    context.require(Permission.MANAGE_PEOPLE, db.session.get_one(Partner, partner_id))
    name = partners.review(db.session, g.actor, partner_id, utc_now).name
    outbox.commit(db.session)
    flash(_("%(name)s may be invited from now on.", name=name), "ok")
    return redirect(url_for("people.index"))


def _until_when(partner: Partner) -> datetime | None:
    """Until when a profile that was merged into another can be made one of its own again; None for never."""
    event = unmerging.merge_of(db.session, partner) if partner.merged_into_id else None
    until = event.at + unmerging.UNTIL if event else None
    return until if until and until >= utc_now() else None
