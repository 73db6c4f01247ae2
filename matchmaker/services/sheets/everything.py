"""All that a region owns, in one archive: the spreadsheets that can be read in again, and a record of every table."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.applying import BOOKS
from matchmaker.services.sheets.books import AT_A_TIME
from matchmaker.services.sheets.exporting import record_shown
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.services.sheets.writing import MARK, guarded, table
from models import Account, Base, Membership, Region

Written = tuple[Sequence[str], Iterable[Sequence[str]]]
"""A header, and rows of cells as they are asked for."""
LEFT_OUT = {
    "embedding": "worked out from the texts, and made again from them",
    "outbox": "work still to be done by this installation, with the links of its mails",
}
"""Tables of a region that are no record of it, and why."""
SECRETS = frozenset({"feed_key", "form_key", "key", "uid", "content"})
"""Columns by whose values something could be opened or answered, and files that nobody has confirmed."""


def record(session: Session, actor: Actor, region: Region, clock: Clock) -> None:
    """Put into the audit that the archive is taken along, and whose contacts it holds. To be stored before it is
    streamed: whoever hangs up halfway has read half of it."""
    now = clock()
    for book in BOOKS.values():
        record_shown(book(session, region, now), actor)
    audit.record(session, actor, audit.Tag.REGION_EXPORTED, region, at=now)
    session.flush()


def stream(session: Session, region: Region, language: str, clock: Clock) -> Iterator[bytes]:
    """The archive, as it is written: the first bytes come at once, and memory holds some hundred rows of it at a time.

    Streamed rather than made by a job, since there would have to be a place to keep it, which everybody's contacts then
    lie in, and a page to wait at. Nothing is locked; other people go on, and what they change meanwhile may be in it as
    it was or as it is. Tables come before those they refer to, so that no row refers to one that is not there. A stream
    that breaks off has no directory at its end, and no program takes it for whole.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (header, rows) in _entries(session, region, language, clock()):
            with archive.open(name, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
                text.write(MARK)
                writer = csv.writer(text, lineterminator="\r\n")
                writer.writerow([guarded(cell) for cell in header])
                for some in _batches(rows):
                    writer.writerows([guarded(cell) for cell in row] for row in some)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the archive is written, and taken from as it grows."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since this was asked last."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


def tables() -> list[Table]:
    """Every table whose rows belong to a region, those left out that are no record of it."""
    owned = (each for each in Base.metadata.sorted_tables if "region_id" in each.columns)
    return [each for each in owned if each.name not in LEFT_OUT]


def _entries(session: Session, region: Region, language: str, now: datetime) -> Iterator[tuple[str, Written]]:
    for kind, book in BOOKS.items():
        rows = book(session, region, now).read_through()
        yield f"sheets/{kind.value}.csv", table(COLUMNS[kind], rows, language)
    for stored in reversed(tables()):
        columns = [column for column in stored.columns if column.name not in SECRETS]
        query = select(*columns).where(stored.c.region_id == region.id).order_by(*stored.primary_key.columns)
        yield f"records/{stored.name}.csv", _rows(session, columns, query)
    # Who has or had a role in the region; what they sign in with is theirs.
    members = select(Membership.account_id).where(Membership.region_id == region.id)
    told = [Account.id, Account.name, Account.email, Account.language, Account.active, Account.created_at]
    yield "records/account.csv", _rows(session, told, select(*told).where(Account.id.in_(members)).order_by(Account.id))


def _rows(session: Session, columns: Iterable[Any], query: Select[*tuple[Any, ...]]) -> Written:
    found = session.execute(query.execution_options(yield_per=AT_A_TIME))
    return [column.name for column in columns], ([_cell(value) for value in row] for row in found)


def _batches(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    rest = iter(rows)
    while some := list(islice(rest, AT_A_TIME)):
        yield some


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
