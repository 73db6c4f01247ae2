"""What coordinators do about a request besides deciding: put it on hold, take it up again, give it to somebody."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict, Invalid
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import aside, desk
from matchmaker.queries.aside import Beside
from matchmaker.services import assignments, holds
from matchmaker.web import context, failures, filters
from matchmaker.web.desk import viewing
from matchmaker.web.desk.aside_forms import AssignForm, HoldForm
from models import LearningRequest

blueprint = Blueprint("aside", __name__, url_prefix="/desk")
blueprint.before_request(context.sign_in_first)


@blueprint.post("/<row:request_id>/hold")
def hold(request_id: int) -> ResponseReturnValue:
    """Put a request on hold and go on to the next one of the queue."""
    context.require(Permission.USE_DESK, db.session.get_one(LearningRequest, request_id))
    form, view = HoldForm(), viewing.asked()
    if not form.validate():
        return _again(request_id, form), 422
    following = desk.queue(db.session, context.region(), utc_now()).seen(view, g.actor.account_id).after(request_id)
    try:
        held = holds.hold(db.session, g.actor, request_id, form.day, form.reason.data or "", utc_now)
    except Invalid as refused:
        db.session.rollback()
        form.until.errors = [failures.sentence(refused)]
        return _again(request_id, form), refused.status
    except Conflict as conflict:
        return _as_it_stands(request_id, conflict)
    assert held.held_until is not None
    day = filters.day(held.held_until)
    outbox.commit(db.session)
    flash(_("On hold until %(day)s. The teacher reads the day, never the reason.", day=day), "ok")
    return redirect(viewing.address(following, view))


@blueprint.post("/<row:request_id>/release")
def release(request_id: int) -> ResponseReturnValue:
    """Take a request up again."""
    context.require(Permission.USE_DESK, db.session.get_one(LearningRequest, request_id))
    holds.release(db.session, g.actor, request_id, utc_now)
    outbox.commit(db.session)
    flash(_("Taken up again. It is back in the queue."), "info")
    return redirect(viewing.address(request_id, viewing.asked().plain))


@blueprint.post("/<row:request_id>/assign")
def assign(request_id: int) -> ResponseReturnValue:
    """Give a request to somebody, oneself perhaps, or to nobody."""
    context.require(Permission.USE_DESK, db.session.get_one(LearningRequest, request_id))
    form = AssignForm()
    if not form.validate():
        abort(400)
    given = assignments.assign(db.session, g.actor, request_id, form.account.data, utc_now)
    name = given.assigned_to.name if given.assigned_to else None
    outbox.commit(db.session)
    said = _("%(name)s looks after this request.", name=name) if name else _("Nobody looks after this request now.")
    flash(said, "ok")
    return redirect(viewing.address(request_id, viewing.asked()))


def shown(asked: LearningRequest, beside: Beside) -> dict[str, Any]:
    """What the pages of the desk tell of all this."""
    now = utc_now()
    return {
        "beside": beside,
        "held": asked.held(now),
        "tomorrow": beside.days.after(beside.days.today(now), 1),
        "usual_day": holds.usual_day(beside.days, now),
        "last_day": beside.days.after(beside.days.today(now), holds.MOST_DAYS),
        "me": g.actor.account_id,
    }


def _again(request_id: int, form: HoldForm) -> str:
    """The form on a page of its own: what was written stays, and what is wrong stands beside it."""
    asked, beside = aside.of_request(db.session, request_id, utc_now())
    return render_template("desk/hold.html", r=asked, form=form, view=viewing.asked(), **shown(asked, beside))


def _as_it_stands(request_id: int, conflict: Conflict) -> ResponseReturnValue:
    """Nothing was done: the request's page shows how it stands now, under the reason."""
    said = failures.sentence(conflict)
    db.session.rollback()
    flash(said, "stop")
    return redirect(viewing.address(request_id, viewing.asked()))
