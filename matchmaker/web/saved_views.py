"""Views of the desk's queue and of the people table that a coordinator keeps under a name."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, g, make_response, redirect, request, url_for
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
from matchmaker.web.desk import viewing
from matchmaker.web.desk import views as desk
from matchmaker.web.people import words as people
from models import SavedView, ViewedPage

blueprint = Blueprint("saved_views", __name__)
blueprint.before_request(context.sign_in_first)


class KeepForm(fields.PageForm):
    """The name of a view."""

    name = fields.line(_l("Name of this view"), 40, required=_l("Please give the view a name."))


@blueprint.post("/desk/views")
def keep_queue() -> ResponseReturnValue:
    """Keep the filters and the order that the queue shows."""
    context.require(Permission.USE_DESK, context.region())
    view, form = viewing.asked(), KeepForm()
    if (refused := _keep(ViewedPage.DESK, form, view.query)) is not None:
        return make_response(desk.index(), refused)
    flash(_("“%(name)s” is kept beside the queue, for you alone.", name=form.name.data), "ok")
    return redirect(viewing.address(None, view))


@blueprint.post("/desk/views/<row:view_id>/remove")
def remove_queue(view_id: int) -> ResponseReturnValue:
    """Keep a view of the queue no longer."""
    view = viewing.asked()
    _remove(Permission.USE_DESK, view_id)
    return redirect(viewing.address(None, view))


@blueprint.post("/people/views")
def keep_people() -> ResponseReturnValue:
    """Keep the filters and the order that the table shows."""
    context.require(Permission.MANAGE_PEOPLE, context.region())
    # What the page's own reading does not give back is not kept.
    query = urlencode(people.query(people.read(MultiDict(parse_qsl(request.form.get("query", ""))))))
    form = KeepForm()
    if _keep(ViewedPage.PEOPLE, form, query) is None:
        flash(_("“%(name)s” is kept above the table, for you alone.", name=form.name.data), "ok")
    return redirect(f"{url_for('people.index')}?{query}")


@blueprint.post("/people/views/<row:view_id>/remove")
def remove_people(view_id: int) -> ResponseReturnValue:
    """Keep a view of the table no longer."""
    _remove(Permission.MANAGE_PEOPLE, view_id)
    return redirect(url_for("people.index"))


def _keep(page: ViewedPage, form: KeepForm, query: str) -> int | None:
    """Keep what was sent; else say why not, and answer with the status for that."""
    if not form.validate():
        flash(str(form.name.errors[0]), "stop")
        return 422
    try:
        saved_views.keep(db.session, g.actor, context.region(), page, str(form.name.data), query, utc_now)
    except Conflict as conflict:
        said = failures.sentence(conflict)
        db.session.rollback()
        flash(said, "stop")
        return conflict.status
    outbox.commit(db.session)
    return None


def _remove(permission: Permission, view_id: int) -> None:
    context.require(permission, db.session.get_one(SavedView, view_id))
    saved_views.remove(db.session, g.actor, view_id, utc_now)
    outbox.commit(db.session)
    flash(_("The view is no longer kept."), "info")
