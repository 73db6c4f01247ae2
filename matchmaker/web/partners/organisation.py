"""An organisation's people, as its contact sees them; and the organisation, as one of its people does."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import organisations as houses
from matchmaker.queries import paging
from matchmaker.services import organisations
from matchmaker.web import context
from matchmaker.web.account import invited
from matchmaker.web.partners import own
from models import Partner, PartnerKind

blueprint = Blueprint("organisation", __name__, url_prefix="/profile/organisation")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Who belongs to one's organisation; or to which one belongs."""
    partner = own.partner()
    if partner.kind is PartnerKind.ORGANISATION:
        return _people(partner)
    return render_template(
        "partners/belonging.html", partner=partner, organisation=houses.of_person(db.session, partner)
    )


@blueprint.post("/leave")
def leave() -> ResponseReturnValue:
    """Belong to it no longer."""
    organisations.leave(db.session, g.actor, own.partner().id, utc_now)
    outbox.commit(db.session)
    flash(_("Done. Your profile and your visits are as they were."), "ok")
    return redirect(url_for("partners.profile"))


@blueprint.post("/people/<row:partner_id>/remove")
def remove(partner_id: int) -> ResponseReturnValue:
    """Say that somebody is no longer of the organisation."""
    organisation = own.partner()
    context.require(Permission.KEEP_ORGANISATION, organisation)
    name = organisations.let_go(db.session, g.actor, organisation, partner_id, utc_now).name
    outbox.commit(db.session)
    flash(_("%(name)s comes as themselves from now on. What is agreed stays.", name=name), "ok")
    return redirect(url_for("organisation.show"))


def _people(organisation: Partner) -> ResponseReturnValue:
    context.require(Permission.KEEP_ORGANISATION, organisation)
    page = paging.fetch(db.session, houses.people_of(organisation.id), request.args.get("page", 1, type=int))
    token, until = invited.issue(context.region(), g.actor.account_id, organisation)
    link = url_for("account.join_by_link", token=token, _external=True)
    return render_template(
        "partners/organisation.html", partner=organisation, people=page.rows, link=link, until=until, **page.place
    )
