"""Helping people to renew a school clearance before it is missed: a mail of a coordinator's, once a month at most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.queries.clearances import to_renew
from matchmaker.queries.mail_choices import tidy
from models import AuditEvent, MailKind, Partner, QueueName, Region, Suppression

KIND = "clearance_renewal"
AGAIN_AFTER = timedelta(days=30)
"""Nobody gets this help more often."""


@dataclass(frozen=True)
class Helped:
    """Names: to whom a mail leaves, who had one lately, whom to call (no address, or no such mails), who needs none."""

    sent: tuple[str, ...]
    lately: tuple[str, ...]
    to_call: tuple[str, ...]
    in_order: tuple[str, ...]


def help_with(session: Session, actor: Actor, region: Region, partner_ids: Collection[int], clock: Clock) -> Helped:
    """Leave a mail about renewing to those of some partners of a region whom it helps and whom it may reach."""
    now = clock()
    today = now.astimezone(ZoneInfo(region.time_zone)).date()
    # Locked in order: of two coordinators at once, the second finds who was written to.
    people = session.scalars(
        select(Partner)
        .where(Partner.region_id == region.id, Partner.id.in_(partner_ids), Partner.merged_into_id.is_(None))
        .order_by(Partner.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    lately, quiet = _lately(session, people, now), _quiet(session, region, people)
    groups: dict[str, list[str]] = {"sent": [], "lately": [], "to_call": [], "in_order": []}
    for partner in people:
        if not to_renew(partner.clearance, partner.clearance_expires_on, today):
            group = "in_order"
        elif partner.id in lately:
            group = "lately"
        elif not tidy(partner.email) or tidy(partner.email) in quiet:
            group = "to_call"
        else:
            group = "sent"
            _leave(session, actor, region, partner, now)
        groups[group].append(partner.name)
    session.flush()
    return Helped(**{group: tuple(names) for group, names in groups.items()})


def _leave(session: Session, actor: Actor, region: Region, partner: Partner, now: datetime) -> None:
    audit.record(session, actor, audit.Tag.RENEWAL_HELP_SENT, partner, at=now)
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"{KIND}:{partner.id}:{now.isoformat()}",
        kind=KIND,
        due_at=now,
        region_id=region.id,
        payload={"partner_id": partner.id, "by_id": actor.account_id},
    )


def _lately(session: Session, people: Collection[Partner], now: datetime) -> set[int | None]:
    return set(
        session.scalars(
            select(AuditEvent.subject_id).where(
                AuditEvent.subject_kind == Partner.__tablename__,
                AuditEvent.subject_id.in_([partner.id for partner in people]),
                AuditEvent.tag == audit.Tag.RENEWAL_HELP_SENT.value,
                AuditEvent.at > now - AGAIN_AFTER,
            )
        )
    )


def _quiet(session: Session, region: Region, people: Collection[Partner]) -> set[str]:
    """Those of their addresses to which no question is sent."""
    return set(
        session.scalars(
            select(Suppression.email).where(
                Suppression.region_id == region.id,
                Suppression.email.in_([tidy(partner.email) for partner in people]),
                or_(Suppression.kind.is_(None), Suppression.kind == MailKind.ASKING),
            )
        )
    )
