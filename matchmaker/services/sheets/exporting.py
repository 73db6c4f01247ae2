"""What a region holds as spreadsheets of the same columns that are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.applying import BOOKS
from matchmaker.services.sheets.books import Book
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.services.sheets.writing import written
from models import ImportedRow, Region, SheetImport, SheetKind


def export(session: Session, actor: Actor, region: Region, kind: SheetKind, language: str, clock: Clock) -> str:
    """All rows of a kind as the text of a CSV file. Whose contacts stand in it is in the audit."""
    book = BOOKS[kind](session, region, clock())
    record_shown(book, actor)
    return written(COLUMNS[kind], book.read_through(), language)


def record_shown(book: Book, actor: Actor) -> None:
    """Put into the audit whose contacts all rows of a book hold."""
    if book.shows is not None:
        table, column = book.shows
        whose = book.stored().with_only_columns(column).order_by(None).distinct()
        tag = audit.Tag.CONTACTS_SEEN
        audit.record_each(book.session, actor, tag, table, whose, book.region, at=book.now, during="export")


def labels(session: Session, handed: SheetImport, rows: Sequence[ImportedRow], now: datetime) -> dict[int, str]:
    """What the rows of an import are called: as they are now, or as the import has left them."""
    book = BOOKS[handed.kind](session, session.get_one(Region, handed.region_id), now)
    named = {}
    for row in rows:
        stored = book.by_id.get(row.subject_id)
        title = row.after.get("name") or row.after.get("title") or ""
        named[row.id] = book.label(book.values(stored)) if stored is not None else title
    return named
