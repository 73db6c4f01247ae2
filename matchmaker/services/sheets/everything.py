"""All that a region owns, in one archive: the spreadsheets that can be read in again, and a record of every table."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.exporting import export
from matchmaker.services.sheets.writing import MARK, guarded
from models import Account, Base, Membership, Region, SheetKind

LEFT_OUT = {
    "embedding": "worked out from the texts, and made again from them",
    "outbox": "work still to be done by this installation, with the links of its mails",
}
"""Tables of a region that are no record of it, and why."""
SECRETS = frozenset({"feed_key", "form_key", "key", "uid", "content"})
"""Columns by whose values something could be opened or answered, and files that nobody has confirmed."""
BATCH = 500


def write(session: Session, actor: Actor, region: Region, language: str, target: IO[bytes], clock: Clock) -> int:
    """Write the archive, table by table, and give the number of rows. Whose contacts it holds is in the audit."""
    rows = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in SheetKind:
            archive.writestr(f"sheets/{kind.value}.csv", export(session, actor, region, kind, language, clock))
        _entry(archive, "records/account.csv", _accounts(session, region))
        for table in tables():
            rows += _entry(archive, f"records/{table.name}.csv", _rows(session, region, table))
    audit.record(session, actor, audit.Tag.REGION_EXPORTED, region, at=clock(), rows=rows)
    session.flush()
    return rows


def tables() -> list[Table]:
    """Every table whose rows belong to a region, those left out that are no record of it."""
    owned = (table for table in Base.metadata.sorted_tables if "region_id" in table.columns)
    return [table for table in owned if table.name not in LEFT_OUT]


def _entry(archive: zipfile.ZipFile, name: str, rows: Iterable[list[str]]) -> int:
    """Write a header and rows as they come, and give the number of rows."""
    count = 0
    with archive.open(name, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
        text.write(MARK)
        writer = csv.writer(text, lineterminator="\r\n")
        for row in rows:
            writer.writerow([guarded(cell) for cell in row])
            count += 1
    return count - 1


def _rows(session: Session, region: Region, table: Table) -> Iterator[list[str]]:
    columns = [column for column in table.columns if column.name not in SECRETS]
    yield [column.name for column in columns]
    query = select(*columns).where(table.c.region_id == region.id).order_by(*table.primary_key.columns)
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        yield [_cell(value) for value in row]


def _accounts(session: Session, region: Region) -> Iterator[list[str]]:
    """Who has or had a role in the region; what they sign in with is theirs."""
    yield ["id", "name", "email", "language", "active", "created_at"]
    members = select(Membership.account_id).where(Membership.region_id == region.id)
    for account in session.scalars(select(Account).where(Account.id.in_(members)).order_by(Account.id)):
        told = (account.id, account.name, account.email, account.language, account.active, account.created_at)
        yield [_cell(value) for value in told]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
