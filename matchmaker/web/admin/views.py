"""How the work behind the pages stands in this region: what waits, what is stuck and what mends it."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import health, paging, plans
from matchmaker.services import mending, webhooks
from matchmaker.web import context, labels
from matchmaker.web.admin import words
from matchmaker.web.admin.forms import DROP_REASONS, DropForm, LiftForm
from models import OutboxItem, Suppression

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.before_request(context.sign_in_first)


@blueprint.get("/health")
def health_page() -> ResponseReturnValue:
    """Processes, queues, mails that are stuck, addresses that are left alone."""
    region, now = context.region(), utc_now()
    context.require(Permission.MEND, region)
    stuck = paging.fetch(db.session, health.stuck(region.id), request.args.get("page", 1, type=int))
    quiet = paging.fetch(db.session, health.suppressed(region.id), request.args.get("quiet", 1, type=int))
    shown = render_template(
        "admin/health.html",
        processes=words.processes(health.heartbeats(db.session), now, current_app.config["SETTINGS"].tick_seconds),
        backlogs=health.backlogs(db.session, now, region.id),
        stuck=stuck,
        requests=health.requests_of(db.session, stuck.rows),
        quiet=quiet,
        job=plans.job(db.session, region.id, now),
        kind=words.kind,
        queues=words.QUEUES,
        mail_kinds=labels.MAIL_KINDS,
        suppression_reasons=words.SUPPRESSION_REASONS,
        drop_reasons=DROP_REASONS,
        unheard=webhooks.unhappy(db.session, region.id),
    )
    for suppression in quiet.rows:
        # The page shows the address.
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, suppression, at=now)
    outbox.commit(db.session)
    return shown


@blueprint.post("/outbox/<row:item_id>/retry")
def retry(item_id: int) -> ResponseReturnValue:
    """Send again, or do again, what failed."""
    context.require(Permission.MEND, _item(item_id))
    mending.retry(db.session, g.actor, item_id, utc_now)
    outbox.commit(db.session)
    flash(_("It is back in line and tried at once."), "ok")
    return redirect(url_for("admin.health_page"))


@blueprint.post("/outbox/<row:item_id>/drop")
def drop(item_id: int) -> ResponseReturnValue:
    """Let go of a mail that was put aside."""
    context.require(Permission.MEND, _item(item_id))
    form = DropForm()
    if not form.validate():
        abort(422)
    mending.drop(db.session, g.actor, item_id, mending.DropReason(form.reason.data), utc_now)
    outbox.commit(db.session)
    flash(_("That mail is let go. Nothing is sent."), "info")
    return redirect(url_for("admin.health_page"))


@blueprint.post("/suppressions/<row:suppression_id>/lift")
def lift(suppression_id: int) -> ResponseReturnValue:
    """Write to an address again."""
    context.require(Permission.MEND, db.session.get_one(Suppression, suppression_id))
    form = LiftForm()
    if not form.validate():
        abort(422)
    mending.lift(db.session, g.actor, suppression_id, utc_now, asked=bool(form.asked.data))
    outbox.commit(db.session)
    flash(_("Mails go to that address again."), "ok")
    return redirect(url_for("admin.health_page"))


def _item(item_id: int) -> OutboxItem:
    """An item of a region; those of none are the operator's."""
    item = db.session.get_one(OutboxItem, item_id)
    if item.region_id is None:
        abort(404)
    return item
