"""Proposals: who was put before the staff for a request, why, and the decision."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields, validate

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import programs
from matchmaker.services import proposals
from matchmaker.services.api_tokens import Scope
from matchmaker.web import context
from matchmaker.web.api import introductions, paging
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import Body, Named, Words, code, one_of, row
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
    fund = fields.Nested(Schema.from_dict({"id": fields.Integer(), "title": fields.String()}, name="FundNamed"),
                         required=True, allow_none=True)  # fmt: skip
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
