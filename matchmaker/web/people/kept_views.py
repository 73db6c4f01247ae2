"""Views of the people table that a coordinator keeps under a name."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.services import saved_views
from matchmaker.web import context, failures, fields
from matchmaker.web.people import words
from models import SavedView, ViewedPage

blueprint = Blueprint("kept_views", __name__, url_prefix="/people/views")
blueprint.before_request(context.sign_in_first)


class KeepForm(fields.PageForm):
    """The name of a view."""

    name = fields.line(_l("Name of this view"), 40, required=_l("Please give the view a name."))


@blueprint.post("")
def keep() -> ResponseReturnValue:
    """Keep the filters and the order that the table shows."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    # What the page's own reading does not give back is not kept.
    said = words.query(words.read(MultiDict(parse_qsl(request.form.get("query", "")))))
    query, form = urlencode(said), KeepForm()
    here = f"{url_for('people.index')}?{query}"
    if not form.validate():
        flash(str(form.name.errors[0]), "stop")
        return redirect(here)
    name = str(form.name.data)
    try:
        saved_views.keep(db.session, g.actor, region, ViewedPage.PEOPLE, name, query, utc_now)
    except Conflict as conflict:
        told = failures.sentence(conflict)
        db.session.rollback()
        flash(told, "stop")
        return redirect(here)
    outbox.commit(db.session)
    flash(_("“%(name)s” is kept above the table, for you alone.", name=name), "ok")
    return redirect(here)


@blueprint.post("/<row:view_id>/remove")
def remove(view_id: int) -> ResponseReturnValue:
    """Keep a view no longer."""
    context.require(Permission.MANAGE_PEOPLE, db.session.get_one(SavedView, view_id))
    saved_views.remove(db.session, g.actor, view_id, utc_now)
    outbox.commit(db.session)
    flash(_("The view is no longer kept."), "info")
    return redirect(url_for("people.index"))
