"""Teachers who wait for a coordinator's word, partners' profiles to read, and the list of partners."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import capacity, paging, people
from matchmaker.services import accounts, partners
from matchmaker.web import context
from models import Membership, Partner, Role

blueprint = Blueprint("people", __name__, url_prefix="/people")
blueprint.before_request(context.sign_in_first)

LONGEST_SEARCH = 100


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Who waits for a coordinator, and all partners, clearance soonest first."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    page = paging.fetch(db.session, people.search_partners(region.id, words), request.args.get("page", 1, type=int))
    waiting = people.waiting_teachers(db.session, region.id)
    to_review = people.partners_to_review(db.session, region.id)
    shown = render_template(
        "people/index.html",
        teachers=waiting,
        to_review=to_review,
        vouchers=people.vouchers(db.session, to_review),
        q=words,
        partners=page.rows,
        months=_months(page.rows),
        **page.place,
    )
    for teacher in waiting:
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, teacher.membership, at=utc_now())
    outbox.commit(db.session)
    return shown


@blueprint.get("/<row:partner_id>")
def show(partner_id: int) -> ResponseReturnValue:
    """One partner with contacts; that they were seen is in the audit."""
    partner = people.partner(db.session, partner_id)
    context.require(Permission.MANAGE_PEOPLE, partner)
    voucher = people.vouchers(db.session, [partner]).get(partner.id)
    month = _months([partner])[partner.id]
    shown = render_template("people/show.html", partner=partner, month=month, voucher=voucher)
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
    return redirect(url_for("people.index"))


@blueprint.post("/<row:partner_id>/review")
def review(partner_id: int) -> ResponseReturnValue:
    """Say that a partner's profile has been read: they may be invited from now on."""
    context.require(Permission.MANAGE_PEOPLE, db.session.get_one(Partner, partner_id))
    name = partners.review(db.session, g.actor, partner_id, utc_now).name
    outbox.commit(db.session)
    flash(_("%(name)s may be invited from now on.", name=name), "ok")
    return redirect(url_for("people.index"))


def _months(rows: Sequence[Partner]) -> dict[int, capacity.Places]:
    """This month's places of some partners, by id."""
    today = utc_now().astimezone(ZoneInfo(context.region().time_zone)).date()
    period = today.replace(day=1)
    taken = capacity.months(db.session, [partner.id for partner in rows], [period])
    return {partner.id: capacity.places(taken, partner.id, partner.monthly_capacity, period) for partner in rows}
