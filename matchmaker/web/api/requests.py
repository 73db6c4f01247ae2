"""Learning requests: a teacher's own, and those of the region for its staff."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from marshmallow import Schema, fields, validate
from webargs.flaskparser import abort

from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.policies import Permission
from matchmaker.queries import learning_requests, people, programs
from matchmaker.services import holds, requests
from matchmaker.services.api_tokens import Scope
from matchmaker.web import context
from matchmaker.web.api import auth, checks, paging
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import (
    Body,
    Flag,
    Named,
    TimeSpan,
    Words,
    code,
    one_of,
    some_of,
    whole,
)
from models import LearningRequest, RequestState, Teacher
from models.codes import FORMATS, SPOKEN, SUBJECTS

blueprint = Resource("requests", "What classes need.")

MOST_DATES = 3


class RequestShown(Schema):
    """A learning request. What only the staff reads is missing where somebody else asks."""

    id = fields.Integer(required=True)
    state = code(RequestState, required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    language = fields.String(required=True)
    grade = fields.Integer(required=True, allow_none=True, metadata={"description": "0 is kindergarten."})
    subject = fields.String(required=True, allow_none=True)
    students = fields.Integer(required=True, allow_none=True)
    formats = fields.List(fields.String(), required=True)
    languages = fields.List(fields.String(), required=True)
    place = fields.String(required=True)
    partners_wanted = fields.Integer(required=True)
    overnight = fields.Boolean(required=True)
    windows = fields.List(fields.Nested(TimeSpan), required=True)
    teacher = fields.Nested(Named, required=True)
    school = fields.Nested(Named, required=True)
    posted_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)
    held_until = fields.AwareDateTime(required=True, allow_none=True)
    held_for = fields.String(metadata={"description": "Why it is on hold; for the staff."})
    assigned_to = fields.Nested(Named, allow_none=True, metadata={"description": "Who looks after it; for the staff."})


class RequestAsked(Body):
    """A learning request to post. `not_students` names words that may look like a student's name and are none."""

    title = Words(200, lines=False, blank=False, required=True)
    text = Words(6000, blank=False, required=True)
    language = one_of(LANGUAGES)
    grade = whole(0, 12, load_default=None, allow_none=True)
    subject = one_of(SUBJECTS, load_default=None, allow_none=True)
    students = whole(1, 2000, load_default=None, allow_none=True)
    formats = some_of(FORMATS, load_default=list)
    languages = some_of(SPOKEN, load_default=list)
    place = Words(200, lines=False, load_default="")
    partners_wanted = whole(1, 10, load_default=1)
    overnight = Flag(load_default=False)
    windows = fields.List(fields.Nested(TimeSpan), required=True, validate=validate.Length(1, MOST_DATES))
    not_students = fields.List(Words(200, lines=False), load_default=list, validate=validate.Length(max=50))


class RequestsWanted(paging.Place):
    """Which requests to list."""

    state = one_of(RequestState)


class Hold(Body):
    """Until which day a request is put aside, and why; for colleagues. Without a day, the usual one."""

    until = fields.Date(load_default=None, allow_none=True)
    reason = Words(holds.LONGEST_REASON, lines=False, load_default="")


@blueprint.operation("GET", "", Scope.REQUESTS_READ, paging.of(RequestShown), query=RequestsWanted)
def list_requests(wanted: dict[str, Any]) -> Any:
    """List requests: a teacher's own, or for the staff all that are posted."""
    auth.require_one((Permission.POST_REQUEST, Permission.USE_DESK), g.region)
    query = programs.requests(g.actor, g.region.id)
    if "state" in wanted:
        query = query.where(LearningRequest.state == RequestState(wanted["state"]))
    return paging.page(query, LearningRequest.id, wanted, shown)


@blueprint.operation("GET", "/<row:request_id>", Scope.REQUESTS_READ, RequestShown)
def read_request(request_id: int) -> dict[str, Any]:
    """Read one request."""
    asked = learning_requests.whole(db.session, request_id)
    context.require(Permission.READ_REQUEST, asked)
    return shown(asked)


@blueprint.operation("POST", "", Scope.REQUESTS_WRITE, RequestShown, status=201, body=RequestAsked)
def post_request(sent: dict[str, Any]) -> Any:
    """Post a request as its teacher. Words that may name a student come back as `possible_student_name`."""
    context.require(Permission.POST_REQUEST, g.region)
    teacher = people.teacher_of(db.session, g.region.id, g.actor.account_id)
    if teacher is None:
        abort(403)
    posted = requests.post(db.session, g.actor, teacher, _draft(teacher, sent), utc_now)
    db.session.refresh(posted)
    return shown(posted), 201, {"Location": url_for("api_requests.read_request", request_id=posted.id)}


@blueprint.operation("POST", "/<row:request_id>/withdraw", Scope.REQUESTS_WRITE, RequestShown)
def withdraw_request(request_id: int) -> Any:
    """Take a request back. Again changes nothing. A draft is no program's to throw away."""
    asked = learning_requests.whole(db.session, request_id)
    context.require(Permission.WITHDRAW_REQUEST, asked)
    if asked.state is RequestState.DRAFT:
        raise Conflict
    return shown(requests.withdraw(db.session, g.actor, request_id, utc_now))


@blueprint.operation("POST", "/<row:request_id>/hold", Scope.REQUESTS_WRITE, RequestShown, body=Hold)
def hold_request(sent: dict[str, Any], request_id: int) -> dict[str, Any]:
    """Put a request aside for some days, as the staff does. Again changes day and reason."""
    context.require(Permission.USE_DESK, db.session.get_one(LearningRequest, request_id))
    return shown(holds.hold(db.session, g.actor, request_id, sent["until"], sent["reason"], utc_now))


@blueprint.operation("POST", "/<row:request_id>/take-up", Scope.REQUESTS_WRITE, RequestShown)
def take_up_request(request_id: int) -> dict[str, Any]:
    """Take a request up again before its day. Again changes nothing."""
    asked = db.session.get_one(LearningRequest, request_id)
    context.require(Permission.USE_DESK, asked)
    context.require(Permission.READ_REQUEST, asked)
    return shown(holds.release(db.session, g.actor, request_id, utc_now))


def shown(asked: LearningRequest) -> dict[str, Any]:
    """A request as its reader may see it."""
    told: dict[str, Any] = {name: getattr(asked, name) for name in _PLAIN}
    told |= {
        "teacher": {"id": asked.teacher_id, "name": asked.teacher.name},
        "school": asked.school,
        "held_until": asked.held_until if asked.held(utc_now()) else None,
    }
    if auth.may(Permission.USE_DESK, asked):
        told |= {"held_for": asked.held_for, "assigned_to": asked.assigned_to}
    return told


_PLAIN = (
    "id", "state", "title", "text", "language", "grade", "subject", "students", "formats", "languages", "place",
    "partners_wanted", "overnight", "windows", "posted_at", "version",
)  # fmt: skip


def _draft(teacher: Teacher, sent: dict[str, Any]) -> requests.RequestDraft:
    windows, cleared = checks.dated("windows", sent.pop("windows")), sent.pop("not_students")
    found = requests.named_in(sent["title"], sent["text"], sent["place"])
    left = [name for name in found if name not in cleared]
    if left:
        raise requests.PossibleStudentName(names=left)
    sent.setdefault("language", teacher.account.language)
    formats, languages = (tuple(dict.fromkeys(sent.pop(name))) for name in ("formats", "languages"))
    return requests.RequestDraft(**sent, formats=formats, languages=languages, windows=windows, no_student_named=True)
