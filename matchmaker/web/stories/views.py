"""Stories of visits for everybody, and reading them before they are shared."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import paging, reflections, stories
from matchmaker.services import reflections as verbs
from matchmaker.web import context
from models import Reflection

blueprint = Blueprint("stories", __name__, url_prefix="/stories")
office = Blueprint("stories_office", __name__, url_prefix="/stories")
office.before_request(context.sign_in_first)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The stories of the region, in their writers' own words."""
    page = stories.shared(db.session, context.region().id, request.args.get("page", 1, type=int))
    return render_template("stories/index.html", stories=page.rows, **page.place)


@office.get("/review")
def review() -> ResponseReturnValue:
    """What people would share, what was decided on, and what they told the coordinators alone."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    wanted = request.args.get("page", 1, type=int)
    notes = paging.fetch(db.session, reflections.notes(region.id), wanted)
    return render_template(
        "stories/review.html",
        to_read=stories.to_read(db.session, region.id),
        decided=paging.fetch(db.session, stories.decided(region.id), 1).rows,
        notes=notes.rows,
        as_read=verbs.as_read,
        **notes.place,
    )


@office.post("/<row:reflection_id>/share")
def share(reflection_id: int) -> ResponseReturnValue:
    """Share a story as it was read."""
    context.require(Permission.MANAGE_PEOPLE, db.session.get_one(Reflection, reflection_id))
    verbs.share(db.session, g.actor, reflection_id, request.form.get("seen", ""), utc_now)
    outbox.commit(db.session)
    flash(_("The story is on the stories page now."), "ok")
    return redirect(url_for("stories_office.review"))


@office.post("/<row:reflection_id>/put-away")
def put_away(reflection_id: int) -> ResponseReturnValue:
    """Do not share a story, or take it down."""
    context.require(Permission.MANAGE_PEOPLE, db.session.get_one(Reflection, reflection_id))
    verbs.put_away(db.session, g.actor, reflection_id, request.form.get("seen", ""), utc_now)
    outbox.commit(db.session)
    flash(_("The story is not on the stories page."), "ok")
    return redirect(url_for("stories_office.review"))
