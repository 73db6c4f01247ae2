"""The schools of a region in line, one school with what its need is counted from, and its facts to be changed."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.queries import schools as reading
from matchmaker.queries.slots import bells_of
from matchmaker.services import schools
from matchmaker.web import context
from matchmaker.web.schools import words
from matchmaker.web.schools.forms import BellsForm, FactsForm

blueprint = Blueprint("schools", __name__, url_prefix="/schools")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All schools, those first to whom the network owes most."""
    context.require(Permission.READ_SCHOOL, context.region())
    listed = reading.in_line(db.session, context.region().id, utc_now())
    return render_template("schools/index.html", listed=listed, value=words.value)


@blueprint.get("/<row:school_id>")
def show(school_id: int) -> ResponseReturnValue:
    """One school: documented facts, what each adds, how strongly it counts, past service, place in line."""
    school = reading.whole(db.session, school_id)
    context.require(Permission.READ_SCHOOL, school)
    listed = reading.in_line(db.session, school.region_id, utc_now())
    changes = reading.changes(db.session, school, audit.Tag.SCHOOL_DOCUMENTED)
    own = next(each for each in listed if each.school.id == school.id)
    return render_template(
        "schools/show.html",
        school=school,
        own=own,
        record=reading.record(db.session, school),
        changes=changes,
        sources={name: change.sources[name] for change in reversed(changes) for name in change.sources},
        calibrated=words.calibrated(own.standing.calibration),
        facts=words.FACTS,
        fact=words.fact,
        value=words.value,
        program=words.PROGRAM,
        may_document=permits(g.actor, Permission.DOCUMENT_SCHOOL, school),
        bells=bells_of(school.bells),
        may_ring=permits(g.actor, Permission.MANAGE_CALENDAR, school),
    )


@blueprint.route("/<row:school_id>/facts", methods=["GET", "POST"])
def document(school_id: int) -> ResponseReturnValue:
    """Change what is documented, each fact with its source."""
    school = reading.whole(db.session, school_id)
    context.require(Permission.DOCUMENT_SCHOOL, school)
    form = FactsForm(school)
    if form.validate_on_submit():
        schools.document(db.session, g.actor, school_id, form.facts(), utc_now)
        outbox.commit(db.session)
        flash(_("Saved. Rankings count with it within ten minutes."), "ok")
        return redirect(url_for("schools.show", school_id=school_id))
    page = render_template("schools/facts.html", school=school, form=form, program=words.PROGRAM)
    return page, 422 if form.errors else 200


@blueprint.route("/<row:school_id>/bells", methods=["GET", "POST"])
def bells(school_id: int) -> ResponseReturnValue:
    """The lessons of a school day, one a line."""
    school = reading.whole(db.session, school_id)
    context.require(Permission.MANAGE_CALENDAR, school)
    form = BellsForm(school)
    if form.validate_on_submit():
        schools.set_bells(db.session, g.actor, school_id, form.bells, utc_now)
        outbox.commit(db.session)
        flash(_("Saved. Visits are proposed by these lessons from now on."), "ok")
        return redirect(url_for("schools.show", school_id=school_id))
    return render_template("schools/bells.html", school=school, form=form), 422 if form.errors else 200
