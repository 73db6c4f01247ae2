"""Who calls: a program with a token. No cookie comes as far as here, so there is nothing to forge."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import refresh
from flask_limiter.util import get_remote_address

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.i18n import LANGUAGES
from matchmaker.policies import Permission, permits
from matchmaker.services import api_tokens
from matchmaker.services.api_tokens import Scope
from matchmaker.web import context
from matchmaker.web.api import problems
from models import Region

PER_TOKEN = "600 per minute"
WRONG_PER_ADDRESS = "60 per minute"
"""Calls without a working token from one address."""
REALM = 'Bearer realm="matchmaker"'


def load() -> ResponseReturnValue | None:
    """Fill g with the token, its region and what its owner may; refuse the call where there is none that works."""
    now = utc_now()
    held = api_tokens.holder(db.session, _shown(), now)
    if held is None:
        code = "token_not_working" if _shown() else "token_missing"
        return problems.answer(401, code=code, headers={"WWW-Authenticate": REALM})
    g.token, g.actor = held
    g.region = db.session.get_one(Region, g.token.region_id)
    g.reader_language = _language()
    refresh()
    if g.token.last_used_at == now:
        # Stored at once: nobody waits for the end of this call to have theirs noted.
        outbox.commit(db.session)
    return None


def needs(scope: Scope) -> ResponseReturnValue | None:
    """Refuse a call for which the token was not made."""
    if scope.value in g.token.scopes:
        return None
    told = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'}
    return problems.answer(403, _("This token was not made for that."), "scope_missing", told)


def limit(blueprint: Any) -> None:
    """Count the calls of a token, over all operations; and those that show none that works, by where they come from."""
    limiter.shared_limit(lambda: PER_TOKEN, scope="api", key_func=_caller)(blueprint)
    limiter.shared_limit(
        lambda: WRONG_PER_ADDRESS,
        scope="api-refused",
        key_func=get_remote_address,
        deduct_when=lambda response: response.status_code == 401,
    )(blueprint)


def require_one(permissions: tuple[Permission, ...], subject: Any) -> None:
    """Go on if the actor may one of these; as ``context.require`` for the last of them otherwise."""
    here = subject.id if isinstance(subject, Region) else subject.region_id
    if here != g.region.id or not any(permits(g.actor, permission, subject) for permission in permissions):
        context.require(permissions[-1], subject)


def may(permission: Permission, subject: Any) -> bool:
    """Whether the actor may do this to something of the token's own region."""
    return permits(g.actor, permission, subject)


def _shown() -> str:
    """The token of the call, empty where it shows none."""
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def _caller() -> str:
    """Whom to count a call for, without keeping the token: asked before anybody has looked at it."""
    shown = _shown()
    return sha256(shown.encode()).hexdigest()[:32] if shown else get_remote_address()


def _language() -> str:
    """What the call asks for, else the language of the token's owner."""
    if request.accept_languages:
        return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    return str(g.token.account.language)
