"""What is kept of one person in a region, given to them whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.queries.personal import (
    Person,
    addresses,
    introductions_of,
    memberships,
    requests_of,
    said,
    subject,
    visits_of,
)
from models import LearningRequest, Message, Reflection, Suppression

_PROFILE = (
    "kind", "name", "contact_name", "email", "phone", "language", "about", "languages", "formats", "weekdays",
    "free_from", "free_until", "sharing", "neighbourhood", "latitude", "longitude", "radius_miles", "online",
    "monthly_capacity", "clearance", "clearance_issuer", "clearance_issued_on", "clearance_expires_on", "joined_on",
    "paused_at", "paused_until", "reviewed_at", "public_since", "public_name",
)  # fmt: skip
_FUND = ("title", "text", "story", "kind", "language", "subjects", "grades")
_PASSKEY = ("name", "created_at", "lastuse_datetime")
_IDENTITY = ("issuer", "subject", "email", "created_at", "used_at")
_REFLECTION = ("written_at", "took_place", "again", "note", "story", "first_name", "consent", "shared_at")
_INTRODUCTION = ("state", "invited_at", "answered_at", "answered_via", "not_now_reason", "introduced_at")
_REQUEST = (
    "title", "text", "language", "grade", "subject", "students", "formats", "languages", "place", "state", "posted_at",
)  # fmt: skip


def collect(session: Session, actor: Actor, person: Person, clock: Clock) -> dict[str, Any]:
    """Everything that is kept of a person, as JSON. What colleagues noted about them is not theirs and not in it."""
    told: dict[str, Any] = {"network": person.region.name, "written_at": clock().isoformat()}
    if person.account is not None:
        told["account"] = _columns(person.account, "email", "name", "language", "created_at", "confirmed_at")
        told["signs_in_with"] = [_columns(each, *_IDENTITY) for each in person.account.identities]
        told["passkeys"] = [_columns(each, *_PASSKEY) for each in person.account.webauthn]
        told["roles"] = [_columns(each, "role", "since", "until") for each in memberships(session, person)]
    if person.teacher is not None:
        told["teacher"] = _columns(person.teacher, "phone", "grades", "subjects", "created_at")
        told["teacher"]["school"] = person.teacher.school.name
        told["requests"] = [_request(each) for each in requests_of(session, person)]
    if person.partner is not None:
        told["partner"] = _columns(person.partner, *_PROFILE)
        told["funds"] = [_columns(each, *_FUND) for each in person.partner.funds]
    told["introductions"] = [_columns(each, *_INTRODUCTION) for each in introductions_of(session, person)]
    told["visits"] = [_columns(each, "starts_at", "ends_at", "place") for each in visits_of(session, person)]
    told["messages"] = [_columns(each, "at", "text", "language") for each in said(session, person, Message)]
    told["reflections"] = [_columns(each, *_REFLECTION) for each in said(session, person, Reflection)]
    stopped = select(Suppression).where(
        Suppression.region_id == person.region.id, Suppression.email.in_(addresses(person))
    )
    told["mails_stopped"] = [_columns(each, "email", "kind", "reason") for each in session.scalars(stopped)]
    audit.record(session, actor, audit.Tag.PERSON_EXPORTED, subject(person), at=clock())
    session.flush()
    return told


def _request(request: LearningRequest) -> dict[str, Any]:
    return {
        **_columns(request, *_REQUEST),
        "windows": [_columns(each, "starts_at", "ends_at") for each in request.windows],
    }


def _columns(row: Any, *names: str) -> dict[str, Any]:
    """Some columns of a row as JSON holds them."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return list(value) if isinstance(value, tuple | list) else value
