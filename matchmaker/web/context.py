"""Who asks, in which region and language: worked out once a request, before any view."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, g, request, session
from flask_login import current_user
from sqlalchemy import select

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.policies import NOBODY, Permission, actor_for, permits
from models import Account, Membership, Region


def load() -> None:
    """Fill g: memberships that count now, the one worked as, the region, the actor."""
    g.memberships, g.membership, g.actor = [], None, NOBODY
    if request.endpoint == "static":
        return
    if current_user.is_authenticated:
        account: Account = current_user._get_current_object()
        g.memberships = [m for m in account.memberships if m.counts(utc_now())]
        g.actor = actor_for(account, g.memberships, utc_now())
        chosen = session.get("membership_id")
        g.membership = next(
            (m for m in g.memberships if m.id == chosen), g.memberships[0] if g.memberships else None
        )
    g.region = g.membership.region if g.membership else default_region()


def default_region() -> Region | None:
    """The region that a visitor sees: the one the settings name, else the first."""
    query = select(Region).order_by(Region.id).limit(1)
    if slug := current_app.config["SETTINGS"].default_region:
        query = select(Region).where(Region.slug == slug)
    return db.session.scalar(query)


def session_locale() -> str:
    """The language of the page: what was chosen, else the account's, else the browser's first that we have."""
    if session.get("language") in LANGUAGES:
        return str(session["language"])
    if current_user and current_user.is_authenticated and current_user.language in LANGUAGES:
        return str(current_user.language)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def region_time_zone() -> str | None:
    """Times on a page are the region's."""
    region: Region | None = g.get("region")
    return region.time_zone if region else None


def require(permission: Permission, subject: Any) -> None:
    """Go on only if the actor may; strangers to a subject's region are told that there is no such thing."""
    if permits(g.actor, permission, subject):
        return
    region_id = subject.id if isinstance(subject, Region) else subject.region_id
    known = any(membership.region_id == region_id for membership in g.memberships)
    abort(403 if known else 404)


def membership_to_work_as(membership_id: int) -> Membership | None:
    """One of the account's own memberships that count, by id."""
    return next((m for m in g.memberships if m.id == membership_id), None)
