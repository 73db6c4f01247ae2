"""The capacity ledger: one row per unit of a partner's month that somebody holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from models.base import Base, RegionOwned, same_region


class CapacityUnit(RegionOwned, Base):
    """Unit ``unit`` of a partner's ``period`` (the first day of a calendar month in the region's zone).

    Two held rows of one unit cannot exist, and a trigger refuses a unit beyond what the partner set.
    """

    __tablename__ = "capacity_unit"

    partner_id: Mapped[int]
    period: Mapped[date]
    unit: Mapped[int]
    introduction_id: Mapped[int]
    held_at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        held = text("released_at IS NULL")
        return (
            same_region("partner_id", "partner"),
            same_region("introduction_id", "introduction"),
            Index("uq_capacity_unit_held", "partner_id", "period", "unit", unique=True, postgresql_where=held),
            Index("uq_capacity_unit_introduction", "introduction_id", unique=True, postgresql_where=held),
            # The ranker asks for a region's whole month.
            Index("ix_capacity_unit_month", "region_id", "period", postgresql_where=held),
            CheckConstraint("unit >= 1", name="unit"),
            CheckConstraint("extract(day from period) = 1", name="period"),
        )
