"""What waits for a person: the list of open tasks, done, and handed over."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import paging
from matchmaker.queries import tasks as reading
from matchmaker.services import tasks
from matchmaker.web import context, filters
from matchmaker.web.desk import task_words
from matchmaker.web.desk.forms import DoneForm, HandOverForm
from models import Account, Task

blueprint = Blueprint("tasks", __name__, url_prefix="/desk/tasks")
blueprint.before_request(context.sign_in_first)

WHOSE = ("mine", "all")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Open tasks, one's own first. Phone numbers are on the page, so that they were seen is in the audit."""
    region, now = context.region(), utc_now()
    context.require(Permission.USE_DESK, region)
    mine, every = reading.counts(db.session, region.id, g.actor.account_id)
    whose = request.args.get("whose", WHOSE[0 if mine else 1])
    if whose not in WHOSE:
        abort(404)
    query = reading.open_tasks(region.id, g.actor.account_id if whose == "mine" else None)
    page = paging.fetch(db.session, query, request.args.get("page", 1, type=int))
    shown = render_template(
        "desk/tasks.html",
        tasks=page.rows,
        whose=whose,
        counts={"mine": mine, "all": every},
        today=filters.local(now).date(),
        staff=reading.staff(db.session, region.id, now),
        sentence=task_words.sentence,
        here=request.full_path.rstrip("?"),
        **page.place,
    )
    for partner in {task.partner for task in page.rows if task.partner is not None and task.partner.phone}:
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, partner, at=now)
    outbox.commit(db.session)
    return shown


@blueprint.post("/<row:task_id>/done")
def done(task_id: int) -> ResponseReturnValue:
    """Mark a task as done."""
    context.require(Permission.USE_DESK, db.session.get_one(Task, task_id))
    form = DoneForm()
    tasks.close(db.session, g.actor, task_id, utc_now)
    outbox.commit(db.session)
    flash(_("Done. It is off the list."), "ok")
    return redirect(context.local_path(form.back.data) or url_for("tasks.index"))


@blueprint.post("/<row:task_id>/hand-over")
def hand_over(task_id: int) -> ResponseReturnValue:
    """Give a task to a colleague."""
    task = db.session.get_one(Task, task_id)
    context.require(Permission.USE_DESK, task)
    form = HandOverForm(reading.staff(db.session, task.region_id, utc_now()))
    if not form.validate():
        abort(400)
    owner = db.session.get_one(Account, form.owner.data)
    tasks.hand_over(db.session, g.actor, task_id, owner, utc_now)
    name = owner.name
    outbox.commit(db.session)
    flash(_("%(name)s has it now.", name=name), "ok")
    return redirect(context.local_path(form.back.data) or url_for("tasks.index"))
