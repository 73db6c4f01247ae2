"""Founding a region with its first equity policy, and what its admins decide about it later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.equity import DEFAULT_DIAL, Policy
from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import Actor
from models import Account, EquityPolicy, Region

DEFAULT_RATIONALE = (
    "The policy a region starts with. Schools that were visited less, and whose documented need is higher, keep more of"
    " their closeness when somebody busy is asked; people shown less often than their knowledge deserves get a small,"
    " bounded lift; a full month costs more than an empty one."
)


class SecondStepFirst(Conflict):
    """Whoever asks others for a second step has one: an admin must not lock themself out."""


class RegionExists(Conflict):
    """A region of that name is there already."""


def found(
    session: Session,
    region: Region,
    clock: Clock,
    *,
    dial: float = DEFAULT_DIAL,
    rationale: str = DEFAULT_RATIONALE,
) -> Region:
    """Store a new region and version 1 of its equity policy: the numbers of a position of the dial.

    Raises RegionExists, or ValueError for a position that the dial does not have.
    """
    policy = Policy.at(dial)
    if session.scalar(select(Region.id).where(Region.slug == region.slug)) is not None:
        raise RegionExists(slug=region.slug)
    session.add(region)
    session.flush()
    first = EquityPolicy(region_id=region.id, version=1, dial=dial, rationale=rationale, since=clock())
    first.numbers = asdict(policy)
    session.add(first)
    session.flush()
    return region


NUMBERS = (
    *("answer_days", "remind_days", "limit_days", "task_days", "notice_days"),
    *("quiet_from", "quiet_until", "daily_mails", "undo_seconds", "conversations_read", "second_step_required"),
    *("postal_address", "phone", "email"),
)
"""What an admin decides about a network, beside its policy and its calendar."""


def set_numbers(session: Session, actor: Actor, region_id: int, wanted: Mapping[str, Any], clock: Clock) -> Region:
    """Change some of ``NUMBERS``; what is under way keeps the days it was promised. The audit says which changed.

    Raises Invalid naming the field for a reminder that would come after the answer is due, and SecondStepFirst where an
    admin without a second step would ask the staff for one.
    """
    region = session.get_one(Region, region_id, with_for_update=True, populate_existing=True)
    changed = {name: wanted[name] for name in NUMBERS if name in wanted and wanted[name] != getattr(region, name)}
    if changed.get("second_step_required") and not _has_second_step(session, actor):
        raise SecondStepFirst
    for name, value in changed.items():
        setattr(region, name, value)
    if region.remind_days >= region.answer_days:
        raise Invalid(field="remind_days")
    if changed:
        numbers = {name: value for name, value in changed.items() if not isinstance(value, str)}
        audit.record(session, actor, audit.Tag.REGION_SET, region, at=clock(), changed=sorted(changed), **numbers)
    session.flush()
    return region


def _has_second_step(session: Session, actor: Actor) -> bool:
    return actor.account_id is not None and session.get_one(Account, actor.account_id).has_second_step


def without_postal_address(session: Session) -> Sequence[str]:
    """Regions whose mails lack what the law asks of whoever writes to many: an address on paper."""
    return session.scalars(select(Region.slug).where(func.trim(Region.postal_address) == "").order_by(Region.id)).all()
