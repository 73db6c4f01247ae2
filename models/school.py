"""Districts, and schools with their documented need indicators."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, RegionOwned, same_region

LOCALES = tuple(
    f"{kind}-{size}"
    for kind, sizes in {
        "city": ("large", "midsize", "small"),
        "suburban": ("large", "midsize", "small"),
        "town": ("fringe", "distant", "remote"),
        "rural": ("fringe", "distant", "remote"),
    }.items()
    for size in sizes
)
"""The twelve locale types of the US National Center for Education Statistics."""


class District(RegionOwned, Base):
    """A school district of a region."""

    __tablename__ = "district"

    name: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("region_id", "name"),)


class School(RegionOwned, Base):
    """A school. A missing indicator is NULL, which means *unknown* and never zero.

    ``poverty_value`` is in percent (0 to 100); measure, year and source say where it comes from.
    """

    __tablename__ = "school"

    district_id: Mapped[int | None]
    name: Mapped[str]
    neighbourhood: Mapped[str] = mapped_column(default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    grade_low: Mapped[int | None]
    grade_high: Mapped[int | None]
    students: Mapped[int | None]
    poverty_value: Mapped[float | None]
    poverty_measure: Mapped[str | None]
    poverty_year: Mapped[int | None]
    poverty_source: Mapped[str | None]
    locale: Mapped[str | None]
    title_i: Mapped[bool | None]
    # The bells of a school day, in order: [{"name": "2", "from": "08:55", "to": "09:45"}]; empty is *unknown*.
    bells: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    # The key of its row in a spreadsheet of the network's own, by which another import finds it again.
    source_key: Mapped[str | None]

    district: Mapped[District | None] = relationship(
        primaryjoin="foreign(School.district_id) == District.id", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        locales = ", ".join(f"'{locale}'" for locale in LOCALES)
        return (
            same_region("district_id", "district"),
            UniqueConstraint("region_id", "name"),
            UniqueConstraint("region_id", "source_key"),
            CheckConstraint("poverty_value BETWEEN 0 AND 100", name="poverty_percent"),
            CheckConstraint(
                "poverty_value IS NULL OR (poverty_measure IS NOT NULL AND poverty_year IS NOT NULL"
                " AND poverty_source IS NOT NULL)",
                name="poverty_documented",
            ),
            CheckConstraint(f"locale IN ({locales})", name="locale"),
            CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="place"),
            CheckConstraint("grade_low BETWEEN 0 AND 12 AND grade_high BETWEEN grade_low AND 12", name="grades"),
        )
