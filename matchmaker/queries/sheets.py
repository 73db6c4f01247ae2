"""Reading the imports of a region: who handed in what, and what became of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from models import ImportedRow, RowOutcome, SheetImport


def of_region(region_id: int) -> Select[SheetImport]:
    """What was read in, newest first."""
    return (
        select(SheetImport)
        .where(SheetImport.region_id == region_id, SheetImport.applied_at.is_not(None))
        .options(joinedload(SheetImport.by))
        .order_by(SheetImport.applied_at.desc(), SheetImport.id.desc())
    )


def counts(session: Session, imports: Sequence[SheetImport]) -> Mapping[int, dict[str, int]]:
    """How many rows each import made, changed and found as they were; and how many stayed when it was taken back."""
    found: dict[int, dict[str, int]] = {each.id: {} for each in imports}
    rows = session.execute(
        select(ImportedRow.import_id, ImportedRow.outcome, func.count(), func.count(ImportedRow.kept))
        .where(ImportedRow.import_id.in_(found))
        .group_by(ImportedRow.import_id, ImportedRow.outcome)
    )
    for import_id, outcome, count, kept in rows:
        found[import_id][outcome.value] = count
        found[import_id]["kept"] = found[import_id].get("kept", 0) + kept
    return found


def rows(import_id: int) -> Select[ImportedRow]:
    """What the rows of an import did, those that did nothing left out."""
    return (
        select(ImportedRow)
        .where(ImportedRow.import_id == import_id, ImportedRow.outcome != RowOutcome.UNCHANGED)
        .order_by(ImportedRow.kept.is_(None), ImportedRow.line)
    )
