"""Two to four candidates side by side: on a page of their own, and as a section of the request's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import candidates, comparison, learning_requests, rankings
from matchmaker.queries.candidates import Candidate
from matchmaker.web import context
from matchmaker.web.desk import told, viewing
from matchmaker.web.desk.marks import Marks
from models import LearningRequest, ProposalState

blueprint = Blueprint("compare", __name__, url_prefix="/desk")
blueprint.before_request(context.sign_in_first)

FEWEST, MOST = 2, 4


@blueprint.get("/<row:request_id>/compare")
def show(request_id: int) -> ResponseReturnValue:
    """Those who are named in the address, side by side."""
    asked = learning_requests.for_desk(db.session, request_id)
    context.require(Permission.USE_DESK, asked)
    ranking = rankings.latest(db.session, asked.id)
    people = candidates.of_ranking(db.session, ranking, asked, context.region(), utc_now()) if ranking else []
    return render_template(
        "desk/compare.html",
        r=asked,
        side_by_side=side_by_side(asked, people),
        named=[each for each in people if each.id in named()],
        told=told.of,
        back=viewing.address(request_id, viewing.asked()),
    )


def shown(asked: LearningRequest, people: Sequence[Candidate], marked: Marks, *, deciding: bool) -> dict[str, Any]:
    """What the request's own page tells: who is ticked (those named, else those marked), and the table."""
    several = sum(each.state is ProposalState.OPEN for each in people) >= FEWEST
    return {
        "comparing": deciding and several,
        "compared_ids": named() or [marked.first, *marked.backups],
        "side_by_side": side_by_side(asked, people),
    }


def named() -> list[int]:
    """The proposals that the address names."""
    return request.args.getlist("p", type=int)


def side_by_side(asked: LearningRequest, people: Sequence[Candidate]) -> list[comparison.Compared]:
    """The first four of the named candidates as columns; none where fewer than two are named."""
    wanted = named()
    chosen = [each for each in people if each.id in wanted][:MOST]
    if len(chosen) < FEWEST:
        return []
    return comparison.of(db.session, asked, context.region(), chosen, utc_now())
