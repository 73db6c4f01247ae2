"""Invitations: what a partner is asked, and the answer. Each has the id of its introduction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g
from marshmallow import Schema, fields, validate

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import invitations
from matchmaker.services import introductions as answers
from matchmaker.services import partners
from matchmaker.services.api_tokens import Scope
from matchmaker.services.introductions import MOST_TIMES, Spoken
from matchmaker.web import context
from matchmaker.web.api import checks, introductions
from matchmaker.web.api.introductions import IntroductionShown, TimeOffered, shown
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import Body, FundNamed, TimeSpan, one_of, row
from models import AnswerVia, Introduction, NotNowReason, Window

blueprint = Resource("invitations", "What a partner is asked, and the answer.")


class DateOffered(TimeOffered):
    """A date that the teacher offers."""

    doubt = fields.String(metadata={"description": "Why it may not suit this partner: closed, weekday or hours."})


class InvitationShown(Schema):
    """An invitation as its page shows it to the partner. What is asked stands there while it can be answered, and
    after a yes; contacts and the room never do."""

    state = fields.String(
        required=True,
        metadata={
            "description": "open, other_times, not_now, accepted, introduced, over (the visit was), cancelled,"
            " not_held, withdrawn or closed."
        },
    )
    answerable = fields.Boolean(required=True, metadata={"description": "Whether an answer would still count."})
    answer_by = fields.AwareDateTime(required=True, allow_none=True, attribute="answers_by")
    chosen = fields.Nested(TimeSpan, allow_none=True)
    text = fields.String()
    language = fields.String()
    students = fields.Integer(allow_none=True)
    languages = fields.List(fields.String())
    teacher = fields.String(attribute="teacher_name")
    school = fields.String(attribute="school_name")
    neighbourhood = fields.String()
    minutes = fields.Integer(allow_none=True)
    fund = fields.Nested(FundNamed, allow_none=True, metadata={"description": "Because of what they know."})
    windows = fields.List(fields.Nested(DateOffered), metadata={"description": "The dates offered, still ahead."})
    suggested = fields.List(fields.Nested(TimeSpan), metadata={"description": "Other times that may suit both."})
    proposed = fields.List(fields.Nested(TimeOffered), metadata={"description": "The other times they proposed."})


class Yes(Body):
    """Which of the dates offered; none where the teacher offered none."""

    window_id = row(load_default=None, allow_none=True)


class OtherTimes(Body):
    """When one would come instead."""

    times = fields.List(fields.Nested(TimeSpan), required=True, validate=validate.Length(1, MOST_TIMES))


class NotNow(Body):
    """Why not, if one likes to say; the staff alone reads it. And until which day one wants no invitations."""

    reason = one_of(NotNowReason, load_default=None, allow_none=True)
    pause_until = fields.Date(load_default=None, allow_none=True)


@blueprint.operation("GET", "/<row:introduction_id>", Scope.INTRODUCTIONS_READ, InvitationShown)
def read_invitation(introduction_id: int) -> dict[str, Any]:
    """Read an invitation as the partner who is asked."""
    found = invitations.by_key(db.session, _own_invitation(introduction_id).key, utc_now())
    assert found is not None
    told: dict[str, Any] = {name: getattr(found, name) for name in ("state", "answerable", "answers_by")}
    if found.dated:
        told["chosen"] = found.chosen
    if found.tells:
        told |= {name: getattr(found, name) for name in _ASKED}
        told["windows"] = [_with_doubt(each, found.doubts) for each in found.windows]
    return told


@blueprint.operation("POST", "/<row:introduction_id>/accept", Scope.INTRODUCTIONS_WRITE, IntroductionShown, body=Yes)
def accept_invitation(sent: dict[str, Any], introduction_id: int) -> dict[str, Any]:
    """Say yes as the partner who is asked. The first answer counts; again changes nothing."""
    key = _own_invitation(introduction_id).key
    return shown(answers.accept(db.session, key, sent["window_id"], utc_now, _by_program()))


@blueprint.operation(
    "POST", "/<row:introduction_id>/propose-times", Scope.INTRODUCTIONS_WRITE, IntroductionShown, body=OtherTimes
)
def propose_other_times(sent: dict[str, Any], introduction_id: int) -> dict[str, Any]:
    """Say as the partner who is asked when one would come instead; the teacher chooses. The newest times count."""
    key, wanted = _own_invitation(introduction_id).key, checks.dated("times", sent["times"])
    return shown(answers.propose_times(db.session, key, wanted, utc_now, _by_program()))


@blueprint.operation(
    "POST", "/<row:introduction_id>/not-now", Scope.INTRODUCTIONS_WRITE, IntroductionShown, body=NotNow
)
def answer_not_now(sent: dict[str, Any], introduction_id: int) -> dict[str, Any]:
    """Say not now as the partner who is asked, and pause if one likes. Somebody else is asked."""
    introduction, until = _own_invitation(introduction_id), sent["pause_until"]
    checks.day_ahead("pause_until", until)
    reason = NotNowReason(sent["reason"]) if sent["reason"] else None
    answered = answers.not_now(db.session, introduction.key, reason, utc_now, _by_program())
    if until is not None:
        partners.pause(db.session, g.actor, answered.partner, utc_now, until)
    return shown(answered)


def _own_invitation(introduction_id: int) -> Introduction:
    """What the actor is asked as a partner: nobody answers by a program for somebody else."""
    introduction = introductions.readable(introduction_id)[0]
    context.require(Permission.EDIT_PARTNER, introduction.partner)
    return introduction


def _by_program() -> Spoken:
    """Like an answer on the partner's own page: signed in, if by a token."""
    return Spoken(AnswerVia.PAGE, g.actor)


def _with_doubt(window: Window, doubts: Mapping[int, str]) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(window, name) for name in ("id", "starts_at", "ends_at")}
    return told | ({"doubt": doubts[window.id]} if window.id in doubts else {})


_ASKED = (
    "text", "language", "students", "languages", "teacher_name", "school_name", "neighbourhood", "minutes", "fund",
    "suggested", "proposed",
)  # fmt: skip
