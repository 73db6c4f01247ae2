"""Who waits for whom: everything under way, so that nobody is forgotten."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import paging, waiting
from matchmaker.web import context

blueprint = Blueprint("waiting", __name__, url_prefix="/desk/waiting")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """One section of what is under way; the first with something in it, unless one is asked for."""
    region, now = context.region(), utc_now()
    context.require(Permission.USE_DESK, region)
    counts = waiting.counts(db.session, region.id, now)
    first = next((name for name, count in counts.items() if count), waiting.SECTIONS[0])
    section = request.args.get("section", first)
    if section not in waiting.SECTIONS:
        abort(404)
    page = paging.fetch(db.session, waiting.of(region.id, section, now), request.args.get("page", 1, type=int))
    return render_template(
        "desk/waiting.html",
        rows=page.rows,
        visits=waiting.visits(db.session, page.rows) if section == "unplanned" else {},
        section=section,
        counts=counts,
        now=now,
        **page.place,
    )
