"""Webhooks: addresses of a region's own programs that are told what happens. Each call is a row of the outbox, signed,
and tried again with growing gaps; an address that does not answer for a day rests until somebody wakes it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Integer, bindparam, case, cast, or_, select, update
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import NOBODY, Actor
from matchmaker.services import events
from matchmaker.services.events import EventType
from models import OutboxItem, QueueName, Region, Webhook

GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 480))
"""How long an address is left alone after its first, second, … failure in a row: a day in all. After one more it
rests. An event that fails while others arrive is tried at the same distances, and then put aside."""
MOST = 10
"""Addresses of a region."""
GONE = "410"
"""The answer by which a receiver says that it wants no more."""

_about = cast(OutboxItem.payload["webhook_id"].astext, Integer)
_gap = case({number: gap for number, gap in enumerate(GAPS, start=1)}, value=Webhook.failures, else_=GAPS[-1])
_due = (
    OutboxItem.queue == QueueName.WEBHOOKS,
    OutboxItem.done_at.is_(None),
    OutboxItem.failed_at.is_(None),
    OutboxItem.due_at <= bindparam("now"),
)
# One call at a time to each address: it is locked first, so that whoever looks for work passes by a slow one.
_NEXT_ADDRESS = (
    select(Webhook.id)
    .where(
        Webhook.resting_at.is_(None),
        or_(Webhook.failures == 0, Webhook.last_at + _gap <= bindparam("now")),
        select(OutboxItem.id).where(*_due, _about == Webhook.id, OutboxItem.region_id == Webhook.region_id).exists(),
    )
    .order_by(Webhook.last_at.nulls_first(), Webhook.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_NEXT_CALL = (
    select(OutboxItem)
    .where(*_due, _about == bindparam("webhook_id"))
    .order_by(OutboxItem.due_at, OutboxItem.id)
    .limit(1)
    .with_for_update()
)


class TooManyWebhooks(Conflict):
    """The region has as many addresses as it may."""


class ToldAlready(Conflict):
    """The address is on the list."""


class NotAnAddress(Invalid):
    """It is no address that could be called. ``why``: shape, https."""


def of(session: Session, region: Region) -> Sequence[Webhook]:
    """A region's addresses, in the order in which they were added."""
    return session.scalars(select(Webhook).where(Webhook.region_id == region.id).order_by(Webhook.id)).all()


def unhappy(session: Session, region_id: int) -> Sequence[Webhook]:
    """A region's addresses that did not take their last call, those that rest first."""
    query = select(Webhook).where(Webhook.region_id == region_id, Webhook.failures > 0)
    return session.scalars(query.order_by(Webhook.resting_at.nulls_last(), Webhook.id)).all()


def add(
    session: Session,
    actor: Actor,
    region: Region,
    *,
    url: str,
    types: Collection[EventType],
    plain: bool,
    now: datetime,
) -> Webhook:
    """Tell an address of these events from now on; the same again changes nothing. ``plain``: http will do.

    Raises NotAnAddress, ToldAlready (of other events), TooManyWebhooks with ``most``, or Invalid with ``field``.
    """
    _require_address(url, plain)
    if not types:
        raise Invalid(field="events")
    # Locked, so that two windows do not count past each other.
    session.get_one(Region, region.id, with_for_update={"key_share": True}, populate_existing=True)
    known, wanted = of(session, region), [each.value for each in EventType if each in types]
    if (there := next((each for each in known if each.url == url), None)) is not None:
        if there.events == wanted:
            return there
        raise ToldAlready
    if len(known) >= MOST:
        raise TooManyWebhooks(most=MOST)
    webhook = Webhook(region_id=region.id, url=url, events=wanted, made_by_id=actor.account_id)
    session.add(webhook)
    session.flush()
    audit.record(session, actor, audit.Tag.WEBHOOK_ADDED, webhook, at=now, events=wanted)
    return webhook


def remove(session: Session, actor: Actor, webhook_id: int, now: datetime) -> None:
    """Tell it nothing more, not even what waits."""
    webhook = _locked(session, webhook_id)
    session.execute(update(OutboxItem).where(*_open(webhook)).values(done_at=now, failed_at=None))
    audit.record(session, actor, audit.Tag.WEBHOOK_REMOVED, webhook, at=now)
    session.delete(webhook)
    session.flush()


def renew(session: Session, actor: Actor, webhook_id: int, seed: UUID, now: datetime) -> None:
    """Sign with another secret from now on. ``seed`` is what the page knew: the same form twice renews once."""
    webhook = _locked(session, webhook_id)
    if webhook.seed == seed:
        webhook.seed = uuid4()
        audit.record(session, actor, audit.Tag.WEBHOOK_RENEWED, webhook, at=now)
        session.flush()


def wake(session: Session, actor: Actor, webhook_id: int, now: datetime) -> None:
    """Call again at once, with everything that waits and everything that was put aside. Again changes nothing."""
    webhook = _locked(session, webhook_id)
    if webhook.failures or webhook.resting_at is not None:
        webhook.failures, webhook.resting_at = 0, None
        audit.record(session, actor, audit.Tag.WEBHOOK_WOKEN, webhook, at=now)
        session.flush()
    for item in session.scalars(select(OutboxItem).where(*_open(webhook)).with_for_update()):
        outbox.retry(session, item, now)


def test(session: Session, actor: Actor, webhook_id: int, now: datetime) -> None:
    """Send an event that says nothing but that it is a test; one at a time."""
    webhook = _locked(session, webhook_id)
    region = session.get_one(Region, webhook.region_id)
    told = events.body(events.TEST, region.slug, now, "webhook", webhook.id)
    since = webhook.last_at.isoformat() if webhook.last_at else "never"
    events.put(session, webhook.id, region.id, told, now, key=f"test:{since}")
    audit.record(session, actor, audit.Tag.WEBHOOK_TESTED, webhook, at=now)
    session.flush()


def claim(session: Session, now: datetime) -> OutboxItem | None:
    """The next call of an address that nobody is calling, locked with the address; the one called longest ago first.
    None when nothing is due, or all of it is in hand, rests, or is left alone for a while."""
    while (webhook_id := session.scalar(_NEXT_ADDRESS, {"now": now})) is not None:
        item = session.scalar(_NEXT_CALL, {"now": now, "webhook_id": webhook_id})
        if item is not None:
            return item
        # Whoever had the address before has just made the one call that it was picked for.
    return None


def addressee(session: Session, item: OutboxItem) -> Webhook:
    """Whom a call is for."""
    return session.get_one(Webhook, item.payload["webhook_id"], populate_existing=True)


def secret(key: str, webhook: Webhook) -> str:
    """What its calls are signed with, as the receiver gets it. Derived, so that no copy of the database holds it."""
    return "whsec_" + base64.b64encode(_secret(key, webhook)).decode()


def message(key: str, webhook: Webhook, item: OutboxItem, now: datetime) -> tuple[bytes, dict[str, str]]:
    """The body of a call and its headers, signed as Standard Webhooks has it: HMAC-SHA256 over id, time and body."""
    told = item.payload["event"]
    body = json.dumps(told, separators=(",", ":"), sort_keys=True).encode()
    at = str(int(now.timestamp()))
    signed = hmac.digest(_secret(key, webhook), b".".join((told["id"].encode(), at.encode(), body)), "sha256")
    return body, {
        "Content-Type": "application/json",
        "User-Agent": "Matchmaker",
        "webhook-id": told["id"],
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


def answered(session: Session, webhook: Webhook, status: int, now: datetime) -> None:
    """A call was taken: whatever failed before is forgotten."""
    webhook.failures, webhook.last_at, webhook.last_status = 0, now, str(status)
    session.flush()


def failed(session: Session, item_id: int, why: str, now: datetime) -> None:
    """A call was not taken. It is tried again later, and its address left alone for a while, or laid to rest."""
    item = session.get_one(OutboxItem, item_id)
    # The address before its call, as everywhere.
    webhook = session.get(Webhook, item.payload["webhook_id"], with_for_update=True, populate_existing=True)
    session.refresh(item, with_for_update=True)
    if webhook is None or item.done_at is not None:
        return
    webhook.failures += 1
    webhook.last_at, webhook.last_status = now, why
    item.attempts += 1
    item.last_error = why
    if webhook.failures > len(GAPS) or why == GONE:
        webhook.resting_at = now
        audit.record(session, NOBODY, audit.Tag.WEBHOOK_RESTS, webhook, at=now)
    elif item.attempts > len(GAPS):
        item.failed_at = now
    item.due_at = now + GAPS[min(item.attempts, len(GAPS)) - 1]


def _require_address(url: str, plain: bool) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not url.isascii() or not url.isprintable() or set(url) & set(" #@\\") or len(url) > 500:
        raise NotAnAddress(why="shape")
    if not url.startswith("https://") and not plain:
        raise NotAnAddress(why="https")


def _locked(session: Session, webhook_id: int) -> Webhook:
    return session.get_one(Webhook, webhook_id, with_for_update=True, populate_existing=True)


def _open(webhook: Webhook) -> tuple[ColumnElement[bool], ...]:
    """What an address was not told yet."""
    return (
        OutboxItem.queue == QueueName.WEBHOOKS,
        OutboxItem.region_id == webhook.region_id,
        _about == webhook.id,
        OutboxItem.done_at.is_(None),
    )


def _secret(key: str, webhook: Webhook) -> bytes:
    return hmac.digest(f"matchmaker.webhook.{key}".encode(), webhook.seed.bytes, "sha256")
