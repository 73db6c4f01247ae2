"""Where a person belongs, written down by a coordinator; and who belongs to an organisation."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import organisations as houses
from matchmaker.queries import paging
from matchmaker.services import organisations
from matchmaker.web import context, fields
from models import Partner, PartnerKind

blueprint = Blueprint("belonging", __name__, url_prefix="/people")
blueprint.before_request(context.sign_in_first)


class BelongingForm(fields.PageForm):
    """One of the region's organisations, or none."""

    organisation = SelectField(_l("Organization"), coerce=fields.whole_or_none)

    def __init__(self, partner: Partner, offered: Sequence[Partner]) -> None:
        super().__init__(data={"organisation": partner.organisation_id})
        named = ((each.id, each.name) for each in offered)
        self.organisation.choices = fields.choices([("", _("None: they come as themselves")), *named])


@blueprint.route("/<row:partner_id>/organisation", methods=["GET", "POST"])
def show(partner_id: int) -> ResponseReturnValue:
    """The organisation of a person, to be set; of an organisation, its people."""
    partner = db.session.get_one(Partner, partner_id)
    context.require(Permission.MANAGE_PEOPLE, partner)
    if partner.kind is PartnerKind.ORGANISATION:
        return _people(partner)
    form = BelongingForm(partner, houses.of_region(db.session, partner.region_id))
    if not form.validate_on_submit():
        return render_template("people/belonging.html", partner=partner, form=form), 422 if form.errors else 200
    if form.organisation.data is None:
        organisations.leave(db.session, g.actor, partner.id, utc_now)
    else:
        organisations.join(db.session, g.actor, partner.id, form.organisation.data, utc_now)
    outbox.commit(db.session)
    flash(_("Saved, and noted that you did it for them."), "ok")
    return redirect(url_for("people.show", partner_id=partner_id))


def _people(organisation: Partner) -> ResponseReturnValue:
    page = paging.fetch(db.session, houses.people_of(organisation.id), request.args.get("page", 1, type=int))
    return render_template("people/organisation.html", partner=organisation, people=page.rows, **page.place)
