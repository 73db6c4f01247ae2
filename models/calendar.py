"""The days on which a region's schools do not count: holidays, breaks, testing weeks."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RegionOwned, enum_column


class ClosureKind(StrEnum):
    """Why no visit is offered on these days, and none of them counts as a school day."""

    HOLIDAY = "holiday"
    TESTING = "testing"


class Closure(RegionOwned, Base):
    """Days without visits, both ends included. ``name`` is kept per language, as the region's own texts are."""

    __tablename__ = "closure"

    first_on: Mapped[date]
    last_on: Mapped[date]
    kind: Mapped[ClosureKind] = mapped_column(enum_column(ClosureKind, "kind"), default=ClosureKind.HOLIDAY)
    name: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("region_id", "first_on", "kind"),
            CheckConstraint("last_on >= first_on", name="order"),
        )
