"""Spreadsheets that were read in, and what each of their rows changed, so that it can be taken back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region


class SheetKind(StrEnum):
    """What a spreadsheet holds, one row each."""

    SCHOOLS = "schools"
    TEACHERS = "teachers"
    PARTNERS = "partners"
    FUNDS = "funds"
    CLEARANCES = "clearances"
    REQUESTS = "requests"


class RowOutcome(StrEnum):
    """What a row of a spreadsheet did."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class SheetImport(RegionOwned, Base):
    """One spreadsheet that was handed in, and read in once somebody has confirmed it. ``digest`` is SHA-256 of the
    file, in hexadecimal; ``content`` its text, kept until it is confirmed or has waited too long."""

    __tablename__ = "sheet_import"

    kind: Mapped[SheetKind] = mapped_column(enum_column(SheetKind, "kind"))
    file_name: Mapped[str]
    digest: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    content: Mapped[str | None]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    by: Mapped[Account | None] = relationship(foreign_keys=[by_id])
    rows: Mapped[list[ImportedRow]] = relationship(
        primaryjoin="SheetImport.id == foreign(ImportedRow.import_id)", order_by="ImportedRow.line", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            CheckConstraint("undone_at >= applied_at AND applied_at >= at", name="order"),
            CheckConstraint("undone_at IS NULL OR applied_at IS NOT NULL", name="applied_first"),
            CheckConstraint("applied_at IS NULL OR content IS NULL", name="content_until_applied"),
            Index(None, "region_id", "at"),
        )


class ImportedRow(RegionOwned, Base):
    """What one row did: to which row of the kind's table, and what stood there before (empty for a new one)."""

    __tablename__ = "imported_row"

    import_id: Mapped[int]
    line: Mapped[int]
    outcome: Mapped[RowOutcome] = mapped_column(enum_column(RowOutcome, "outcome"))
    # No foreign key: the row may be of any of five tables, and may be gone when the import is looked at again.
    subject_id: Mapped[int]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # Why it stayed as it is when the import was taken back; NULL where it was taken back, or was not tried.
    kept: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (same_region("import_id", "sheet_import", ondelete="CASCADE"), Index(None, "import_id", "line"))
