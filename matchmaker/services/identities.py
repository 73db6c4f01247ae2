"""Who an account is with other providers. Nothing is linked without its owner's word, and never the last way goes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import people
from matchmaker.services.second_step import Change, end_and_tell
from models import Account, Identity


class IdentityTaken(Conflict):
    """Whoever this is at the provider, they have another account here."""


class ProviderThere(Conflict):
    """The account has somebody else of the same provider already."""


class LastWay(Conflict):
    """Without it nobody could sign in to this account any more."""


@dataclass(frozen=True)
class Claimed:
    """Whom a provider says it has before it. ``verified``: it vouches that the address is theirs."""

    issuer: str
    subject: str
    email: str
    verified: bool
    name: str


def account_of(session: Session, claimed: Claimed) -> Account | None:
    """The account that somebody is linked to; an equal address alone makes nobody anybody."""
    return session.scalar(
        select(Account)
        .join(Identity, Identity.account_id == Account.id)
        .where(Identity.issuer == claimed.issuer, Identity.subject == claimed.subject)
    )


def has_account(session: Session, claimed: Claimed) -> bool:
    """Whether the provider vouches for an address that has an account; False where it does not vouch for it."""
    return claimed.verified and people.account_with(session, claimed.email) is not None


def used(session: Session, claimed: Claimed, clock: Clock) -> None:
    """They signed in so: note when, and under which address the provider knows them now."""
    identity = session.scalars(
        select(Identity).where(Identity.issuer == claimed.issuer, Identity.subject == claimed.subject)
    ).one()
    identity.used_at, identity.email = clock(), claimed.email
    session.flush()


def link(session: Session, actor: Actor, account: Account, claimed: Claimed, clock: Clock) -> Identity:
    """Let somebody at a provider sign in to an account. Its sessions end, its owner is told. Again changes nothing.

    Raises IdentityTaken when they have another account, ProviderThere when the account has another of that issuer.
    """
    session.get_one(Account, account.id, with_for_update=True, populate_existing=True)
    if (owner := account_of(session, claimed)) is not None and owner.id != account.id:
        raise IdentityTaken
    there = session.scalar(select(Identity).where(Identity.account_id == account.id, Identity.issuer == claimed.issuer))
    if there is not None and there.subject != claimed.subject:
        raise ProviderThere(email=there.email)
    if there is not None:
        return there
    now = clock()
    identity = Identity(
        account=account, issuer=claimed.issuer, subject=claimed.subject, email=claimed.email, used_at=now
    )
    session.add(identity)
    session.flush()
    audit.record(session, actor, audit.Tag.IDENTITY_LINKED, identity, at=now, issuer=claimed.issuer)
    end_and_tell(session, account, Change.CONNECTED, now, issuer=claimed.issuer)
    return identity


def unlink(session: Session, actor: Actor, account: Account, identity_id: int, clock: Clock) -> None:
    """They can no longer sign in so. The account's sessions end, its owner is told.

    Raises NotFound for an identity of somebody else, LastWay when there would be no way left.
    """
    now = clock()
    session.get_one(Account, account.id, with_for_update=True, populate_existing=True)
    identity = session.get(Identity, identity_id)
    if identity is None or identity.account_id != account.id:
        raise NotFound
    if not may_unlink(account, link_is_mailed=not people.is_staff(session, account.id, now)):
        raise LastWay
    audit.record(session, actor, audit.Tag.IDENTITY_UNLINKED, identity, at=now, issuer=identity.issuer)
    account.identities.remove(identity)
    end_and_tell(session, account, Change.DISCONNECTED, now, issuer=identity.issuer)


def may_unlink(account: Account, *, link_is_mailed: bool) -> bool:
    """Whether an account can be entered with one identity fewer: by password, passkey, mailed link, another one."""
    return bool(account.password or account.webauthn) or link_is_mailed or len(account.identities) > 1
