"""Tokens: what a program shows instead of a password. Each names what it may ask for, ends by itself, and never may
more than the account it belongs to may at that moment."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload

from matchmaker import audit
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import Actor, actor_for
from models import Account, ApiToken, Membership, Region


class Scope(StrEnum):
    """What a token may ask for, as noun:verb."""

    REQUESTS_READ = "requests:read"
    REQUESTS_WRITE = "requests:write"
    PARTNERS_READ = "partners:read"
    PARTNERS_WRITE = "partners:write"
    FUNDS_READ = "funds:read"
    FUNDS_WRITE = "funds:write"
    PROPOSALS_READ = "proposals:read"
    PROPOSALS_DECIDE = "proposals:decide"
    INTRODUCTIONS_READ = "introductions:read"
    INTRODUCTIONS_WRITE = "introductions:write"
    VISITS_READ = "visits:read"
    VISITS_WRITE = "visits:write"


PREFIX = "mm_"
"""What every token begins with, so that a leaked one is known for what it is."""
HINT = len(PREFIX) + 4
"""How many of its first letters are kept to tell one token from another."""
LONGEST_NAME = 80
LONGEST = 366
"""Days after which the longest-lived token ends."""
MOST = 20
"""Working tokens of one account in a region."""
USE_NOTED = timedelta(minutes=1)
"""How far apart two uses are noted."""


class TooManyTokens(Conflict):
    """The account has as many working tokens as anybody may."""


def make(
    session: Session,
    actor: Actor,
    region: Region,
    *,
    name: str,
    scopes: Collection[Scope],
    days: int,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A token of the actor's own and its secret, which is in this answer and nowhere else.

    Raises Invalid with ``field`` (name, scopes or days), TooManyTokens with ``most``.
    """
    name = name.strip()
    for field, good in (
        ("name", 1 <= len(name) <= LONGEST_NAME),
        ("scopes", bool(scopes) and set(scopes) <= set(Scope)),
        ("days", 1 <= days <= LONGEST),
    ):
        if not good:
            raise Invalid(field=field)
    # Locked, so that two windows do not count past each other.
    owner = session.get_one(Account, actor.account_id, with_for_update=True)
    if sum(each.works(now) for each in of(session, actor, region)) >= MOST:
        raise TooManyTokens(most=MOST)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        region_id=region.id,
        account_id=owner.id,
        name=name,
        hint=secret[:HINT],
        digest=_digest(secret),
        scopes=[scope.value for scope in Scope if scope in scopes],
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    audit.record(session, actor, audit.Tag.TOKEN_MADE, token, at=now, scopes=token.scopes, days=days)
    return token, secret


def make_once(
    session: Session,
    actor: Actor,
    region: Region,
    newest: int,
    *,
    name: str,
    scopes: Collection[Scope],
    days: int,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Make one for a form drawn when ``newest`` was the actor's newest token (0: none). What the same form has made
    before is ended: its secret was in an answer that nobody got to see."""
    session.get_one(Account, actor.account_id, with_for_update=True)
    for token in of(session, actor, region):
        if token.id > newest and token.name == name.strip() and token.last_used_at is None:
            revoke(session, actor, token.id, now)
    return make(session, actor, region, name=name, scopes=scopes, days=days, now=now)


def of_region(session: Session, region: Region, now: datetime) -> Sequence[ApiToken]:
    """Everybody's tokens of a region that still work, the newest first."""
    working = select(ApiToken).where(
        ApiToken.region_id == region.id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    return session.scalars(working.options(joinedload(ApiToken.account)).order_by(ApiToken.id.desc())).all()


def of(session: Session, actor: Actor, region: Region) -> Sequence[ApiToken]:
    """The actor's tokens of a region, the newest first, ended ones among them."""
    mine = select(ApiToken).where(ApiToken.account_id == actor.account_id, ApiToken.region_id == region.id)
    return session.scalars(mine.order_by(ApiToken.id.desc())).all()


def revoke(session: Session, actor: Actor, token_id: int, now: datetime) -> ApiToken:
    """End a token at once; who may is the caller's to ask. Again changes nothing. Raises NoResultFound."""
    token = session.get_one(ApiToken, token_id, with_for_update=True, populate_existing=True)
    if token.revoked_at is None:
        token.revoked_at = now
        audit.record(session, actor, audit.Tag.TOKEN_REVOKED, token, at=now)
        session.flush()
    return token


def holder(session: Session, secret: str, now: datetime) -> tuple[ApiToken, Actor] | None:
    """Whose token this is and what they may in its region at this moment; None for one that opens nothing, whether it
    never did, has ended, or its owner has left. Notes the use, at most once a minute."""
    if not secret.startswith(PREFIX):
        return None
    token = session.scalar(
        select(ApiToken).where(ApiToken.digest == _digest(secret)).options(joinedload(ApiToken.account))
    )
    if token is None or not token.works(now) or not token.account.active:
        return None
    memberships = session.scalars(
        select(Membership).where(Membership.account_id == token.account_id, Membership.region_id == token.region_id)
    )
    actor = actor_for(token.account, memberships, now)
    if not actor.grants:
        return None
    _note_use(session, token, now)
    return token, actor


def _note_use(session: Session, token: ApiToken, now: datetime) -> None:
    """By one statement that asks again, so that many calls at once write it once."""
    long_ago = now - USE_NOTED
    if token.last_used_at is None or token.last_used_at <= long_ago:
        unnoted = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= long_ago)
        session.execute(update(ApiToken).where(ApiToken.id == token.id, unnoted).values(last_used_at=now))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
