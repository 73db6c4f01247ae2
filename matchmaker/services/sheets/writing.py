"""Rows as a file that spreadsheet programs open as it is meant: UTF-8 with its mark, nothing that they would run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matchmaker.services.sheets.columns import Column

MARK = "\ufeff"
_RUNS = re.compile(r"'*\s*[=+\-@]|'*[\t\r]")
"""The beginning of a cell that a program may take for a formula, or of one that stands behind our guard."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def guarded(cell: str) -> str:
    """A cell behind an apostrophe where a program could take it for a formula. A plain number is none."""
    return f"'{cell}" if _RUNS.match(cell) and not _NUMBER.fullmatch(cell) else cell


def without_guard(cell: str) -> str:
    """What ``guarded`` was given."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A header and rows of cells as a file's text, its mark included."""
    out = io.StringIO()
    out.write(MARK)
    csv.writer(out, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in (header, *rows))
    return out.getvalue()


def table(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], language: str
) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    """The header and the cells of a spreadsheet of a kind, of rows of values by column name, as they come."""
    cells = ([column.cell.write(row[column.name], language) for column in columns] for row in rows)
    return [column.header(language) for column in columns], cells


def written(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], language: str) -> str:
    """Rows of values by column name, as a spreadsheet of a kind."""
    return csv_text(*table(columns, rows, language))


def template(columns: Sequence[Column], language: str) -> str:
    """A spreadsheet with one row that shows how each column is filled in."""
    place = 1 if language == "es" else 0
    return csv_text([column.header(language) for column in columns], [[column.example[place] for column in columns]])
