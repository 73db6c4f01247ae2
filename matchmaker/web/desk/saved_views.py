"""Views of the queue that a coordinator keeps under a name."""

from __future__ import annotations

from flask import Blueprint, flash, g, make_response, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.services import saved_views
from matchmaker.web import context, failures, fields
from matchmaker.web.desk import viewing, views
from models import SavedView, ViewedPage

blueprint = Blueprint("saved_views", __name__, url_prefix="/desk/views")
blueprint.before_request(context.sign_in_first)


class KeepForm(fields.PageForm):
    """The name of a view."""

    name = fields.line(_l("Name of this view"), 40, required=_l("Please give the view a name."))


@blueprint.post("")
def keep() -> ResponseReturnValue:
    """Keep the filters and the order that the page shows."""
    region = context.region()
    context.require(Permission.USE_DESK, region)
    view, form = viewing.asked(), KeepForm()
    if not form.validate():
        flash(str(form.name.errors[0]), "stop")
        return make_response(views.index(), 422)
    name = str(form.name.data)
    try:
        saved_views.keep(db.session, g.actor, region, ViewedPage.DESK, name, view.query, utc_now)
    except Conflict as conflict:
        said = failures.sentence(conflict)
        db.session.rollback()
        flash(said, "stop")
        return make_response(views.index(), conflict.status)
    outbox.commit(db.session)
    flash(_("“%(name)s” is kept beside the queue, for you alone.", name=name), "ok")
    return redirect(viewing.address(None, view))


@blueprint.post("/<row:view_id>/remove")
def remove(view_id: int) -> ResponseReturnValue:
    """Keep a view no longer."""
    context.require(Permission.USE_DESK, db.session.get_one(SavedView, view_id))
    view = viewing.asked()
    saved_views.remove(db.session, g.actor, view_id, utc_now)
    outbox.commit(db.session)
    flash(_("The view is no longer kept."), "info")
    return redirect(viewing.address(None, view))
