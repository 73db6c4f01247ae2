"""Proposals: who was put before the staff for a request, why, and the decision."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate

from matching.explain import CLEAR_LEAD
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import desk, programs
from matchmaker.queries.desk.picks import picks
from matchmaker.services import bulk, proposals
from matchmaker.services.api_tokens import Scope
from matchmaker.web import context, failures
from matchmaker.web.api import introductions, paging, problems
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import Body, FundNamed, Named, Words, code, one_of, row
from matchmaker.web.desk import marks
from matchmaker.web.fields import LARGEST_ID
from models import Proposal, ProposalState

blueprint = Resource("proposals", "Who was put before the staff for a request.")


class ProposalShown(Schema):
    """A proposal with every part of its score V = need x deficit x relevance + boost - price; for the staff."""

    id = fields.Integer(required=True)
    request_id = fields.Integer(required=True)
    ranking_id = fields.Integer(required=True, metadata={"description": "Of which ranking; an approval names it."})
    state = code(ProposalState, required=True)
    partner = fields.Nested(Named, required=True)
    fund = fields.Nested(FundNamed, required=True, allow_none=True)
    rank = fields.Integer(required=True)
    rank_before = fields.Integer(required=True, metadata={"description": "The place by relevance alone."})
    rank_after = fields.Integer(required=True, metadata={"description": "The place after the equity policy."})
    relevance = fields.Float(required=True)
    need = fields.Float(required=True)
    deficit = fields.Float(required=True)
    boost = fields.Float(required=True)
    price = fields.Float(required=True)
    score = fields.Float(required=True)
    why = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ProposalsWanted(paging.Place):
    """Which proposals to list."""

    request_id = fields.Integer(validate=validate.Range(1, LARGEST_ID))
    state = one_of(ProposalState)


class Approval(Body):
    """Out of which ranking, as it was read, and who is asked in which order if this person cannot."""

    ranking_id = row(required=True)
    backups = fields.List(row(), load_default=list, validate=validate.Length(max=proposals.MOST_BACKUPS))


class Pass(Body):
    """Why somebody is passed over; `other` asks for a note."""

    reason = one_of(proposals.PassReason, required=True)
    note = Words(500, lines=False, load_default="")


class Picked(Body):
    """A request to approve with others, as it was read: which ranking, who is asked, and the backups in their order."""

    request_id = row(required=True)
    ranking_id = row(required=True)
    proposal_id = row(required=True)
    backups = fields.List(row(), load_default=list, validate=validate.Length(max=proposals.MOST_BACKUPS))


class Obvious(Schema):
    """A request that may be approved with others. An approval sends back its ids and backups."""

    request_id = fields.Integer(required=True)
    ranking_id = fields.Integer(required=True)
    proposal_id = fields.Integer(required=True)
    backups = fields.List(fields.Integer(), required=True)
    title = fields.String(required=True)
    language = fields.String(required=True)
    partner = fields.String(required=True)
    behind = fields.List(fields.String(), required=True, metadata={"description": "The names of the backups."})


class ObviousOnes(Schema):
    """The requests that may be approved together, in the order of the desk, and by which rule."""

    rule = fields.String(required=True, metadata={"description": "In the language of the call."})
    least_lead = fields.Float(required=True, metadata={"description": "In units of closeness."})
    undo_seconds = fields.Integer(required=True, metadata={"description": "For how long it can be taken back."})
    items = fields.List(fields.Nested(Obvious), required=True)
    more = fields.Integer(required=True, metadata={"description": "How many more there are than one batch takes."})


class Batch(Body):
    """The requests to approve together."""

    picked = fields.List(fields.Nested(Picked), required=True, validate=validate.Length(1, bulk.MOST))


class Left(Schema):
    """A request that stays as it is, and why: as a refusal of its own approval would say it."""

    request_id = fields.Integer(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True)
    code = fields.String(required=True, metadata={"pattern": "^[a-z0-9_]+$"})
    detail = fields.String(required=True)


class BatchDecided(Schema):
    """What became of each request of a batch."""

    approved = fields.List(fields.Nested(introductions.IntroductionShown), required=True)
    left = fields.List(fields.Nested(Left), required=True)


@blueprint.operation("GET", "", Scope.PROPOSALS_READ, paging.of(ProposalShown), query=ProposalsWanted)
def list_proposals(wanted: dict[str, Any]) -> Any:
    """List proposals, of one request perhaps."""
    context.require(Permission.USE_DESK, g.region)
    query = programs.proposals(g.region.id)
    if "request_id" in wanted:
        query = query.where(Proposal.request_id == wanted["request_id"])
    if "state" in wanted:
        query = query.where(Proposal.state == ProposalState(wanted["state"]))
    return paging.page(query, Proposal.id, wanted, shown)


@blueprint.operation("GET", "/<row:proposal_id>", Scope.PROPOSALS_READ, ProposalShown)
def read_proposal(proposal_id: int) -> dict[str, Any]:
    """Read one proposal."""
    return shown(_proposal(proposal_id))


@blueprint.operation("GET", "/obvious", Scope.PROPOSALS_READ, ObviousOnes)
def list_obvious() -> dict[str, Any]:
    """List the requests that may be approved together, with whom each would invite, and the rule behind it."""
    context.require(Permission.USE_DESK, g.region)
    now = utc_now()
    clear = [item for item in desk.queue(db.session, g.region, now).waiting if item.obvious]
    return {
        "rule": _(
            "The first person leads by %(lead)s or more, and nothing speaks against asking them. The backups are up to"
            " %(most)s people after them against whom nothing speaks either.",
            lead=CLEAR_LEAD, most=marks.PRESELECTED,
        ),
        "least_lead": CLEAR_LEAD,
        "undo_seconds": g.region.undo_seconds,
        "items": picks(db.session, g.region, clear[: bulk.MOST], now, behind=marks.PRESELECTED),
        "more": len(clear[bulk.MOST :]),
    }  # fmt: skip


@blueprint.operation("POST", "/approve-obvious", Scope.PROPOSALS_DECIDE, BatchDecided, body=Batch)
def approve_obvious(sent: dict[str, Any]) -> dict[str, Any]:
    """Approve several requests at once, each if it is still obvious. One undo takes back the whole batch."""
    context.require(Permission.USE_DESK, g.region)
    picked = [bulk.Picked(**{**each, "backups": tuple(each["backups"])}) for each in sent["picked"]]
    outcome = bulk.approve(db.session, g.actor, g.region, picked, utc_now)
    left = [
        {
            "request_id": each.request_id,
            "title": each.title,
            "language": each.language,
            "code": problems.code_of(type(each.why)),
            "detail": failures.sentence(each.why),
        }
        for each in outcome.left
    ]
    return {"approved": introductions.all_shown(outcome.approved), "left": left}


@blueprint.operation(
    "POST",
    "/<row:proposal_id>/approve",
    Scope.PROPOSALS_DECIDE,
    introductions.IntroductionShown,
    status=201,
    body=Approval,
)
def approve_proposal(sent: dict[str, Any], proposal_id: int) -> Any:
    """Approve a proposal, with backups. The invitation leaves when the region's time to undo is over."""
    proposal = _proposal(proposal_id)
    made = proposals.approve(
        db.session, g.actor, request_id=proposal.request_id, ranking_id=sent["ranking_id"], proposal_id=proposal.id,
        backups=sent["backups"], clock=utc_now,
    )  # fmt: skip
    where = url_for("api_introductions.read_introduction", introduction_id=made.id)
    return introductions.shown(made), 201, {"Location": where}


@blueprint.operation("POST", "/<row:proposal_id>/pass", Scope.PROPOSALS_DECIDE, ProposalShown, body=Pass)
def pass_over_proposal(sent: dict[str, Any], proposal_id: int) -> dict[str, Any]:
    """Pass over one person, with a reason; the request is ranked again without them."""
    proposal, reason = _proposal(proposal_id), proposals.PassReason(sent["reason"])
    return shown(proposals.pass_over(db.session, g.actor, proposal.id, reason, sent["note"], utc_now))


def _proposal(proposal_id: int) -> Proposal:
    proposal = db.session.get_one(Proposal, proposal_id)
    context.require(Permission.USE_DESK, proposal)
    return proposal


def shown(proposal: Proposal) -> dict[str, Any]:
    """A proposal as the desk shows it, without anybody's contacts."""
    told: dict[str, Any] = {name: getattr(proposal, name) for name in _PLAIN}
    return told | {"partner": {"id": proposal.partner_id, "name": proposal.partner.known_as}}


_PLAIN = (
    "id", "request_id", "ranking_id", "state", "fund", "rank", "rank_before", "rank_after", "relevance", "need",
    "deficit", "boost", "price", "score", "why",
)  # fmt: skip
