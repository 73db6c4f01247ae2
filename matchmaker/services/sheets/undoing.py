"""Taking an import back as a whole, as far as nothing has happened since; what must stay is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import revisions
from matchmaker.services.sheets.applying import BOOKS, alone
from matchmaker.services.sheets.books import Book, Change, Kept, Terms
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
    now = clock()
    alone(session, taken.region_id)
    book = BOOKS[taken.kind](session, session.get_one(Region, taken.region_id), now)
    rows = session.scalars(
        select(ImportedRow)
        .where(ImportedRow.import_id == taken.id, ImportedRow.outcome != RowOutcome.UNCHANGED)
        .order_by(ImportedRow.line.desc())
    ).all()
    back = _Back(book, actor, Terms(file_name=taken.file_name), clock)
    with revisions.together(session, now):
        back.take(rows)
    kept = sum(row.kept is not None for row in rows)
    taken.undone_at, taken.undone_by_id = now, actor.account_id
    counts = {"taken_back": len(rows) - kept, "kept": kept}
    audit.record(session, actor, audit.Tag.SHEET_TAKEN_BACK, taken, at=now, kind=taken.kind.value, **counts)
    session.flush()
    return taken


class _Back:
    """The rows of an import, taken back: first each is looked at, then all are written at once."""

    def __init__(self, book: Book, actor: Actor, terms: Terms, clock: Clock) -> None:
        self.book, self.actor, self.terms, self.clock = book, actor, terms, clock

    def take(self, rows: Sequence[ImportedRow]) -> None:
        """Take all back, and say of each why it stays."""
        going, changes = [], []
        for row in rows:
            stored = self.book.by_id.get(row.subject_id)
            if stored is None:
                # Somebody has removed it since.
                continue
            differing = _differing(self.book, stored, row.after)
            why = Kept.CHANGED if differing else None
            if row.outcome is RowOutcome.CHANGED:
                changes += _put_back(self.book, stored, row, differing)
            elif (why := why or self.book.keeps(stored)) is None:
                going.append((row, stored))
            row.kept = why.value if why else None
        self._remove(going)
        self.book.change(self.actor, changes, self.terms, self.clock)

    def _remove(self, going: Sequence[tuple[ImportedRow, Any]]) -> None:
        """All at once; where something refers to one of them by now, each by itself, so that only that one stays."""
        session = self.book.session
        try:
            with session.begin_nested():
                for row, stored in going:
                    self.book.remove(self.actor, stored, row.after, self.clock)
                session.flush()
        except IntegrityError:
            if len(going) == 1:
                going[0][0].kept = Kept.IN_USE.value
                return
            for one in going:
                self._remove([one])


def _put_back(book: Book, stored: Any, imported: ImportedRow, differing: Set[str]) -> list[Change]:
    """The cells that still hold what the import wrote get back what stood there before."""
    names = [name for name in imported.before if name in book.columns and name not in differing]
    if not names or (differing and book.whole):
        return []
    values = book.values(stored)
    for name in names:
        cell, before = book.columns[name].cell, imported.before[name]
        values[name] = cell.read(before) if before else cell.empty
    return [Change(stored, values, set(names))]


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
