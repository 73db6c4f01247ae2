"""Who reads a mail, what they chose to get, and whether an address may be written to at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from models import Account, MailKind, OutboxItem, Partner, Region, Suppression, SuppressionReason

UNREACHABLE = (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)
"""Reasons that stop mails about an account, too: its reader did not merely choose."""


@dataclass(frozen=True)
class Reader:
    """Whoever reads our mails under some addresses of a region, in lower case, and the partners they are there."""

    region: Region
    emails: tuple[str, ...]
    partners: tuple[Partner, ...]
    language: str


@dataclass(frozen=True)
class Choices:
    """What a reader chose. ``unreachable``: their mail came back, or they complained, and nothing is sent any more."""

    stopped: frozenset[MailKind]
    everything: bool
    unreachable: SuppressionReason | None
    paused: bool
    paused_until: date | None


def tidy(email: str) -> str:
    """An address as it is compared."""
    return email.strip().lower()


def reader_of_mail(session: Session, uid: UUID) -> Reader | None:
    """Whoever a mail that left went to; None when there is no such mail (any more)."""
    item = session.scalar(select(OutboxItem).where(OutboxItem.uid == uid, OutboxItem.recipient.is_not(None)))
    if item is None or item.recipient is None or item.region_id is None:
        return None
    region = session.get_one(Region, item.region_id)
    partners = _partners(session, region.id, func.lower(func.trim(Partner.email)) == item.recipient)
    account = session.scalar(select(Account).where(Account.email == item.recipient))
    language = partners[0].language if partners else account.language if account else region.languages[0]
    return Reader(region, (item.recipient,), partners, language)


def reader_signed_in(session: Session, region: Region, account: Account) -> Reader:
    """An account as a reader: its own address, and those of the partner it is."""
    partners = _partners(session, region.id, Partner.account_id == account.id)
    emails = dict.fromkeys(tidy(email) for email in (account.email, *(partner.email for partner in partners)))
    return Reader(region, tuple(emails), partners, account.language)


def of(session: Session, reader: Reader) -> Choices:
    """What a reader chose so far."""
    rows = session.execute(
        select(Suppression.kind, Suppression.reason).where(
            Suppression.region_id == reader.region.id, Suppression.email.in_(reader.emails)
        )
    ).all()
    paused = [partner for partner in reader.partners if partner.paused_at is not None]
    return Choices(
        stopped=frozenset(kind for kind, _ in rows if kind is not None),
        everything=any(kind is None for kind, _ in rows),
        unreachable=next((reason for kind, reason in rows if kind is None and reason in UNREACHABLE), None),
        paused=bool(paused),
        paused_until=max((each.paused_until for each in paused if each.paused_until), default=None),
    )


def stopped(session: Session, region_id: int | None, email: str, kind: MailKind | None) -> SuppressionReason | None:
    """Why a mail of a kind may not go to an address, or None. Mails about an account (no kind) heed no choice."""
    applies = (
        Suppression.reason.in_(UNREACHABLE)
        if kind is None
        else or_(Suppression.kind.is_(None), Suppression.kind == kind)
    )
    return session.scalar(
        select(Suppression.reason)
        .where(Suppression.region_id == region_id, Suppression.email == tidy(email), applies)
        .order_by(Suppression.kind.is_not(None))
        .limit(1)
    )


def want_nothing(session: Session, region_id: int, emails: Collection[str]) -> set[str]:
    """Those of some addresses that get no mail at all, as they are compared."""
    return set(
        session.scalars(
            select(Suppression.email).where(
                Suppression.region_id == region_id,
                Suppression.email.in_([tidy(email) for email in emails]),
                Suppression.kind.is_(None),
            )
        )
    )


def not_before(session: Session, region: Region, email: str, now: datetime) -> datetime | None:
    """When a mail that can wait may leave, or None for at once: after the quiet hours, and tomorrow where today's
    mails to this person are as many as the region sends in a day."""
    zone = ZoneInfo(region.time_zone)
    local = now.astimezone(zone)
    midnight = datetime.combine(local.date(), time(0), zone)
    if _is_quiet(region, local.hour):
        return _next_hour(region.quiet_until, local, zone)
    sent = session.scalar(
        select(func.count()).where(
            OutboxItem.recipient == tidy(email), OutboxItem.done_at >= midnight, OutboxItem.region_id == region.id
        )
    )
    if (sent or 0) < region.daily_mails:
        return None
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(0), zone)
    return _next_hour(region.quiet_until, tomorrow - timedelta(seconds=1), zone)


def _is_quiet(region: Region, hour: int) -> bool:
    first, last = region.quiet_from, region.quiet_until
    return first <= hour < last if first <= last else hour >= first or hour < last


def _next_hour(hour: int, local: datetime, zone: ZoneInfo) -> datetime:
    """The next time that clocks show this full hour; in the night in which they skip it, the moment after."""
    today = datetime.combine(local.date(), time(hour), zone)
    later = today if today > local else datetime.combine(local.date() + timedelta(days=1), time(hour), zone)
    return later.astimezone(UTC)


def _partners(session: Session, region_id: int, which: ColumnElement[bool]) -> tuple[Partner, ...]:
    # What was written to a profile that another took in is read by the same person.
    now = select(func.coalesce(Partner.merged_into_id, Partner.id)).where(Partner.region_id == region_id, which)
    found: Sequence[Partner] = session.scalars(
        select(Partner).where(Partner.region_id == region_id, Partner.id.in_(now)).order_by(Partner.id)
    ).all()
    return tuple(found)
