"""What every table shares: naming, time in UTC, and rows that belong to one region."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Enum, ForeignKey, ForeignKeyConstraint, MetaData, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of all tables; every instant is stored with its zone (UTC)."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 (SQLAlchemy reads a plain dict)


def enum_column(kind: type[StrEnum], name: str) -> Enum:
    """A text column that PostgreSQL checks against the members' values (cheaper to change than a native enum)."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


def same_region(column: str, target: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key that carries region_id, so that PostgreSQL refuses a reference into another region."""
    return ForeignKeyConstraint(
        ["region_id", column], [f"{target}.region_id", f"{target}.id"], **{"ondelete": "RESTRICT", **options}
    )


class Created:
    """A row that knows when it was written."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RegionOwned(Created):
    """A row of one region. Other tables point at it by (region_id, id)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id", ondelete="RESTRICT"), index=True)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("region_id", "id"), *cls.constraints())

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        """The table's own constraints and indexes, beside those every region-owned table has."""
        return ()
