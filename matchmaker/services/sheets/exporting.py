"""What a region holds as spreadsheets of the same columns that are read."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.applying import BOOKS
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.services.sheets.writing import written
from models import Region, SheetKind


def export(session: Session, actor: Actor, region: Region, kind: SheetKind, language: str, clock: Clock) -> str:
    """All rows of a kind as the text of a CSV file. Whose contacts stand in it is in the audit."""
    now = clock()
    book = BOOKS[kind](session, region, now)
    rows = [book.values(row) for row in book.by_id.values()]
    for person in book.shown():
        audit.record(session, actor, audit.Tag.CONTACTS_SEEN, person, at=now, during="export")
    session.flush()
    return written(COLUMNS[kind], rows, language)
