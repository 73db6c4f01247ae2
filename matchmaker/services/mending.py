"""Mending what got stuck: send again, let go of, write to an address again. Each is in the audit."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Integer, cast, select
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import Actor
from models import Introduction, IntroductionState, OutboxItem, QueueName, Suppression, SuppressionReason

STANDS_STILL_WITHOUT = {
    IntroductionState.APPROVED: frozenset({"invitation"}),
    IntroductionState.ACCEPTED: frozenset({"introduction_teacher", "introduction_partner"}),
}
"""Letters whose leaving carries an introduction on from a state."""


class DropReason(StrEnum):
    """Why a mail need not go any more."""

    TOLD = "told"
    """They were told by phone or in person."""
    OVER = "over"
    """What it was about is over."""
    WRONG_ADDRESS = "wrong_address"
    """It was addressed to somebody it was not for."""


class StillNeeded(Conflict):
    """Something would stand still for ever without it."""


class NotTheirWish(Invalid):
    """They asked to be left alone, or complained; only their own word changes that."""


def retry(session: Session, actor: Actor, item_id: int, clock: Clock) -> OutboxItem:
    """Put an item that failed, or was put aside, back in line now. Raises Conflict when it was done, or is in hand."""
    now = clock()
    item = _taken(session, item_id)
    outbox.retry(session, item, now)
    audit.record(session, actor, audit.Tag.OUTBOX_RETRIED, item, at=now, kind=item.kind)
    session.flush()
    return item


def drop(session: Session, actor: Actor, item_id: int, reason: DropReason, clock: Clock) -> OutboxItem:
    """Let go of a mail that was put aside. Raises Conflict when it no longer is, StillNeeded when somebody would wait
    for what its leaving brings about."""
    now = clock()
    item = _taken(session, item_id)
    if item.failed_at is None:
        raise Conflict
    if item.queue is not QueueName.MAIL or _waited_for(session, item):
        raise StillNeeded
    item.failed_at, item.done_at = None, now
    audit.record(session, actor, audit.Tag.OUTBOX_DROPPED, item, at=now, kind=item.kind, reason=reason.value)
    session.flush()
    return item


def lift(session: Session, actor: Actor, suppression_id: int, clock: Clock, *, asked: bool) -> None:
    """Write to an address again. ``asked`` says that its reader wants it; without that, only what a mail server said is
    lifted. Raises NotTheirWish otherwise."""
    suppression = session.get_one(Suppression, suppression_id, with_for_update=True, populate_existing=True)
    if suppression.reason is not SuppressionReason.BOUNCED and not asked:
        raise NotTheirWish
    audit.record(
        session,
        actor,
        audit.Tag.SUPPRESSION_LIFTED,
        suppression,
        at=clock(),
        reason=suppression.reason.value,
        asked=asked,
    )
    session.delete(suppression)
    session.flush()


def _taken(session: Session, item_id: int) -> OutboxItem:
    """The item, locked: whoever sends it this moment keeps it, and we are told so."""
    item = session.scalar(
        select(OutboxItem)
        .where(OutboxItem.id == item_id, OutboxItem.done_at.is_(None))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if item is None:
        raise Conflict
    return item


def _waited_for(session: Session, item: OutboxItem) -> bool:
    named = cast(OutboxItem.payload["introduction_id"].astext, Integer)
    state = session.scalar(
        select(Introduction.state)
        .join(OutboxItem, (Introduction.id == named) & (Introduction.region_id == OutboxItem.region_id))
        .where(OutboxItem.id == item.id)
    )
    return state is not None and item.kind in STANDS_STILL_WITHOUT.get(state, ())
