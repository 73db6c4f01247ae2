"""Introductions: who was asked for which request, what they said, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields, validate

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import other_times, programs, timeline
from matchmaker.services import bulk, introductions, proposals, visits
from matchmaker.services.api_tokens import Scope
from matchmaker.web import context
from matchmaker.web.api import auth, checks, paging
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import Body, Named, TimeSpan, code, one_of, row, whole
from matchmaker.web.fields import LARGEST_ID
from models import Introduction, IntroductionState, Side

blueprint = Resource("introductions", "Who was asked for which request, and what became of it.")


class RequestNamed(Schema):
    """The request of an introduction."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True)
    teacher = fields.String(required=True)
    school = fields.String(required=True)


class IntroductionShown(Schema):
    """An introduction. A teacher reads the partner's name once that partner has said yes, and of nobody who has not."""

    id = fields.Integer(required=True)
    state = code(IntroductionState, required=True)
    request = fields.Nested(RequestNamed, required=True)
    partner = fields.Nested(Named, required=True, allow_none=True)
    invited_at = fields.AwareDateTime(required=True, allow_none=True)
    answer_by = fields.AwareDateTime(required=True, allow_none=True)
    introduced_at = fields.AwareDateTime(required=True, allow_none=True)
    approved_at = fields.AwareDateTime()
    approved_by = fields.String(metadata={"description": "The coordinator's name; not for the partner."})
    due_at = fields.AwareDateTime(metadata={"description": "When the invitation leaves; for the staff."})
    answered_at = fields.AwareDateTime(allow_none=True)
    proposal_id = fields.Integer(allow_none=True)
    first_id = fields.Integer(
        allow_none=True, metadata={"description": "The first choice behind whom this person stood ready."}
    )


class IntroductionsWanted(paging.Place):
    """Which introductions to list."""

    request_id = fields.Integer(validate=validate.Range(1, LARGEST_ID))
    state = one_of(IntroductionState)


class CallOff(Body):
    """Why something is called off, if one likes to say; and `sequence`, the visit's as it was read."""

    reason = one_of(visits.CancelReason, load_default=None, allow_none=True)
    sequence = whole(0, LARGEST_ID, load_default=None, allow_none=True)


class TimeOffered(TimeSpan):
    """One of the times to choose from."""

    id = fields.Integer(required=True)


class TimesProposed(Schema):
    """The other times of a partner that can still be taken. Who that is, the teacher learns with a yes."""

    items = fields.List(fields.Nested(TimeOffered), required=True)


class Choice(Body):
    """Which of the other times suits the class; null where none does."""

    time_id = row(required=True, allow_none=True)


class BatchUndone(Schema):
    """Which approvals were taken back, and whose invitations had left before."""

    taken_back = fields.List(fields.Nested(IntroductionShown), required=True)
    gone = fields.List(fields.Nested(IntroductionShown), required=True)


@blueprint.operation("GET", "", Scope.INTRODUCTIONS_READ, paging.of(IntroductionShown), query=IntroductionsWanted)
def list_introductions(wanted: dict[str, Any]) -> Any:
    """List introductions: of a teacher's own requests, a partner's own, or for the staff all."""
    mine = (Permission.POST_REQUEST, Permission.HAVE_PROFILE, Permission.USE_DESK)
    auth.require_one(mine, g.region)
    query = programs.introductions(g.actor, g.region.id)
    if "request_id" in wanted:
        query = query.where(Introduction.request_id == wanted["request_id"])
    if "state" in wanted:
        query = query.where(Introduction.state == IntroductionState(wanted["state"]))
    return paging.page(query, Introduction.id, wanted, shown)


@blueprint.operation("GET", "/<row:introduction_id>", Scope.INTRODUCTIONS_READ, IntroductionShown)
def read_introduction(introduction_id: int) -> dict[str, Any]:
    """Read one introduction."""
    return shown(readable(introduction_id)[0])


@blueprint.operation("POST", "/<row:introduction_id>/undo", Scope.PROPOSALS_DECIDE, IntroductionShown)
def undo_introduction(introduction_id: int) -> dict[str, Any]:
    """Take an approval back while nothing has been sent. Again changes nothing."""
    context.require(Permission.USE_DESK, db.session.get_one(Introduction, introduction_id))
    return shown(proposals.undo(db.session, g.actor, introduction_id, utc_now))


@blueprint.operation("POST", "/<row:introduction_id>/undo-batch", Scope.PROPOSALS_DECIDE, BatchUndone)
def undo_batch(introduction_id: int) -> dict[str, Any]:
    """Take back everything approved together with this one, as far as nothing has been sent. Again changes nothing."""
    context.require(Permission.USE_DESK, db.session.get_one(Introduction, introduction_id))
    undone = bulk.undo(db.session, g.actor, introduction_id, utc_now)
    return {"taken_back": all_shown(undone.taken_back), "gone": all_shown(undone.gone)}


@blueprint.operation("GET", "/<row:introduction_id>/times", Scope.INTRODUCTIONS_READ, TimesProposed)
def read_times(introduction_id: int) -> dict[str, Any]:
    """Read the other times that a partner proposes, as the teacher or the staff in her place."""
    found = other_times.by_key(db.session, _to_choose(introduction_id).key, utc_now())
    return {"items": found.ahead if found else ()}


@blueprint.operation(
    "POST", "/<row:introduction_id>/choose-time", Scope.INTRODUCTIONS_WRITE, IntroductionShown, body=Choice
)
def choose_time(sent: dict[str, Any], introduction_id: int) -> dict[str, Any]:
    """Take one of the other times, which makes it a yes of both; or none, and somebody else is asked."""
    key, chosen = _to_choose(introduction_id).key, sent["time_id"]
    if chosen is None:
        return shown(introductions.none_fits(db.session, key, utc_now, g.actor))
    return shown(introductions.take_time(db.session, key, chosen, utc_now, g.actor))


@blueprint.operation(
    "POST", "/<row:introduction_id>/cancel", Scope.INTRODUCTIONS_WRITE, IntroductionShown, body=CallOff
)
def cancel_introduction(sent: dict[str, Any], introduction_id: int) -> dict[str, Any]:
    """Call off what both have said yes to, with its visit if there is one. Again changes nothing."""
    introduction, side = readable(introduction_id)
    return shown(call_off(introduction, side, sent))


@blueprint.operation("POST", "/<row:introduction_id>/date", Scope.VISITS_WRITE, IntroductionShown, body=TimeSpan)
def date_introduction(sent: dict[str, Any], introduction_id: int) -> Any:
    """Set the date of an introduction that has none yet; both sides get a letter."""
    introduction, side = readable(introduction_id)
    made = visits.agree(db.session, g.actor, introduction.key, *checks.date_of(sent), side, utc_now)
    return shown(introduction), 200, {"Location": url_for("api_visits.read_visit", visit_id=made.id)}


def readable(introduction_id: int) -> tuple[Introduction, Side]:
    """An introduction, and as which side the actor reads it; 403 for whoever's pages do not tell of it."""
    introduction = db.session.get_one(Introduction, introduction_id)
    if auth.may(Permission.USE_DESK, introduction):
        context.require(Permission.USE_DESK, introduction)
        return introduction, Side.COORDINATOR
    if introduction.state in timeline.TOLD and auth.may(Permission.READ_REQUEST, introduction.request):
        return introduction, Side.TEACHER
    if introduction.state in programs.NOT_SENT:
        context.require(Permission.USE_DESK, introduction)
    context.require(Permission.EDIT_PARTNER, introduction.partner)
    return introduction, Side.PARTNER


def _to_choose(introduction_id: int) -> Introduction:
    """An introduction among whose other times the actor may choose."""
    introduction = readable(introduction_id)[0]
    context.require(Permission.CHOOSE_TIME, introduction.request)
    return introduction


def call_off(introduction: Introduction, side: Side, sent: dict[str, Any]) -> Introduction:
    """Call an introduction off for a side."""
    reason = visits.CancelReason(sent["reason"]) if sent["reason"] else None
    return visits.cancel(db.session, g.actor, introduction.key, side, reason, utc_now, sequence=sent["sequence"])


def shown(introduction: Introduction) -> dict[str, Any]:
    """An introduction as its reader may see it."""
    request, partner = introduction.request, introduction.partner
    staff = auth.may(Permission.USE_DESK, introduction)
    teacher, its_own = auth.may(Permission.READ_REQUEST, request), auth.may(Permission.EDIT_PARTNER, partner)
    told: dict[str, Any] = {name: getattr(introduction, name) for name in _EVERYBODY}
    told["request"] = {
        "id": request.id,
        "title": request.title,
        "language": request.language,
        "teacher": request.teacher.name,
        "school": request.school.name,
    }
    told["partner"] = None
    if staff or its_own:
        told["partner"] = {"id": partner.id, "name": partner.known_as}
        told["answered_at"] = introduction.answered_at
    elif introduction.state in timeline.YES:
        told["partner"] = {"name": partner.known_as}
    if staff or teacher:
        told |= {"approved_at": introduction.approved_at, "approved_by": introduction.approved_by.name}
    if staff:
        told |= {name: getattr(introduction, name) for name in ("due_at", "proposal_id", "first_id")}
    return told


def all_shown(some: Sequence[Introduction]) -> list[dict[str, Any]]:
    """Several as their reader may see them, both sides read at once."""
    query = programs.introductions(g.actor, g.region.id).where(Introduction.id.in_([each.id for each in some]))
    return [shown(each) for each in db.session.scalars(query.order_by(Introduction.id))]


_EVERYBODY = ("id", "state", "invited_at", "answer_by", "introduced_at")
