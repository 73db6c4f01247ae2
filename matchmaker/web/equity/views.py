"""The Equity page for those who work on it, with schools named, and the Fairness report for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from matching.plans import KEPT
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.queries import paging, policy
from matchmaker.queries.equity import moved, report
from matchmaker.web import context
from matchmaker.web.equity import csv, words
from matchmaker.web.equity.area import blueprint
from matchmaker.web.equity.dial import Dial
from matchmaker.web.filters import local

fairness = Blueprint("fairness", __name__, url_prefix="/fairness")
ALL = "all"
"""In an address: the figures of all requests, not of this school year's alone."""


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Whom the network reached and who is next, schools named."""
    told = _named()
    dial = Dial(policy.curve(db.session, context.region()), told.policy.dial)
    return render_template("equity/index.html", rows=moved.some(told.moved), dial=dial, promise=KEPT, **_page(told))


@blueprint.get("/schools")
def schools() -> ResponseReturnValue:
    """Every school that the plan moved, and why."""
    told = _named()
    page = paging.cut(told.moved, request.args.get("page", 1, type=int))
    return render_template("equity/schools.html", rows=page.rows, **_page(told), **page.place)


@blueprint.get("/<figure>.csv")
def table(figure: str) -> ResponseReturnValue:
    """One figure of the page as a file."""
    context.require(Permission.READ_EQUITY, context.region())
    if figure == "dial":
        return _file(figure, csv.dial(policy.curve(db.session, context.region())))
    make = csv.NAMED.get(figure) or abort(404)
    return _file(figure, make(_named()))


@fairness.get("", endpoint="index")
def everybody() -> ResponseReturnValue:
    """Totals and groups, nobody named."""
    return render_template("equity/report.html", **_page(_public()))


@fairness.get("/<figure>.csv", endpoint="table")
def table_for_everybody(figure: str) -> ResponseReturnValue:
    """One figure of the public report as a file."""
    make = csv.PUBLIC.get(figure) or abort(404)
    return _file(figure, make(_public()))


def _named() -> report.Named:
    context.require(Permission.READ_EQUITY, context.region())
    return report.named(db.session, context.region(), utc_now(), whole=request.args.get("time") == ALL)


def _public() -> report.Public:
    return report.public(db.session, context.region(), utc_now())


def _page(told: report.Named | report.Public) -> dict[str, Any]:
    """What both pages are drawn from; ``time`` keeps their links within the time that is asked for."""
    return {
        "told": told,
        "figures": told.figures,
        "words": words,
        "time": {"time": ALL} if request.args.get("time") == ALL else {},
        "may_read_schools": permits(g.actor, Permission.READ_SCHOOL, context.region()),
    }


def _file(figure: str, rows: Iterable[csv.Row]) -> Response:
    """A file that is named after the network, the figure and the day."""
    name = f"{context.region().slug}-{figure}-{local(utc_now()).date()}.csv"
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + csv.write(rows), mimetype="text/csv", headers=head)
