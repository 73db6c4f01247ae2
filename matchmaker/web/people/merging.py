"""Profiles that may be of one person: side by side, made one, told apart, or made two again."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict, Invalid
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import duplicates, people
from matchmaker.services import merging, unmerging
from matchmaker.web import context, failures, labels
from matchmaker.web.people.forms import MergeForm
from models import Partner

blueprint = Blueprint("merging", __name__, url_prefix="/people")
blueprint.before_request(context.sign_in_first)

MOST_PAIRS = 20
SHARED: Mapping[str, LazyString] = {
    duplicates.EMAIL: _l("the same e-mail"),
    duplicates.PHONE: _l("the same phone number"),
    duplicates.NAME: _l("the same name and neighborhood"),
}
FIELDS: Mapping[str, LazyString] = {
    "name": _l("Name"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "language": _l("Language we write in"),
    "about": _l("A few words about them"),
    "place": _l("Where they set out from, and how far"),
    "languages": _l("Languages they could do it in"),
    "formats": _l("Kinds of visit"),
    "times": _l("Days and hours"),
    "capacity": _l("Visits a month, at most"),
    "clearance": _l("School clearance"),
    merging.ACCOUNT: _l("Who signs in"),
}


@blueprint.get("/duplicates")
def index() -> ResponseReturnValue:
    """Pairs of profiles that may be of one person."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    pairs = duplicates.found(db.session, region.id, MOST_PAIRS)
    return render_template("people/duplicates.html", pairs=pairs, shared=SHARED)


@blueprint.post("/<row:partner_id>/apart/<row:other_id>")
def tell_apart(partner_id: int, other_id: int) -> ResponseReturnValue:
    """Say that two profiles are of two people."""
    one, other = _pair(partner_id, other_id)
    merging.tell_apart(db.session, g.actor, one.id, other.id, utc_now)
    outbox.commit(db.session)
    flash(_("Noted: two people."), "ok")
    return redirect(url_for("merging.index"))


@blueprint.route("/<row:partner_id>/merge/<row:other_id>", methods=["GET", "POST"])
def merge(partner_id: int, other_id: int) -> ResponseReturnValue:
    """Two profiles side by side: which one stays, and what it takes from the other."""
    one, other = _pair(partner_id, other_id)
    for into in (one, other):
        if into.merged_into_id in (one.id, other.id):
            return redirect(url_for("people.show", partner_id=into.merged_into_id))
    form = MergeForm(one, other)
    told = ""
    if form.validate_on_submit():
        try:
            kept = merging.merge(db.session, g.actor, form.keeps.id, form.goes.id, form.chosen, utc_now)
        except (Conflict, Invalid) as refused:
            # What was chosen must stay on the page; nothing was written.
            told = failures.sentence(refused)
        else:
            led_to, name = url_for("people.show", partner_id=kept.id), kept.name
            outbox.commit(db.session)
            flash(_("Done. %(name)s has one profile now; for 30 days it can be taken back.", name=name), "ok")
            return redirect(led_to)
    shown = render_template(
        "people/merge.html", pair=(one, other), form=form, fields=FIELDS, told=told, weekdays=_weekdays
    )
    _seen(one, other)
    return shown, 422 if form.errors or told else 200


@blueprint.post("/<row:partner_id>/unmerge")
def take_back(partner_id: int) -> ResponseReturnValue:
    """Make a profile that was merged into another one of its own again."""
    context.require(Permission.MANAGE_PEOPLE, db.session.get_one(Partner, partner_id))
    back = unmerging.take_back(db.session, g.actor, partner_id, utc_now)
    led_to = url_for("people.show", partner_id=back.id)
    outbox.commit(db.session)
    flash(_("These are two profiles again. What was agreed since stays with the other one."), "ok")
    return redirect(led_to)


def _pair(partner_id: int, other_id: int) -> tuple[Partner, Partner]:
    if partner_id == other_id:
        abort(404)
    one, other = (people.partner(db.session, each) for each in (partner_id, other_id))
    for partner in (one, other):
        context.require(Permission.MANAGE_PEOPLE, partner)
    return one, other


def _seen(*partners: Partner) -> None:
    for partner in partners:
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, partner, at=utc_now())
    outbox.commit(db.session)


def _weekdays(partner: Partner) -> list[str]:
    return [str(name) for number, name in enumerate(labels.WEEKDAYS) if number in partner.weekdays]
