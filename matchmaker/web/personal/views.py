"""What is kept of a person, on a page and as a file, and its end."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.utils import logout_user

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import personal
from matchmaker.queries.personal import Person
from matchmaker.services import erasure, personal_data
from matchmaker.web import context, failures
from matchmaker.web.personal.forms import EraseForm
from models import Membership, Partner

blueprint = Blueprint("personal", __name__)
blueprint.before_request(context.sign_in_first)


@blueprint.get("/account/data")
def own() -> ResponseReturnValue:
    """What is kept of whoever is signed in."""
    return _page(_own(), EraseForm(), own=True)


@blueprint.get("/account/data.json")
def own_file() -> ResponseReturnValue:
    """The same whole, as a file."""
    return _file(_own())


@blueprint.post("/account/erase")
def erase_own() -> ResponseReturnValue:
    """Erase it, and sign out."""
    person = _own()
    form = EraseForm()
    if (refused := _erase(person, form, own=True)) is not None:
        return refused
    logout_user()
    flash(_("What we kept about you is erased. Thank you for having been with us."), "ok")
    return redirect(url_for("public.landing"))


@blueprint.get("/people/<row:partner_id>/data")
def of_partner(partner_id: int) -> ResponseReturnValue:
    """What is kept of a partner who asks for it."""
    return _page(_partner(partner_id), EraseForm(), partner_id=partner_id)


@blueprint.get("/people/<row:partner_id>/data.json")
def partner_file(partner_id: int) -> ResponseReturnValue:
    """The same whole, as a file to hand over."""
    return _file(_partner(partner_id))


@blueprint.post("/people/<row:partner_id>/erase")
def erase_partner(partner_id: int) -> ResponseReturnValue:
    """Erase a partner who asks for it."""
    return _erase(_partner(partner_id), EraseForm(), partner_id=partner_id) or _erased()


@blueprint.get("/people/teachers/<row:membership_id>/data")
def of_teacher(membership_id: int) -> ResponseReturnValue:
    """What is kept of a teacher who asks for it."""
    return _page(_member(membership_id), EraseForm(), membership_id=membership_id)


@blueprint.get("/people/teachers/<row:membership_id>/data.json")
def teacher_file(membership_id: int) -> ResponseReturnValue:
    """The same whole, as a file to hand over."""
    return _file(_member(membership_id))


@blueprint.post("/people/teachers/<row:membership_id>/erase")
def erase_teacher(membership_id: int) -> ResponseReturnValue:
    """Erase a teacher who asks for it."""
    return _erase(_member(membership_id), EraseForm(), membership_id=membership_id) or _erased()


def _own() -> Person:
    return personal.of_account(db.session, context.region(), current_user._get_current_object())


def _partner(partner_id: int) -> Person:
    partner = db.session.get_one(Partner, partner_id)
    context.require(Permission.ERASE_PERSON, partner)
    return personal.of_partner(db.session, context.region(), partner)


def _member(membership_id: int) -> Person:
    membership = db.session.get_one(Membership, membership_id)
    context.require(Permission.ERASE_PERSON, membership)
    return personal.of_account(db.session, context.region(), membership.account)


def _page(person: Person, form: EraseForm, **whose: int) -> ResponseReturnValue:
    shown = render_template(
        "personal/data.html",
        person=person,
        requests=personal.requests_of(db.session, person),
        counts=personal.counts(db.session, person),
        form=form,
        urls=_urls(**whose),
        own="own" in whose,
    )
    if "own" not in whose:
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, personal.subject(person), at=utc_now())
        outbox.commit(db.session)
    return shown, 422 if form.errors else 200


def _file(person: Person) -> Response:
    kept = personal_data.collect(db.session, g.actor, person, utc_now)
    outbox.commit(db.session)
    disposition = f'attachment; filename="personal-data-{utc_now():%Y-%m-%d}.json"'
    text = json.dumps(kept, ensure_ascii=False, indent=2)
    return Response(text, mimetype="application/json", headers={"Content-Disposition": disposition})


def _erase(person: Person, form: EraseForm, **whose: int) -> ResponseReturnValue | None:
    """Erase somebody; the page again where that is refused."""
    if not form.validate_on_submit():
        return _page(person, form, **whose)
    try:
        erasure.erase(db.session, g.actor, person, utc_now)
    except (erasure.VisitAgreed, erasure.StaffStays) as refused:
        db.session.rollback()
        form.sure.errors = [failures.sentence(refused)]
        return _page(person, form, **whose)
    outbox.commit(db.session)
    return None


def _erased() -> ResponseReturnValue:
    flash(_("Erased. What happened is still counted, with nobody\u2019s name."), "ok")
    return redirect(url_for("people.index"))


def _urls(**whose: int) -> dict[str, str]:
    """Where the page's file and its form lead."""
    if "own" in whose:
        return {"file": url_for("personal.own_file"), "erase": url_for("personal.erase_own")}
    kind = "partner" if "partner_id" in whose else "teacher"
    row: dict[str, Any] = dict(whose)
    return {"file": url_for(f"personal.{kind}_file", **row), "erase": url_for(f"personal.erase_{kind}", **row)}
