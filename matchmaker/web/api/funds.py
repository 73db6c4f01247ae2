"""Funds of knowledge: what partners know, in their words."""

from __future__ import annotations

from typing import Any

from flask import Response, g, url_for
from marshmallow import Schema, fields, validate

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import programs
from matchmaker.services import partners
from matchmaker.services.api_tokens import Scope
from matchmaker.services.partners import FundDraft
from matchmaker.web.api import auth, paging
from matchmaker.web.api.partners import writable
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import Body, Words, code, one_of, row, some_of, whole
from matchmaker.web.fields import LARGEST_ID
from models import Fund, KnowledgeKind, Partner
from models.codes import SPOKEN, SUBJECTS

blueprint = Resource("funds", "What partners know, in their words.")


class FundShown(Schema):
    """A fund of knowledge; without subjects or grades it serves any."""

    id = fields.Integer(required=True)
    partner_id = fields.Integer(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    story = fields.String(required=True, metadata={"description": "How they came to know it."})
    kind = code(KnowledgeKind, required=True)
    language = fields.String(required=True)
    subjects = fields.List(fields.String(), required=True)
    grades = fields.List(fields.Integer(), required=True)


class FundsWanted(paging.Place):
    """Which funds to list."""

    partner_id = fields.Integer(validate=validate.Range(1, LARGEST_ID))


class FundChanged(Body):
    """What is to change; what is left out stays."""

    title = Words(200, lines=False, blank=False)
    text = Words(6000, blank=False)
    story = Words(6000, blank=False)
    kind = one_of(KnowledgeKind)
    language = one_of(SPOKEN)
    subjects = some_of(SUBJECTS)
    grades = fields.List(whole(0, 12), validate=validate.Length(max=13))


class FundAdded(FundChanged):
    """Another thing a partner knows."""

    partner_id = row(required=True)
    title = Words(200, lines=False, blank=False, required=True)
    text = Words(6000, blank=False, required=True)
    story = Words(6000, blank=False, required=True)


@blueprint.operation("GET", "", Scope.FUNDS_READ, paging.of(FundShown), query=FundsWanted)
def list_funds(wanted: dict[str, Any]) -> Any:
    """List funds: a partner's own, or for the staff all of the region."""
    auth.require_one((Permission.HAVE_PROFILE, Permission.MANAGE_PEOPLE), g.region)
    query = programs.funds(g.actor, g.region.id)
    if "partner_id" in wanted:
        query = query.where(Fund.partner_id == wanted["partner_id"])
    return paging.page(query, Fund.id, wanted, shown)


@blueprint.operation("GET", "/<row:fund_id>", Scope.FUNDS_READ, FundShown)
def read_fund(fund_id: int) -> dict[str, Any]:
    """Read one fund."""
    return shown(_fund(fund_id)[0])


@blueprint.operation("POST", "", Scope.FUNDS_WRITE, FundShown, status=201, body=FundAdded)
def add_fund(sent: dict[str, Any]) -> Any:
    """Add a fund to one's own profile, or as the staff to somebody's."""
    partner = writable(sent.pop("partner_id"))
    draft = _draft({"language": partner.language} | sent)
    fund = partners.save_fund(db.session, g.actor, partner, draft, utc_now)
    return shown(fund), 201, {"Location": url_for("api_funds.read_fund", fund_id=fund.id)}


@blueprint.operation("PATCH", "/<row:fund_id>", Scope.FUNDS_WRITE, FundShown, body=FundChanged)
def change_fund(sent: dict[str, Any], fund_id: int) -> dict[str, Any]:
    """Tell a fund differently."""
    fund, partner = _fund(fund_id)
    present = {name: getattr(fund, name) for name in FundDraft.__dataclass_fields__}
    return shown(partners.save_fund(db.session, g.actor, partner, _draft(present | sent), utc_now, fund_id=fund.id))


@blueprint.operation("DELETE", "/<row:fund_id>", Scope.FUNDS_WRITE, None, status=204)
def remove_fund(fund_id: int) -> Response:
    """Take a fund out of a profile."""
    fund, partner = _fund(fund_id)
    partners.remove_fund(db.session, g.actor, partner, fund.id, utc_now)
    return Response(status=204)


def shown(fund: Fund) -> dict[str, Any]:
    """A fund as it stands in its partner's profile."""
    return {name: getattr(fund, name) for name in ("id", "partner_id", *FundDraft.__dataclass_fields__)}


def _fund(fund_id: int) -> tuple[Fund, Partner]:
    """A fund and its partner, whom the actor may change."""
    fund = db.session.get_one(Fund, fund_id)
    return fund, writable(fund.partner_id)


def _draft(said: dict[str, Any]) -> FundDraft:
    subjects, grades = (tuple(dict.fromkeys(said.get(name, ()))) for name in ("subjects", "grades"))
    kind = KnowledgeKind(said.get("kind", KnowledgeKind.PRACTICE))
    return FundDraft(**{**said, "kind": kind, "subjects": subjects, "grades": grades})
