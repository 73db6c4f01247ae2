"""When a visit needs a school clearance: a region's own table of rules, and the schools of partners' own children."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RegionOwned, same_region


class ClearanceRule(RegionOwned, Base):
    """One row of the table. The first row whose conditions all hold decides; NULL is *whatever it is*.

    ``supervised``: a member of staff is in the room throughout; ``repeated``: more than one visit to the school;
    ``own_child``: a child of the partner's goes there; ``overnight``: the class stays somewhere overnight. Where no row
    holds, `Region.clearance_required` decides.
    """

    __tablename__ = "clearance_rule"

    position: Mapped[int]
    supervised: Mapped[bool | None]
    repeated: Mapped[bool | None]
    own_child: Mapped[bool | None]
    overnight: Mapped[bool | None]
    required: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            # Checked at the end of a transaction, so that rows can trade places.
            UniqueConstraint("region_id", "position", deferrable=True, initially="DEFERRED"),
            CheckConstraint("position >= 1", name="position"),
        )


class FamilySchool(RegionOwned, Base):
    """A partner's own child goes to this school. Which child is nobody's business, and stored nowhere."""

    __tablename__ = "family_school"

    partner_id: Mapped[int]
    school_id: Mapped[int]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("partner_id", "partner", ondelete="CASCADE"),
            same_region("school_id", "school", ondelete="CASCADE"),
            UniqueConstraint("partner_id", "school_id"),
        )
