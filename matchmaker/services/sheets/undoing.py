"""Taking an import back as a whole, as far as nothing has happened since; what must stay is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.applying import BOOKS
from matchmaker.services.sheets.books import Book, Kept, Terms
from matchmaker.services.sheets.faults import NotApplied
from models import ImportedRow, Region, RowOutcome, SheetImport


def take_back(session: Session, actor: Actor, import_id: int, clock: Clock) -> SheetImport:
    """Remove what an import has made and put back what it has changed, as far as both are still as it left them.

    Each row that stays says why. Again changes nothing. Raises NotApplied.
    """
    taken = session.get_one(SheetImport, import_id, with_for_update=True, populate_existing=True)
    if taken.applied_at is None:
        raise NotApplied
    if taken.undone_at is not None:
        return taken
    region = session.get_one(Region, taken.region_id, with_for_update=True, populate_existing=True)
    now = clock()
    book = BOOKS[taken.kind](session, region, now)
    counts = {"taken_back": 0, "kept": 0}
    rows = session.scalars(
        select(ImportedRow)
        .where(ImportedRow.import_id == taken.id, ImportedRow.outcome != RowOutcome.UNCHANGED)
        .order_by(ImportedRow.line.desc())
    ).all()
    for row in rows:
        kept = _taken_back(book, actor, row, Terms(file_name=taken.file_name), clock)
        row.kept = kept.value if kept else None
        counts["kept" if kept else "taken_back"] += 1
    taken.undone_at, taken.undone_by_id = now, actor.account_id
    audit.record(session, actor, audit.Tag.SHEET_TAKEN_BACK, taken, at=now, kind=taken.kind.value, **counts)
    session.flush()
    return taken


def _taken_back(book: Book, actor: Actor, imported: ImportedRow, terms: Terms, clock: Clock) -> Kept | None:
    row = book.by_id.get(imported.subject_id)
    if row is None:
        # Somebody has removed it since.
        return None
    if imported.outcome is RowOutcome.CHANGED:
        return _put_back(book, actor, row, imported, terms, clock)
    return _removed(book, actor, row, imported, clock)


def _removed(book: Book, actor: Actor, row: Any, imported: ImportedRow, clock: Clock) -> Kept | None:
    if _differing(book, row, imported.after):
        return Kept.CHANGED
    if (why := book.keeps(row)) is not None:
        return why
    try:
        with book.session.begin_nested():
            book.remove(actor, row, imported.after, clock)
            book.session.flush()
    except IntegrityError:
        # Something refers to it by now: a request, an introduction, a plan.
        return Kept.IN_USE
    return None


def _put_back(book: Book, actor: Actor, row: Any, imported: ImportedRow, terms: Terms, clock: Clock) -> Kept | None:
    """The cells that still hold what the import wrote get back what stood there before."""
    differing = _differing(book, row, imported.after)
    names = [name for name in imported.before if name in book.columns and name not in differing]
    values = book.values(row)
    for name in names:
        cell, before = book.columns[name].cell, imported.before[name]
        values[name] = cell.read(before) if before else cell.empty
    if names:
        book.change(actor, row, values, set(names), terms, clock)
    return Kept.CHANGED if differing else None


def _differing(book: Book, row: Any, after: Mapping[str, str]) -> set[str]:
    """The columns that hold something else than the import wrote."""
    values = book.values(row)
    return {name for name, cell in after.items() if _asked(book, name) and not _still(book, name, cell, values[name])}


def _asked(book: Book, name: str) -> bool:
    """Whether a noted word is the cell of a column that is stored."""
    return name in book.columns and not book.columns[name].asked


def _still(book: Book, name: str, cell: str, value: Any) -> bool:
    column = book.columns[name].cell
    return cell == column.write(value, "en") or (bool(cell) and book.same(name, column.read(cell), value))
