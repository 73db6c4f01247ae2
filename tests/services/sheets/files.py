"""Small spreadsheets for tests, and the whole way from a file to its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from matchmaker.services.sheets import applying
from matchmaker.services.sheets.books import Terms
from models import ImportedRow, Region, SheetImport, SheetKind
from tests import factories as f


def lines(*rows: str) -> bytes:
    """Rows of cells as a file."""
    return "\r\n".join(rows).encode()


def handed_in(
    session: Session, actor: Actor, region: Region, kind: SheetKind, data: bytes, name: str = "neighbors.csv"
) -> SheetImport:
    """A file that waits for a confirmation."""
    return applying.hand_in(session, actor, region, kind, name, data, lambda: f.NOW)


def read_in(session: Session, actor: Actor, region: Region, kind: SheetKind, data: bytes, **terms: Any) -> SheetImport:
    """A file that was looked at and confirmed."""
    handed = handed_in(session, actor, region, kind, data, terms.pop("file_name", "neighbors.csv"))
    plan = applying.look(session, handed, f.NOW)
    return applying.confirm(session, actor, handed.id, plan.digest, Terms(**terms), lambda: f.NOW)


def outcomes(session: Session, handed: SheetImport) -> Sequence[tuple[int, str]]:
    """Row numbers and what each did."""
    rows = session.scalars(
        select(ImportedRow).where(ImportedRow.import_id == handed.id).order_by(ImportedRow.line, ImportedRow.id)
    )
    return [(row.line, row.outcome.value) for row in rows]
