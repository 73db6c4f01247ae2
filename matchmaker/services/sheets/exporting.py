"""What a region holds as spreadsheets of the same columns that are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.applying import BOOKS
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.services.sheets.writing import written
from models import ImportedRow, Region, SheetImport, SheetKind


def export(session: Session, actor: Actor, region: Region, kind: SheetKind, language: str, clock: Clock) -> str:
    """All rows of a kind as the text of a CSV file. Whose contacts stand in it is in the audit."""
    now = clock()
    book = BOOKS[kind](session, region, now)
    rows = [book.values(row) for row in book.by_id.values()]
    for person in book.shown():
        audit.record(session, actor, audit.Tag.CONTACTS_SEEN, person, at=now, during="export")
    session.flush()
    return written(COLUMNS[kind], rows, language)


def labels(session: Session, handed: SheetImport, rows: Sequence[ImportedRow], now: datetime) -> dict[int, str]:
    """What the rows of an import are called: as they are now, or as the import has left them."""
    book = BOOKS[handed.kind](session, session.get_one(Region, handed.region_id), now)
    named = {}
    for row in rows:
        stored = book.by_id.get(row.subject_id)
        title = row.after.get("name") or row.after.get("title") or ""
        named[row.id] = book.label(book.values(stored)) if stored is not None else title
    return named
