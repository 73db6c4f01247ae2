"""Who may be what in a region, as an administrator decides it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.policies import Actor
from matchmaker.services import accounts
from models import Account, Membership, Region, Role

STAFF = (Role.COORDINATOR, Role.ADMIN, Role.FUNDER)
"""Roles that are given. Teachers and partners come with a school or a profile: they join, or a sheet brings them."""


def give(session: Session, actor: Actor, account: Account, region: Region, role: Role, clock: Clock) -> Membership:
    """Give somebody a role of the staff from now on. Again changes nothing."""
    assert role in STAFF, "others join"
    before = _current(session, account, region, role)
    if before is not None and before.since is not None:
        return before
    membership = accounts.appoint(session, account, region, role, clock)
    audit.record(session, actor, audit.Tag.MEMBERSHIP_GIVEN, membership, at=clock(), role=role.value)
    session.flush()
    return membership


def end(session: Session, actor: Actor, account: Account, region: Region, role: Role, clock: Clock) -> Membership:
    """Take a role away from now on; what was done in it stays. Raises NotFound for a role that they do not have."""
    membership = _current(session, account, region, role)
    if membership is None:
        raise NotFound(role=role.value, region=region.slug)
    membership.until = clock()
    audit.record(session, actor, audit.Tag.MEMBERSHIP_ENDED, membership, at=membership.until, role=role.value)
    session.flush()
    return membership


def _current(session: Session, account: Account, region: Region, role: Role) -> Membership | None:
    return session.scalar(
        select(Membership)
        .where(
            Membership.account_id == account.id,
            Membership.region_id == region.id,
            Membership.role == role,
            Membership.until.is_(None),
        )
        .with_for_update()
    )
