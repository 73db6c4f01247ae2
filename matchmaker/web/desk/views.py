"""The approval desk: the queue, one request with the people who fit, and the decision."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import aside as reading
from matchmaker.queries import candidates, chains, desk, mails, paging, rankings
from matchmaker.queries.aside import Beside
from matchmaker.services import bulk, proposals
from matchmaker.web import context, failures, filters
from matchmaker.web.admin import words as sending
from matchmaker.web.desk import aside, compare, live, marks, task_words, told, viewing, way_out, words
from matchmaker.web.desk.forms import ApproveForm, PassForm
from models import Introduction, LearningRequest, Proposal, ProposalState

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The queue, with its first request beside it."""
    context.require(Permission.USE_DESK, context.region())
    queue = desk.queue(db.session, context.region(), utc_now())
    seen = queue.seen(viewing.asked(), g.actor.account_id)
    page = paging.cut(seen.rows, request.args.get("page", 1, type=int))
    first = reading.of_request(db.session, page.rows[0].id, utc_now()) if page.rows else None
    return _render(queue, seen, page, first, opened=False)


@blueprint.get("/<row:request_id>")
def show(request_id: int) -> ResponseReturnValue:
    """One request of the queue, or one that was decided."""
    return _show(request_id)


@blueprint.post("/<row:request_id>/approve")
def approve(request_id: int) -> ResponseReturnValue:
    """Approve a proposal and go on to the next request of the section."""
    context.require(Permission.USE_DESK, db.session.get_one(LearningRequest, request_id))
    form = ApproveForm()
    if not form.validate():
        abort(400)
    if form.too_many:
        return _refused(request_id, _("Please choose %(most)s backups or fewer.", most=proposals.MOST_BACKUPS), form)
    view = viewing.asked()
    following = desk.queue(db.session, context.region(), utc_now()).seen(view, g.actor.account_id).after(request_id)
    try:
        approved = proposals.approve(
            db.session, g.actor, request_id=request_id, ranking_id=form.ranking.data,
            proposal_id=form.proposal.data, backups=form.backups, clock=utc_now,
        )  # fmt: skip
    except Conflict as conflict:
        return _as_it_stands(request_id, conflict)
    name, leaves = approved.partner.name, filters.time(approved.due_at)
    if desk.waits(db.session, approved.request):
        # For several people: the next of them is chosen here and now.
        following = request_id
    outbox.commit(db.session)
    flash(_("Approved. %(partner)s is invited at %(time)s; nothing is sent before.", partner=name, time=leaves), "ok")
    return redirect(viewing.address(following, view))


@blueprint.post("/introductions/<row:introduction_id>/undo")
def undo(introduction_id: int) -> ResponseReturnValue:
    """Take an approval back while nothing has been sent."""
    introduction = db.session.get_one(Introduction, introduction_id)
    context.require(Permission.USE_DESK, introduction)
    request_id = introduction.request_id
    try:
        proposals.undo(db.session, g.actor, introduction_id, utc_now)
    except Conflict as conflict:
        return _as_it_stands(request_id, conflict)
    outbox.commit(db.session)
    flash(_("Taken back. Nothing was sent, and the place is free again."), "info")
    return redirect(viewing.address(request_id, viewing.asked()))


@blueprint.get("/proposals/<row:proposal_id>/pass")
def reason_to_pass(proposal_id: int) -> ResponseReturnValue:
    """Ask why somebody is passed over."""
    proposal = db.session.get_one(Proposal, proposal_id)
    context.require(Permission.USE_DESK, proposal)
    return _ask_why(proposal, PassForm())


@blueprint.post("/proposals/<row:proposal_id>/pass")
def pass_over(proposal_id: int) -> ResponseReturnValue:
    """Pass over one person, with a reason; the request is ranked again without them."""
    proposal = db.session.get_one(Proposal, proposal_id)
    context.require(Permission.USE_DESK, proposal)
    request_id, name = proposal.request_id, proposal.partner.name
    form = PassForm()
    if not form.validate():
        return _ask_why(proposal, form), 422
    try:
        reason = proposals.PassReason(form.reason.data)
        proposals.pass_over(db.session, g.actor, proposal_id, reason, form.note.data or "", utc_now)
    except Conflict as conflict:
        return _as_it_stands(request_id, conflict)
    outbox.commit(db.session)
    flash(_("%(partner)s is passed over for this request.", partner=name), "info")
    return redirect(viewing.address(request_id, viewing.asked()))


def _show(request_id: int, status: int = 200, form: ApproveForm | None = None) -> ResponseReturnValue:
    asked = reading.of_request(db.session, request_id, utc_now())
    context.require(Permission.USE_DESK, asked[0])
    queue = desk.queue(db.session, context.region(), utc_now())
    seen = queue.seen(viewing.asked(), g.actor.account_id, request_id)
    place = next((at for at, item in enumerate(seen.rows) if item.id == request_id), 0)
    page = paging.cut(seen.rows, place // paging.PAGE + 1)
    return _render(queue, seen, page, asked, opened=True, form=form), status


def _as_it_stands(request_id: int, conflict: Conflict) -> ResponseReturnValue:
    """Nothing was done: show the request as it is now, and say what has changed."""
    said = failures.sentence(conflict)
    db.session.rollback()
    flash(said, "stop")
    return _show(request_id, conflict.status)


def _ask_why(proposal: Proposal, form: PassForm) -> str:
    return render_template("desk/pass.html", p=proposal, form=form, view=viewing.asked())


def _refused(request_id: int, said: str, form: ApproveForm | None = None) -> ResponseReturnValue:
    """Say what is wrong with a form on the page it came from; what was marked stays marked."""
    flash(said, "stop")
    return _show(request_id, 422, form)


def _render(
    queue: desk.Queue,
    seen: desk.Seen,
    page: paging.Page[desk.Waiting],
    found: tuple[LearningRequest, Beside] | None,
    *,
    opened: bool,
    form: ApproveForm | None = None,
) -> str:
    region, now = context.region(), utc_now()
    asked, beside = found or (None, None)
    g.desk_count = len(queue.to_review)
    so_far = chains.around(db.session, region.id, asked.id if asked else None, g.actor.account_id, now)
    decision = _decision(asked, so_far, form) if asked else {}
    here = asked.id if asked else None
    bar = desk.bar(db.session, region.id, here, g.actor.account_id, filters.local(now).date(), now)
    shown = render_template(
        "desk/show.html",
        seen=seen,
        view=seen.view,
        section=seen.view.section,
        address=viewing.address,
        to_review=queue.to_review,
        offered=viewing.offered(queue, bar.staff, g.actor.account_id),
        queue=page.rows,
        item=queue.item(asked.id) if asked else None,
        r=asked,
        opened=opened,
        undo=so_far.undo,
        orders=viewing.orders,
        several=len(queue.waiting) > 1,
        live=live.of_page(asked, _decides_on(decision), seen.view, now),
        batch=so_far.batch,
        most_picked=bulk.MOST,
        bar=bar,
        task_sentence=task_words.sentence,
        sender_silent=sending.minutes(bar.silent_since, now),
        job=bar.job,
        reading=0 if queue.waiting else desk.being_read(db.session, region.id),
        caution=words.sentence,
        dropped=words.dropped,
        told=told.of,
        ways_out=words.WAYS_OUT,
        question=words.question,
        **page.place,
        **decision,
        **(aside.shown(asked, beside) if asked and beside else {}),
    )
    if decision and decision["ranking"] and not decision["proposals"]:
        # The page offered to write to the teacher, with the address.
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, asked, at=utc_now())
        outbox.commit(db.session)
    return shown


def _decision(asked: LearningRequest, so_far: chains.Asked, form: ApproveForm | None) -> dict[str, Any]:
    """The ranking, its people and what has been decided, for one request."""
    ranking = rankings.latest(db.session, asked.id)
    anew = ranking is not None and ranking.request_version != asked.version
    if anew:
        # Made for what was asked before.
        ranking = None
    people = candidates.of_ranking(db.session, ranking, asked, context.region(), utc_now()) if ranking else []
    live = [chain.live for chain in so_far.going_on if chain.live is not None]
    missing = max(0, asked.partners_wanted - so_far.counted)
    deciding = asked.state in desk.WAITING or (bool(missing) and asked.state in desk.MORE_WANTED)
    wanted = request.args.get("first", type=int)
    marked = marks.of_form(form) if form else marks.preselected(people, so_far.waiting, wanted)
    return {
        "ranking": ranking,
        "anew": anew,
        "proposals": people,
        "so_far": so_far,
        "missing": missing,
        "deciding": deciding,
        "marked": marked,
        "most_backups": proposals.MOST_BACKUPS,
        "introduction": live[0] if live else None,
        "stuck": mails.put_aside(db.session, live),
        **compare.shown(asked, people, marked, deciding=deciding),
        **way_out.shown(asked, ranking, people),
    }


def _decides_on(decision: dict[str, Any]) -> int | None:
    """The id of the ranking out of which the page lets somebody be chosen."""
    if not decision or not decision["deciding"]:
        return None
    return next((decision["ranking"].id for each in decision["proposals"] if each.state is ProposalState.OPEN), None)
