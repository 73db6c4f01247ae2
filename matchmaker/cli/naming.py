"""Regions and people by the names that are typed for them."""

from __future__ import annotations

import click
from sqlalchemy import select

from matchmaker.extensions import db
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries import members
from models import Account, Membership, Region, Role

by_option = click.option(
    "--by", "email", help="Address of the coordinator or administrator who decides, for the audit."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
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


def account_called(email: str) -> Account:
    """The account of an address; a plain message when there is none."""
    account = members.account_called(db.session, email)
    if account is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    return account


def administrator(email: str | None) -> Actor:
    """Who is to stand in the audit for what an account is changed by, in no region: an administrator, or nobody."""
    if email is None:
        return NOBODY
    account = account_called(email)
    if not db.session.scalar(members.is_administrator(account.id)):
        raise click.ClickException(f"{email} administers no region.")
    return Actor(account.id)
