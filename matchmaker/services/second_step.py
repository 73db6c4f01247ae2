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


class Change(StrEnum):
    """What was changed; the letter has a sentence for each."""

    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    RESET = "reset"


def changed(session: Session, actor: Actor, account: Account, what: Change, clock: Clock, *, last: bool) -> None:
    """An app or a passkey came or went. Every session of the account ends, and no browser is remembered any more.

    ``last``: none is left, so the recovery codes go as well: there is nothing that they could stand in for.
    """
    if last:
        account.mf_recovery_codes = None
    account.fs_uniquifier = uuid4().hex
    audit.record(session, actor, audit.Tag.SECOND_STEP_CHANGED, account, at=clock(), what=what.value)
    tell(session, account, what, clock())
    session.flush()


def tell(session: Session, account: Account, what: Change, now: datetime) -> None:
    """Write to the account's owner, for the network of their oldest membership; whoever has none is not written to."""
    region_id = session.scalar(
        select(Membership.region_id).where(Membership.account_id == account.id).order_by(Membership.id).limit(1)
    )
    if region_id is None:
        return
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"account:sign_in_changed:{uuid4().hex}",
        kind="account",
        due_at=now,
        region_id=region_id,
        payload={"account_id": account.id, "letter": "sign_in_changed", "what": what.value},
    )
