"""The region's calendar of days without school, and the private calendar that each person subscribes to."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.i18n import LANGUAGES
from matchmaker.mail import visits as files
from matchmaker.policies import Permission, permits
from matchmaker.queries import closures as reading
from matchmaker.queries import people, visits
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import closures, feeds
from matchmaker.web import context
from matchmaker.web.calendars.forms import ClosureForm
from models import Closure, Partner, Teacher

blueprint = Blueprint("calendars", __name__, url_prefix="/calendar")

FEED_LIMIT = "60 per hour"


@blueprint.get("/<uuid:feed_key>.ics")
@limiter.limit(FEED_LIMIT, key_func=lambda: request.path)
def feed(feed_key: UUID) -> ResponseReturnValue:
    """A person's agreed visits, for a calendar program. Whoever has the address reads it: no room, no contact."""
    found = visits.feed(db.session, feed_key, utc_now())
    if found is None:
        abort(404)
    language = found.language if found.language in LANGUAGES else LANGUAGES[0]
    with force_locale(language):
        content = files.listed(found.region, found.entries, current_app.config["SETTINGS"])
    return Response(content, mimetype="text/calendar", headers={"Cache-Control": "private, max-age=900"})


@blueprint.post("/address")
def renew() -> ResponseReturnValue:
    """A new address for one's own calendar; the old one ends."""
    if (elsewhere := context.sign_in_first()) is not None:
        return elsewhere
    owner = _own()
    feeds.renew(db.session, g.actor, owner, utc_now)
    outbox.commit(db.session)
    flash(_("Your calendar has a new address. The old one shows nothing any more."), "ok")
    return redirect(url_for("partners.profile" if isinstance(owner, Partner) else "requests.index"))


@blueprint.route("", methods=["GET", "POST"])
def region() -> ResponseReturnValue:
    """The days without school: read by staff, written by admins."""
    if (elsewhere := context.sign_in_first()) is not None:
        return elsewhere
    here = context.region()
    context.require(Permission.MANAGE_CALENDAR if request.method == "POST" else Permission.USE_DESK, here)
    form = ClosureForm()
    if form.validate_on_submit():
        closed = closures.add(db.session, g.actor, here, form.days, utc_now)
        agreed = visits.on_days(db.session, here, closed.first_on, closed.last_on, utc_now())
        outbox.commit(db.session)
        flash(_("Saved. No visit is proposed on these days, and none of them counts as a school day."), "ok")
        if agreed:
            flash(_met(agreed), "warn")
        return redirect(url_for("calendars.region"))
    today = SchoolDays.of(db.session, here).today(utc_now())
    page = render_template(
        "calendars/region.html",
        closures=reading.of_region(db.session, here.id, today),
        form=form,
        may_manage=permits(g.actor, Permission.MANAGE_CALENDAR, here),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/closures/<row:closure_id>/remove")
def remove(closure_id: int) -> ResponseReturnValue:
    """Open the days again."""
    if (elsewhere := context.sign_in_first()) is not None:
        return elsewhere
    closure = db.session.get_one(Closure, closure_id)
    context.require(Permission.MANAGE_CALENDAR, closure)
    closures.remove(db.session, g.actor, closure, utc_now)
    outbox.commit(db.session)
    flash(_("These days count as school days again."), "ok")
    return redirect(url_for("calendars.region"))


def _met(agreed: int) -> str:
    return ngettext(
        "%(num)s agreed visit lies on these days. It stays as it is; please call both sides.",
        "%(num)s agreed visits lie on these days. They stay as they are; please call both sides.",
        agreed,
    )


def _own() -> Partner | Teacher:
    """Whose calendar the signed-in person's is, as whom they work now."""
    here = context.region()
    partner = people.partner_of(db.session, here.id, current_user.id)
    if partner is not None and permits(g.actor, Permission.EDIT_PARTNER, partner):
        return partner
    context.require(Permission.POST_REQUEST, here)
    teacher = people.teacher_of(db.session, here.id, current_user.id)
    return teacher if teacher is not None else abort(404)
