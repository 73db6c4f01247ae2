"""What somebody changes about how they sign in is noted, and they are written to: it might not have been they."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from models import Account, Membership, QueueName

LETTER = "sign_in_changed"
"""The letter, of those about an account."""


class Change(StrEnum):
    """What was changed; the letter has a sentence for each."""

    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    RESET = "reset"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


def changed(session: Session, actor: Actor, account: Account, what: Change, clock: Clock, *, last: bool) -> None:
    """An app or a passkey came or went.

    ``last``: none is left, so the recovery codes go as well: there is nothing that they could stand in for.
    """
    if last:
        account.mf_recovery_codes = None
    audit.record(session, actor, audit.Tag.SECOND_STEP_CHANGED, account, at=clock(), what=what.value)
    end_and_tell(session, account, what, clock())


def end_and_tell(session: Session, account: Account, what: Change, now: datetime, **about: str) -> None:
    """Every session of the account ends, no browser is remembered any more, and its owner is written to.

    ``about``: what the letter needs to know besides.
    """
    account.fs_uniquifier = uuid4().hex
    _tell(session, account, what, now, about)
    session.flush()


def _tell(session: Session, account: Account, what: Change, now: datetime, about: dict[str, str]) -> None:
    """For the network of their oldest membership; whoever has none, as while they are joining, is not written to."""
    region_id = session.scalar(
        select(Membership.region_id).where(Membership.account_id == account.id).order_by(Membership.id).limit(1)
    )
    if region_id is None:
        return
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"account:{LETTER}:{uuid4().hex}",
        kind="account",
        due_at=now,
        region_id=region_id,
        payload={"account_id": account.id, "letter": LETTER, "what": what.value, **about},
    )
