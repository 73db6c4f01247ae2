"""Visits: the dates that both sides agreed to."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _
from marshmallow import Schema, fields
from sqlalchemy import Date, cast, func

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import programs
from matchmaker.services import clearances, visits
from matchmaker.services.api_tokens import Scope
from matchmaker.web import context
from matchmaker.web.api import auth, checks, introductions, paging
from matchmaker.web.api.introductions import CallOff, RequestNamed
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import Body, Flag, Named, TimeSpan, Words, code, one_of, whole
from matchmaker.web.fields import LARGEST_ID
from models import Introduction, IntroductionState, Side, Visit

blueprint = Resource("visits", "The dates that both sides agreed to.")


class VisitsWanted(paging.Place):
    """Which visits to list. Days are those of the region's clock, the first and the last among them."""

    state = one_of(IntroductionState, metadata={"description": "That of its introduction, as `scheduled` or `met`."})
    since = fields.Date(data_key="from", metadata={"description": "The first day."})
    until = fields.Date(metadata={"description": "The last day."})


class Plan(Schema):
    """Who is with the class, and where; for the teacher and the staff."""

    supervised = fields.Boolean(required=True)
    staff_name = fields.String(required=True)
    second_adult = fields.String(required=True)
    room = fields.String(required=True)
    sign_in = fields.String(required=True)
    planned_at = fields.AwareDateTime(required=True, allow_none=True)


class VisitShown(Schema):
    """A visit. Its partner reads school and times here, and learns room and contacts by mail."""

    id = fields.Integer(required=True)
    introduction_id = fields.Integer(required=True)
    state = code(IntroductionState, required=True, metadata={"description": "That of its introduction."})
    request = fields.Nested(RequestNamed, required=True)
    partner = fields.Nested(Named, required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    sequence = fields.Integer(required=True, metadata={"description": "Rises with every change."})
    cancelled_at = fields.AwareDateTime(required=True, allow_none=True)
    cancelled_by = code(Side, required=True, allow_none=True)
    cancel_reason = fields.String(metadata={"description": "A code, for the staff."})
    place = fields.String()
    plan = fields.Nested(Plan)


class PlanWritten(Body):
    """Who is with the class, and where. It takes the place of the plan before; what is left out is empty."""

    supervised = Flag(required=True)
    staff_name = Words(120, lines=False, load_default="", metadata={"description": "Needed where supervised."})
    second_adult = Words(120, lines=False, load_default="")
    room = Words(120, lines=False, load_default="")
    sign_in = Words(200, lines=False, load_default="")


class VisitPlanned(VisitShown):
    """A visit with its new plan."""

    wants_clearance = fields.Boolean(
        required=True, metadata={"description": "Such a visit needs a clearance that is not on file yet."}
    )


class Move(TimeSpan):
    """Another date, and `sequence`: the visit's as it was read."""

    sequence = whole(0, LARGEST_ID, required=True)


@blueprint.operation("GET", "", Scope.VISITS_READ, paging.of(VisitShown), query=VisitsWanted)
def list_visits(wanted: dict[str, Any]) -> Any:
    """List visits: a teacher's, a partner's, or for the staff all of the region."""
    auth.require_one((Permission.POST_REQUEST, Permission.HAVE_PROFILE, Permission.USE_DESK), g.region)
    query, day = programs.visits(g.actor, g.region.id), cast(func.timezone(g.region.time_zone, Visit.starts_at), Date)
    if "state" in wanted:
        query = query.where(Introduction.state == IntroductionState(wanted["state"]))
    if "since" in wanted:
        query = query.where(day >= wanted["since"])
    if "until" in wanted:
        query = query.where(day <= wanted["until"])
    return paging.page(query, Visit.id, wanted, shown)


@blueprint.operation("GET", "/<row:visit_id>", Scope.VISITS_READ, VisitShown)
def read_visit(visit_id: int) -> dict[str, Any]:
    """Read one visit."""
    return shown(_readable(visit_id)[0])


@blueprint.operation("POST", "/<row:visit_id>/move", Scope.VISITS_WRITE, VisitShown, body=Move)
def move_visit(sent: dict[str, Any], visit_id: int) -> dict[str, Any]:
    """Give a visit another date; both sides get a letter."""
    visit, side = _readable(visit_id)
    sequence = sent.pop("sequence")
    key, wanted = visit.introduction.key, checks.date_of(sent)
    return shown(visits.move(db.session, g.actor, key, *wanted, side, utc_now, sequence=sequence))


@blueprint.operation("POST", "/<row:visit_id>/cancel", Scope.VISITS_WRITE, VisitShown, body=CallOff)
def cancel_visit(sent: dict[str, Any], visit_id: int) -> dict[str, Any]:
    """Call a visit off; both sides get a letter. Again changes nothing."""
    visit, side = _readable(visit_id)
    introductions.call_off(visit.introduction, side, sent)
    return shown(visit)


@blueprint.operation("PUT", "/<row:visit_id>/plan", Scope.VISITS_WRITE, VisitPlanned, body=PlanWritten)
def plan_visit(sent: dict[str, Any], visit_id: int) -> dict[str, Any]:
    """Write down who is with the class, as its teacher or as the staff for her. The partner learns the room by mail."""
    visit = db.session.get_one(Visit, visit_id)
    context.require(Permission.PLAN_VISIT, visit)
    if sent["supervised"] and not sent["staff_name"]:
        checks.wrong("staff_name", _("Please name who stays with the class."))
    own = visit.introduction.request.teacher.account_id == g.actor.account_id
    side = Side.TEACHER if own else Side.COORDINATOR
    wants = clearances.plan_visit(db.session, g.actor, visit.id, clearances.Plan(**sent), side, utc_now)
    return shown(visit) | {"wants_clearance": wants}


def _readable(visit_id: int) -> tuple[Visit, Side]:
    """A visit, and as which side the actor reads it."""
    visit = db.session.get_one(Visit, visit_id)
    sides = (
        (Side.COORDINATOR, Permission.USE_DESK, visit),
        (Side.TEACHER, Permission.READ_REQUEST, visit.introduction.request),
        (Side.PARTNER, Permission.EDIT_PARTNER, visit.introduction.partner),
    )
    found = next((side for side, permission, subject in sides if auth.may(permission, subject)), None)
    if found is None:
        context.require(Permission.USE_DESK, visit)
    return visit, found or Side.COORDINATOR


def shown(visit: Visit) -> dict[str, Any]:
    """A visit as its reader may see it."""
    introduction = visit.introduction
    of_introduction = introductions.shown(introduction)
    told: dict[str, Any] = {name: getattr(visit, name) for name in _EVERYBODY}
    told |= {name: of_introduction[name] for name in ("state", "request", "partner")}
    told["partner"] = told["partner"] or {"name": introduction.partner.known_as}
    if auth.may(Permission.PLAN_VISIT, visit):
        told |= {"place": visit.place, "plan": visit}
    if auth.may(Permission.USE_DESK, visit):
        told["cancel_reason"] = visit.cancel_reason
    return told


_EVERYBODY = (
    "id", "introduction_id", "starts_at", "ends_at", "sequence", "cancelled_at", "cancelled_by",
)  # fmt: skip
