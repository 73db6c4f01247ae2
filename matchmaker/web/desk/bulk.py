"""Several obvious requests approved at once: one look at all of them, one decision, one undo."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import desk
from matchmaker.queries.desk.picks import picks
from matchmaker.services import bulk
from matchmaker.web import context, failures, filters
from matchmaker.web.desk import marks, viewing, views
from matchmaker.web.desk.forms import BulkForm, picked
from models import Introduction

blueprint = Blueprint("bulk", __name__, url_prefix="/desk")
blueprint.before_request(context.sign_in_first)


@blueprint.get("/bulk")
def confirm() -> ResponseReturnValue:
    """What would be approved: the requests picked, or every clear lead of the view. The desk's script shows this page's
    question in a dialog."""
    region, now = context.region(), utc_now()
    context.require(Permission.USE_DESK, region)
    view, queue = viewing.asked(), desk.queue(db.session, region, now)
    g.desk_count = len(queue.to_review)
    if "all" in request.args:
        asked = [item for item in queue.seen(view, g.actor.account_id).rows if item.obvious]
    else:
        wanted = _wanted()
        asked = [item for item in queue.waiting if (item.id, item.ranking_id, item.proposal_id) in wanted]
    found = picks(db.session, region, asked[: bulk.MOST], now, behind=marks.PRESELECTED)
    left = 0 if "all" in request.args else len(wanted) - len(found)
    return render_template("desk/bulk.html", picks=found, left=left, view=view, back=viewing.address(None, view))


@blueprint.post("/bulk")
def approve() -> ResponseReturnValue:
    """Approve what was confirmed; say of each that was not, why not."""
    region = context.region()
    context.require(Permission.USE_DESK, region)
    form = BulkForm()
    if not form.validate():
        abort(400)
    outcome = bulk.approve(db.session, g.actor, region, form.picked.data, utc_now)
    count = len(outcome.approved)
    leaves = filters.time(outcome.approved[0].due_at) if count else ""
    g.left_out = [(left, failures.sentence(left.why)) for left in outcome.left]
    outbox.commit(db.session)
    if count:
        flash(
            ngettext(
                "%(num)s approved. The invitation leaves at %(time)s; nothing is sent before.",
                "%(num)s approved. The invitations leave at %(time)s; nothing is sent before.",
                count, time=leaves,
            ), "ok",
        )  # fmt: skip
    if g.left_out:
        return make_response(views.index(), 200 if count else 409)
    return redirect(viewing.address(None, viewing.asked()))


@blueprint.post("/introductions/<row:introduction_id>/undo-batch")
def undo(introduction_id: int) -> ResponseReturnValue:
    """Take back everything that was approved with one introduction, as far as nothing has been sent."""
    introduction = db.session.get_one(Introduction, introduction_id)
    context.require(Permission.USE_DESK, introduction)
    undone = bulk.undo(db.session, g.actor, introduction_id, utc_now)
    count, gone = len(undone.taken_back), [each.partner.known_as for each in undone.gone]
    outbox.commit(db.session)
    if count:
        said = ngettext(
            "%(num)s approval taken back. Nothing was sent, and the place is free again.",
            "%(num)s approvals taken back. Nothing was sent, and the places are free again.",
            count,
        )
        flash(said, "info")
    if gone:
        partners = filters.listed(gone)
        flash(_("Invitations that had left already: %(partners)s. Call or write instead.", partners=partners), "stop")
    return redirect(viewing.address(None, viewing.asked()))


def _wanted() -> set[tuple[int, int, int]]:
    """The requests picked, each with the ranking and the first candidate that its row showed."""
    try:
        given = [picked(text) for text in request.args.getlist("picked")[: bulk.MOST]]
    except ValueError:
        abort(400)
    return {(each.request_id, each.ranking_id, each.proposal_id) for each in given}
