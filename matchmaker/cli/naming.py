"""Regions and people by the names that are typed for them."""

from __future__ import annotations

import click
from sqlalchemy import select

from matchmaker.extensions import db
from matchmaker.policies import NOBODY, Actor
from models import Account, Membership, Region, Role

DECIDE = (Role.COORDINATOR, Role.ADMIN)


def region_called(slug: str) -> Region:
    """The region of a slug; a plain message when there is none."""
    region = db.session.scalar(select(Region).where(Region.slug == slug))
    if region is None:
        raise click.ClickException(f"There is no region called {slug}.")
    return region


def decider(region: Region, email: str | None) -> Actor:
    """Who is to stand in the audit: the coordinator or administrator with this address, or nobody."""
    if email is None:
        return NOBODY
    rows = db.session.execute(
        select(Account.id, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Account.email == email.lower(),
            Membership.region_id == region.id,
            Membership.role.in_(DECIDE),
            Membership.until.is_(None),
        )
    ).all()
    if not rows:
        raise click.ClickException(f"{email} is no coordinator or administrator of {region.slug}.")
    return Actor(rows[0].id, frozenset((region.id, row.role) for row in rows))
