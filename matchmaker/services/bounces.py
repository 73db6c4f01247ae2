"""What follows when a mail comes back, or its reader marks it as unwanted: another try, silence, a person who calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.policies import NOBODY
from matchmaker.services import mail_choices, tasks
from models import Introduction, OutboxItem, Partner, QueueName, Region, Side, SuppressionReason, TaskKind

log = structlog.get_logger()

TRIES = 3
"""How often a mail that came back for a while leaves again, before it counts as come back for good."""
PATIENCE = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""How long to wait before each of them."""
RECENT = timedelta(days=7)
"""A report that only names an address is about the newest mail to it, unless that is older: servers give up sooner."""


def find(session: Session, uid: UUID | None, email: str | None, now: datetime) -> OutboxItem | None:
    """The mail a report is about, locked: by its Message-ID, else the newest that went to the address."""
    query = select(OutboxItem).where(OutboxItem.queue == QueueName.MAIL, OutboxItem.recipient.is_not(None))
    if uid is not None:
        query = query.where(OutboxItem.uid == uid)
    elif email:
        recent = OutboxItem.done_at.between(now - RECENT, now)
        query = query.where(OutboxItem.recipient == email, recent).order_by(OutboxItem.done_at.desc()).limit(1)
    else:
        return None
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def came_back(
    session: Session, item: OutboxItem, status: str, now: datetime, *, for_good: bool, about_us: bool = False
) -> None:
    """A mail that had left was not delivered. For a while: it leaves again later, the same mail by its Message-ID, if
    there is still reason to send it. For good: its address is left alone, and a coordinator gets a task.

    ``about_us``: the server refuses us, not the address, which is then kept. A second report of one sending, or one
    about a mail that has not left (again) yet, changes nothing.
    """
    if item.done_at is None or item.last_error == _noted(status, item.done_at):
        return
    item.last_error = _noted(status, item.done_at)
    item.bounces += 1
    audit.record(session, NOBODY, audit.Tag.MAIL_CAME_BACK, item, at=now, kind=item.kind, status=status)
    # A letter about an account is not kept once it has left: whoever misses it asks for another.
    if not for_good and item.bounces <= TRIES and item.payload:
        item.done_at, item.attempts, item.due_at = None, 0, now + PATIENCE[item.bounces - 1]
    else:
        reason = None if about_us else SuppressionReason.BOUNCED
        _give_up(session, item, now, reason, why="refused" if about_us else "bounced")
    session.flush()


def complained(session: Session, item: OutboxItem, now: datetime) -> None:
    """A reader marked a mail as unwanted: nothing is sent there any more, and a coordinator gets a task."""
    audit.record(session, NOBODY, audit.Tag.MAIL_COMPLAINED_OF, item, at=now, kind=item.kind)
    _give_up(session, item, now, SuppressionReason.COMPLAINED, why="complained")
    session.flush()


def put_aside(session: Session, item: OutboxItem, now: datetime) -> None:
    """A mail did not even leave, and trying again is useless: a coordinator gets a task."""
    if item.failed_at is not None:
        _open_task(session, item, now, "not_sent")


def _noted(status: str, left_at: datetime) -> str:
    """How an item remembers a report; it names the sending, so that the same report is known again."""
    return f"came back: {status} (left {left_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC)"


def _give_up(session: Session, item: OutboxItem, now: datetime, reason: SuppressionReason | None, *, why: str) -> None:
    if reason is not None and item.recipient and item.region_id is not None:
        mail_choices.suppress(session, item.region_id, item.recipient, None, reason)
    _open_task(session, item, now, why)


def _open_task(session: Session, item: OutboxItem, now: datetime, why: str) -> None:
    """Somebody has to call. ``detail`` says which letter did not arrive on which side, and why."""
    if item.region_id is None:
        return
    introduction = session.get(Introduction, item.payload.get("introduction_id", 0))
    partner = None if introduction else _partner_of(session, item)
    if introduction is None and partner is None:
        # A letter about an account: there is nobody to call about anything.
        return
    side = item.payload.get("side") or (Side.TEACHER if item.kind.endswith("_teacher") else Side.PARTNER).value
    about = f"{introduction.key}:{side}" if introduction else f"partner:{partner.id if partner else 0}"
    try:
        tasks.open_task(
            session,
            TaskKind.MAIL_CAME_BACK,
            f"{TaskKind.MAIL_CAME_BACK}:{about}",
            session.get_one(Region, item.region_id),
            now=now,
            introduction=introduction,
            partner=partner,
            side=side,
            letter=item.kind,
            why=why,
        )
    except tasks.NobodyToAsk:
        log.warning("nobody_to_call", item=item.id)


def _partner_of(session: Session, item: OutboxItem) -> Partner | None:
    return session.scalar(
        select(Partner)
        .where(Partner.region_id == item.region_id, func.lower(func.trim(Partner.email)) == item.recipient)
        .order_by(Partner.merged_into_id.is_not(None), Partner.id)
        .limit(1)
    )
