"""Signing in by a mailed link: for teachers and partners, once, for half an hour. Whoever decides for others gets none.

A partner whom a coordinator has written down has an address here and no account; the first link makes it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker import outbox
from matchmaker.clock import Clock
from matchmaker.errors import DomainError
from matchmaker.queries import people
from matchmaker.services import accounts
from matchmaker.tokens import who_signs_in
from models import Account, Partner, QueueName

OFTEN = timedelta(minutes=5)
"""Another link for the same address is written no sooner, unless the last one was used."""


class LinkOver(DomainError):
    """The link was used, a newer one was, or whoever it was for signs in another way now."""

    status = 410


def ask(session: Session, email: str, region_id: int | None, clock: Clock) -> None:
    """Mail a link to an address if somebody here has it, from their network or else the given one."""
    now = clock()
    found = people.account_with(session, email) or people.profile_without_account(session, email)
    if found is None or (isinstance(found, Account) and not found.active):
        return
    if isinstance(found, Account):
        network = found.memberships[0].region_id if found.memberships else region_id
        payload, times = {"account_id": found.id}, found.links_used
    else:
        network, payload, times = found.region_id, {"partner_id": found.id}, 0
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"sign-in-link:{found.__tablename__}:{found.id}:{times}:{int(now.timestamp() // OFTEN.total_seconds())}",
        kind="sign_in_link",
        due_at=now,
        region_id=network,
        payload=payload,
    )


def holder(session: Session, recipient: str, now: datetime, *, lock: bool = False) -> Account | Partner:
    """Whom a link is for. Raises LinkOver once it opens nothing any more."""
    kind, number, _ = recipient.split(":", 2)
    options: Any = {"with_for_update": lock or None, "populate_existing": lock}
    found: Account | Partner | None
    if kind == "account":
        found = account = session.get(Account, int(number), **options)
        good = account is not None and account.active and not people.is_staff(session, account.id, now)
    else:
        found = partner = session.get(Partner, int(number), **options)
        good = partner is not None and partner.account_id is None and partner.merged_into_id is None
    if found is None or not good or who_signs_in(found) != recipient:
        raise LinkOver
    return found


def use(session: Session, recipient: str, clock: Clock) -> Account:
    """The account that a link signs in to: whoever holds it reads that address. Raises LinkOver the second time."""
    now = clock()
    found = holder(session, recipient, now, lock=True)
    account = found if isinstance(found, Account) else accounts.take_profile(session, found, clock)
    if account is None:
        raise LinkOver
    account.links_used += 1
    if account.confirmed_at is None:
        # Nobody had shown yet that this is their address, so nobody can say whose password it is.
        account.confirmed_at, account.password = now, None
    session.flush()
    return account
