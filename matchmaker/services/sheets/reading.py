"""A file as rows of cells: whatever spreadsheet program wrote it, and however.

Comma, semicolon or tab between cells; UTF-8, UTF-16 or Windows-1252; line ends inside quotation marks; columns in any
order. Nothing here looks at what the cells mean.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matchmaker.services.sheets.columns import Column, Headed, matched
from matchmaker.services.sheets.faults import Unreadable, UnreadableSheet
from matchmaker.services.sheets.writing import without_guard

LARGEST = 2_000_000
MOST_ROWS = 5_000
LARGEST_CELL = 100_000
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet program shows it, and its cells that are not empty by column name."""

    number: int
    cells: Mapping[str, str]
    extra: bool = False


@dataclass(frozen=True)
class Sheet:
    """A file's rows; the columns it has; headers that are not read."""

    rows: Sequence[Row]
    columns: Sequence[Column]
    unread: Sequence[str]


def decoded(data: bytes) -> str:
    """The text of a file. Raises UnreadableSheet for one that is too large, a workbook, or no text at all."""
    if len(data) > LARGEST:
        raise UnreadableSheet(Unreadable.TOO_LARGE, most=LARGEST // 1_000_000)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableSheet(Unreadable.WORKBOOK)
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text.removeprefix("\ufeff")
    raise UnreadableSheet(Unreadable.ENCODING)


def sheet(text: str, columns: Sequence[Column]) -> Sheet:
    """The rows of a text under the columns of a kind. Raises UnreadableSheet."""
    marked = re.match(r"sep=([,;\t])\r?\n", text)
    body, delimiters = (text[marked.end() :], marked[1]) if marked else (text, DELIMITERS)
    split = [lines for each in delimiters if (lines := _split(body, each)) is not None]
    if not split:
        raise UnreadableSheet(Unreadable.QUOTES)
    lines = max(split, key=lambda rows: _known(rows, columns))
    numbered = [(number, row) for number, row in enumerate(lines, start=2 if marked else 1) if any(map(str.strip, row))]
    if not numbered:
        raise UnreadableSheet(Unreadable.EMPTY)
    headed = matched(numbered[0][1], columns)
    _check(headed, columns, len(numbered) - 1)
    rows = [_row(number, cells, headed, len(numbered[0][1])) for number, cells in numbered[1:]]
    return Sheet(rows, list(headed.places.values()), headed.unread)


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if b"\x00" in data[:200]:
        return ("utf-16-le",) if data[1:2] == b"\x00" else ("utf-16-be",)
    return ("utf-8", "cp1252")


def _split(text: str, delimiter: str) -> list[list[str]] | None:
    """The cells; None where quotation marks do not match, or one cell swallows half the file."""
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(before)


def _known(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> tuple[int, int]:
    """How many columns of the first row with anything in it are known, and how many there are."""
    first = next((row for row in rows if any(map(str.strip, row))), [])
    return len(matched(first, columns).places), len(first)


def _check(headed: Headed, columns: Sequence[Column], count: int) -> None:
    if not any(column.required for column in headed.places.values()):
        raise UnreadableSheet(Unreadable.NO_HEADER, columns=[column for column in columns if column.required])
    if count == 0:
        raise UnreadableSheet(Unreadable.EMPTY)
    if count > MOST_ROWS:
        raise UnreadableSheet(Unreadable.TOO_MANY_ROWS, most=MOST_ROWS)


def _row(number: int, cells: Sequence[str], headed: Headed, width: int) -> Row:
    named = {column.name: without_guard(cells[place]) for place, column in headed.places.items() if place < len(cells)}
    return Row(
        number,
        {name: cell for name, cell in named.items() if cell.strip()},
        extra=any(map(str.strip, cells[width:])),
    )
