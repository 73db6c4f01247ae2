"""Partners: all of the region for its staff, and a partner's own profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate
from sqlalchemy import ColumnElement, and_, func

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.policies import Permission
from matchmaker.queries import people, programs, reach
from matchmaker.services import merging, partners
from matchmaker.services.api_tokens import Scope
from matchmaker.services.partners import FundDraft, Logistics
from matchmaker.web import context
from matchmaker.web.api import auth, checks, paging, wordings
from matchmaker.web.api.resource import Resource
from matchmaker.web.api.schemas import (
    Body,
    Flag,
    Hour,
    Named,
    OnOff,
    Words,
    code,
    one_of,
    row,
    some_of,
    whole,
)
from models import Clearance, Fund, Partner, PartnerKind
from models.codes import FORMATS, SHARING, SPOKEN, SUBJECTS

blueprint = Resource("partners", "Who shares what they know.")

PHONE = validate.Regexp(r"^[0-9+()./ -]*$", error=wordings.NO_PHONE)


class PartnerShown(Schema):
    """A partner. Contacts stand in the answer to a call for one partner alone, and a look at them is in the record."""

    id = fields.Integer(required=True)
    kind = code(PartnerKind, required=True)
    name = fields.String(required=True)
    organisation = fields.Nested(Named, required=True, allow_none=True)
    about = fields.String(required=True)
    language = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    formats = fields.List(fields.String(), required=True)
    weekdays = fields.List(fields.Integer(), required=True, metadata={"description": "0 is Monday."})
    free_from = Hour(required=True, allow_none=True)
    free_until = Hour(required=True, allow_none=True)
    sharing = fields.List(fields.String(), required=True)
    neighbourhood = fields.String(required=True)
    radius_miles = fields.Integer(required=True, allow_none=True)
    online = fields.Boolean(required=True)
    monthly_capacity = fields.Integer(required=True)
    clearance = code(Clearance, required=True)
    clearance_expires_on = fields.Date(required=True, allow_none=True)
    joined_on = fields.Date(required=True)
    reviewed_at = fields.AwareDateTime(required=True, allow_none=True)
    paused_at = fields.AwareDateTime(required=True, allow_none=True)
    paused_until = fields.Date(required=True, allow_none=True)
    contact_name = fields.String(allow_none=True)
    email = fields.String()
    phone = fields.String()


class FirstFund(Body):
    """One thing somebody knows, as they told it on the phone; without a text, its name says it."""

    title = Words(200, lines=False, blank=False, required=True)
    text = Words(6000, load_default="")
    story = Words(6000, blank=False, required=True)
    language = one_of(SPOKEN)


class PartnerEntered(Body):
    """Whom the staff writes down, with one thing they know."""

    name = Words(120, lines=False, blank=False, required=True)
    phone = fields.String(required=True, validate=[validate.Length(1, 40), PHONE])
    email = fields.Email(validate=validate.Length(max=254), load_default="")
    language = one_of(LANGUAGES, required=True)
    neighbourhood = Words(120, lines=False, load_default="")
    monthly_capacity = whole(0, 8, load_default=1)
    fund = fields.Nested(FirstFund, required=True)


class PartnerChanged(Body):
    """What is to change; what is left out stays. Of a place only a school nearby is kept."""

    kind = one_of(PartnerKind)
    name = Words(120, lines=False, blank=False)
    contact_name = Words(120, lines=False, allow_none=True)
    about = Words(2000)
    language = one_of(LANGUAGES)
    languages = some_of(SPOKEN)
    formats = some_of(FORMATS)
    weekdays = fields.List(whole(0, 6), validate=validate.Length(max=7))
    free_from = Hour(allow_none=True)
    free_until = Hour(allow_none=True)
    sharing = some_of(SHARING)
    neighbourhood = Words(120, lines=False)
    near_school_id = row()
    radius_miles = whole(1, 50, allow_none=True)
    online = Flag()
    monthly_capacity = whole(0, 8)
    phone = fields.String(validate=[validate.Length(max=40), PHONE])


class Pause(Body):
    """On which day a pause ends by itself; without one it lasts until they are back."""

    until = fields.Date(load_default=None, allow_none=True)


class PartnersWanted(paging.Place):
    """Which partners to list: those for whom all of it holds."""

    paused = OnOff(metadata={"description": "Taking a break, or not."})
    reviewed = OnOff(metadata={"description": "Read by the staff, or waiting for it."})
    language = one_of(SPOKEN, metadata={"description": "Among the languages they speak."})
    neighbourhood = Words(
        120,
        lines=False,
        blank=False,
        metadata={"description": "Big and small letters, and accents, make no difference."},
    )
    subject = one_of(SUBJECTS, metadata={"description": "With a fund that names it; one that names none serves any."})
    clearance_ends_before = fields.Date(metadata={"description": "Cleared, and before that day no more."})


@blueprint.operation("GET", "", Scope.PARTNERS_READ, paging.of(PartnerShown), query=PartnersWanted)
def list_partners(wanted: dict[str, Any]) -> Any:
    """List partners, without contacts: all for the staff, a partner's own profile."""
    auth.require_one((Permission.HAVE_PROFILE, Permission.MANAGE_PEOPLE), g.region)
    query = programs.partners(g.actor, g.region.id)
    query = query.where(*(_HOLDS[name](wanted[name]) for name in wanted if name in _HOLDS))
    return paging.page(query, Partner.id, wanted, shown)


@blueprint.operation("GET", "/<row:partner_id>", Scope.PARTNERS_READ, PartnerShown)
def read_partner(partner_id: int) -> dict[str, Any]:
    """Read one partner, with contacts. That the staff has seen them is in the record, as it is on the page."""
    partner = writable(partner_id)
    told = shown(partner) | {name: getattr(partner, name) for name in ("contact_name", "email", "phone")}
    if not auth.may(Permission.EDIT_PARTNER, partner):
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, partner, at=utc_now())
        outbox.commit(db.session)
    return told


@blueprint.operation("POST", "", Scope.PARTNERS_WRITE, PartnerShown, status=201, body=PartnerEntered)
def enter_partner(sent: dict[str, Any]) -> Any:
    """Enter a partner, as the staff does during a call. Like everybody, they are reviewed first."""
    context.require(Permission.MANAGE_PEOPLE, g.region)
    told = sent.pop("fund")
    told.setdefault("language", sent["language"])
    draft = FundDraft(**{**told, "text": told["text"] or told["title"]})
    partner = partners.enter(db.session, g.actor, g.region, partners.Called(**sent), draft, utc_now)
    return shown(partner), 201, {"Location": url_for("api_partners.read_partner", partner_id=partner.id)}


@blueprint.operation("PATCH", "/<row:partner_id>", Scope.PARTNERS_WRITE, PartnerShown, body=PartnerChanged)
def change_partner(sent: dict[str, Any], partner_id: int) -> dict[str, Any]:
    """Change a profile: one's own, or as the staff on somebody's behalf."""
    partner = writable(partner_id)
    return shown(partners.save_logistics(db.session, g.actor, partner, _changed(partner, sent), utc_now))


@blueprint.operation("POST", "/<row:partner_id>/pause", Scope.PARTNERS_WRITE, PartnerShown, body=Pause)
def pause_partner(sent: dict[str, Any], partner_id: int) -> dict[str, Any]:
    """No new invitations until a day, or until they are back."""
    partner = writable(partner_id)
    checks.day_ahead("until", sent["until"])
    partners.pause(db.session, g.actor, partner, utc_now, until=sent["until"])
    return shown(partner)


@blueprint.operation("POST", "/<row:partner_id>/resume", Scope.PARTNERS_WRITE, PartnerShown)
def resume_partner(partner_id: int) -> dict[str, Any]:
    """Invitations again. Again changes nothing."""
    partner = writable(partner_id)
    partners.resume(db.session, g.actor, partner, utc_now)
    return shown(partner)


@blueprint.operation("POST", "/<row:partner_id>/review", Scope.PARTNERS_WRITE, PartnerShown)
def review_partner(partner_id: int) -> dict[str, Any]:
    """Say, as the staff, that a profile has been read: they may be invited from now on. Again changes nothing."""
    context.require(Permission.MANAGE_PEOPLE, writable(partner_id))
    return shown(partners.review(db.session, g.actor, partner_id, utc_now))


def writable(partner_id: int) -> Partner:
    """One's own profile, or as the staff somebody's. Raises Merged for one that another has taken in."""
    partner = people.partner(db.session, partner_id)
    auth.require_one((Permission.EDIT_PARTNER, Permission.MANAGE_PEOPLE), partner)
    if partner.merged_into_id is not None:
        raise merging.Merged(merged_into=partner.merged_into_id)
    return partner


def shown(partner: Partner) -> dict[str, Any]:
    """A partner as their own pages and those of the staff show them, without contacts."""
    told: dict[str, Any] = {name: getattr(partner, name) for name in _PLAIN}
    house = partner.organisation_id
    return told | {"organisation": {"id": house, "name": partner.organisation_name} if house else None}


_HOLDS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "paused": lambda yes: Partner.paused_at.is_not(None) if yes else Partner.paused_at.is_(None),
    "reviewed": lambda yes: Partner.reviewed_at.is_not(None) if yes else Partner.reviewed_at.is_(None),
    "language": lambda spoken: Partner.languages.contains([spoken]),
    "neighbourhood": lambda name: func.folded(Partner.neighbourhood) == func.folded(name),
    "subject": lambda subject: Partner.funds.any(Fund.subjects.contains([subject])),
    "clearance_ends_before": lambda day: and_(
        Partner.clearance == Clearance.CLEARED, Partner.clearance_expires_on < day
    ),
}
"""What a filter asks of a partner, as the people table asks it."""
_PLAIN = (
    "id", "kind", "name", "about", "language", "languages", "formats", "weekdays", "free_from", "free_until", "sharing",
    "neighbourhood", "radius_miles", "online", "monthly_capacity", "clearance", "clearance_expires_on", "joined_on",
    "reviewed_at", "paused_at", "paused_until",
)  # fmt: skip
_LOGISTICS = tuple(name for name in Logistics.__dataclass_fields__ if name != "place")


def _changed(partner: Partner, sent: dict[str, Any]) -> Logistics:
    """The whole profile as it is to be."""
    present: dict[str, Any] = {name: getattr(partner, name) for name in _LOGISTICS}
    known: dict[str, Any] = {name: tuple(has) if isinstance(has, list) else has for name, has in present.items()}
    near = sent.pop("near_school_id", None)
    if "kind" in sent:
        sent["kind"] = PartnerKind(sent["kind"])
    for name in ("languages", "formats", "weekdays", "sharing"):
        if name in sent:
            sent[name] = tuple(dict.fromkeys(sent[name]))
    if "contact_name" in sent:
        sent["contact_name"] = sent["contact_name"] or None
    wanted = replace(Logistics(**known), **sent, place=None if near is None else _near(near))
    if wanted.free_from and wanted.free_until and wanted.free_until <= wanted.free_from:
        checks.wrong("free_until", _("Please choose an end that is later than the beginning."))
    return wanted


def _near(school_id: int) -> tuple[float, float]:
    """The place of a school, so that nobody's address is kept."""
    for school in reach.schools(db.session, g.region.id):
        if school.id == school_id and school.latitude is not None and school.longitude is not None:
            return school.latitude, school.longitude
    checks.wrong("near_school_id", _("There is nothing at this address, or it is not yours to see."))
