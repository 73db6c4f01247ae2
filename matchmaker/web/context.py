"""Who asks, in which region and language: worked out once a request, before any view."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import refresh
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.policies import NOBODY, Permission, actor_for, in_force, permits
from matchmaker.queries import desk, people
from matchmaker.web import breakdown
from models import Account, Membership, Region, Role

API = "/api"
"""Where programs ask."""
WITHOUT_CONTEXT = frozenset({"static", "mail.reports", "health.live", "health.ready", "health.figures"})
"""Endpoints that ask the database nothing before their view."""
WITHOUT_SECOND_STEP = frozenset({"public", "security", "sign_in"})
"""Areas open to staff who still have to set up the second step that their region asks for."""


def load() -> ResponseReturnValue | None:
    """Fill g: memberships that count now, the one worked as, the region, the actor.

    A region may ask its staff for a second step: until they have one, their membership counts for nothing, and its
    pages lead to where it is set up.
    """
    g.memberships, g.membership, g.actor, g.region, g.held_back = [], None, NOBODY, None, []
    if request.endpoint in WITHOUT_CONTEXT:
        return None
    _refuse_null_bytes()
    if by_program():
        # Cookies do not count there: `api.auth` looks who calls.
        return None
    if current_user.is_authenticated:
        account: Account = current_user._get_current_object()
        counting = [m for m in people.memberships_of(db.session, account.id) if m.counts(utc_now())]
        g.memberships = in_force(account, counting, utc_now())
        g.held_back = [m for m in counting if m not in g.memberships]
        g.actor = actor_for(account, g.memberships, utc_now())
        chosen = next((m for m in counting if m.id == session.get("membership_id")), counting[0] if counting else None)
        if chosen is not None and chosen in g.held_back:
            return _second_step_first(chosen)
        g.membership = chosen
    g.region = g.membership.region if g.membership else default_region()
    if g.region is not None:
        current_app.extensions[breakdown.PHONE] = g.region.phone
    if (network := (request.view_args or {}).pop("network", None)) is not None:
        # A network's own address of a page that anybody may read: whoever looks may work for another one.
        g.region = db.session.scalar(select(Region).where(Region.slug == network)) or abort(404)
        g.network = network
    return None


def _second_step_first(membership: Membership) -> ResponseReturnValue | None:
    """What is open to everybody, and the way to a second step; nothing else."""
    g.region = membership.region
    if request.blueprint in WITHOUT_SECOND_STEP or request.endpoint in (None, "account.switch"):
        return None
    return redirect(url_for("sign_in.show"))


def default_region() -> Region | None:
    """The region that a visitor sees: the one the settings name, else the first."""
    query = select(Region).order_by(Region.id).limit(1)
    if slug := current_app.config["SETTINGS"].default_region:
        query = select(Region).where(Region.slug == slug)
    return db.session.scalar(query)


def by_program() -> bool:
    """Whether a program asks, for whom there are no pages, no session and no cookies."""
    return request.path.startswith(f"{API}/")


def session_locale() -> str:
    """The language of the page: what was chosen, else the reader's of a link, the account's, the browser's first."""
    if by_program():
        return str(g.get("reader_language") or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0])
    if session.get("language") in LANGUAGES:
        return str(session["language"])
    if g.get("reader_language") in LANGUAGES:
        return str(g.reader_language)
    if current_user and current_user.is_authenticated and current_user.language in LANGUAGES:
        return str(current_user.language)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def region_time_zone() -> str | None:
    """Times on a page are the region's."""
    region: Region | None = g.get("region")
    return region.time_zone if region else None


def visit(region: Region, language: str) -> None:
    """Show the rest of this request in another region, to a reader of a language: a link's, not a session's."""
    g.region, g.reader_language = region, language
    refresh()


def sign_in_first() -> ResponseReturnValue | None:
    """Send whoever is not signed in to do so, and back to the page they asked for."""
    if current_user.is_authenticated:
        return None
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("security.login", next=here))


def region() -> Region:
    """The current region; 404 on an installation that has none yet."""
    if g.region is None:
        abort(404)
    current: Region = g.region
    return current


def require(permission: Permission, subject: Any) -> None:
    """Go on only if the actor may; what belongs to another region than the current one does not exist here."""
    region_id = subject.id if isinstance(subject, Region) else subject.region_id
    if region_id != region().id or not any(region_id == granted for granted, _role in g.actor.grants):
        abort(404)
    if not permits(g.actor, permission, subject):
        abort(403)


def membership_to_work_as(membership_id: int) -> Membership | None:
    """One of the account's own memberships that count, by id."""
    return next((m for m in g.memberships if m.id == membership_id), None)


def desk_count() -> int | None:
    """How many requests wait for a decision, for those who decide."""
    if "desk_count" in g:
        return int(g.desk_count)
    membership: Membership | None = g.get("membership")
    if membership is None or membership.role not in (Role.COORDINATOR, Role.ADMIN):
        return None
    return desk.waiting_count(db.session, membership.region_id, utc_now())


def local_path(target: str | None) -> str | None:
    """A path of this site, or None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or "\\" in target or any(ord(letter) < 32 for letter in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc or target.startswith("//") else target


def _refuse_null_bytes() -> None:
    """No text can hold a NUL byte: PostgreSQL refuses to store it, so it is turned away at the door."""
    sent: list[MultiDict[str, str]] = [request.args, request.form]
    if any("\x00" in text for values in sent for pair in values.items(multi=True) for text in pair):
        abort(400)
    if "\x00" in request.path:
        abort(404)
