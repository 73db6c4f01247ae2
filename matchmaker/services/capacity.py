"""Holding and releasing units of a partner's month."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.errors import Conflict
from models import CapacityUnit, Introduction, LearningRequest, Partner, Region

LOCK = {"key_share": True}
"""How a partner is locked here: two who have both just written an introduction of the same person refer to the same row
already, and a full lock would have each wait for the other."""


class PartnerFull(Conflict):
    """The partner has given all the visits of that month."""


def period_of(instant: datetime, region: Region) -> date:
    """The ledger's period of an instant: the first day of its month in the region's zone."""
    return instant.astimezone(ZoneInfo(region.time_zone)).date().replace(day=1)


def period_of_request(request: LearningRequest, region: Region, now: datetime) -> date:
    """Until a date is chosen: the month of the earliest date offered that lies ahead, or this month when none does."""
    return period_of(min((w.starts_at for w in request.windows if w.starts_at > now), default=now), region)


def hold(session: Session, introduction: Introduction, period: date, now: datetime) -> CapacityUnit:
    """Hold the lowest free unit of the partner's month for an introduction. Raises PartnerFull when none is left.

    The partner's row is locked meanwhile, so that two coordinators queue instead of colliding.
    """
    partner = session.get_one(Partner, introduction.partner_id, with_for_update=LOCK, populate_existing=True)
    taken = set(
        session.scalars(
            select(CapacityUnit.unit).where(
                CapacityUnit.partner_id == partner.id,
                CapacityUnit.period == period,
                CapacityUnit.released_at.is_(None),
            )
        )
    )
    free = [unit for unit in range(1, partner.monthly_capacity + 1) if unit not in taken]
    if not free or partner.merged_into_id is not None:
        raise PartnerFull(partner=partner.name, period=period)
    held = CapacityUnit(
        region_id=introduction.region_id,
        partner_id=partner.id,
        period=period,
        unit=free[0],
        introduction_id=introduction.id,
        held_at=now,
    )
    session.add(held)
    session.flush()
    return held


def release(session: Session, introduction: Introduction, now: datetime) -> None:
    """Give back whatever unit an introduction holds."""
    session.execute(
        update(CapacityUnit)
        .where(CapacityUnit.introduction_id == introduction.id, CapacityUnit.released_at.is_(None))
        .values(released_at=now)
    )


def move(session: Session, introduction: Introduction, period: date, now: datetime) -> None:
    """Make the held unit one of another month, when the chosen date lies there. Raises PartnerFull."""
    held = session.scalar(
        select(CapacityUnit).where(CapacityUnit.introduction_id == introduction.id, CapacityUnit.released_at.is_(None))
    )
    if held is None or held.period != period:
        release(session, introduction, now)
        hold(session, introduction, period, now)
