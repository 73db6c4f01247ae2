"""What a cell can hold: read back as it was written, and read as people write it."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.services.sheets import cells, glossary, reading, tables, times, writing
from matchmaker.services.sheets.faults import CellError, Problem, Unreadable, UnreadableSheet
from models import SheetKind

WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60)
LINES = st.lists(WORDS, max_size=4).map("\n".join)


def values_of(cell: cells.Cell) -> st.SearchStrategy[Any]:
    """Everything that a column can hold, its empty value among it."""
    if isinstance(cell, cells.Text):
        return (LINES if cell.lines else WORDS).map(lambda said: cell.read(said[: cell.most]))
    if isinstance(cell, cells.Name):
        return WORDS.map(cell.read)
    if isinstance(cell, cells.Email):
        return st.sampled_from(("", "a@b.example", "ana.luisa+1@school.example"))
    if isinstance(cell, cells.Phone):
        return st.text("0123456789+-() ", max_size=20).map(str.strip)
    if isinstance(cell, cells.Whole):
        return st.none() | st.integers(cell.low, cell.high)
    if isinstance(cell, cells.Number):
        return st.none() | st.floats(cell.low, cell.high, allow_subnormal=False).map(
            lambda number: round(number, 9) + 0.0
        )
    if isinstance(cell, cells.YesNo):
        return st.sampled_from((cell.unsaid, True, False))
    if isinstance(cell, cells.OneOf):
        return st.sampled_from((cell.unsaid, *cell.words.of))
    if isinstance(cell, cells.SeveralOf):
        order = list(cell.words.of)
        return st.sets(st.sampled_from(order)).map(lambda codes: tuple(sorted(codes, key=order.index)))
    return TIMES[type(cell)]


GRADES = st.sets(st.integers(0, 12))
WINDOW = st.tuples(st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.integers(0, 1300), st.integers(1, 130)).map(
    lambda of: (
        datetime.combine(of[0], time()) + timedelta(minutes=of[1]),
        datetime.combine(of[0], time()) + timedelta(minutes=of[1] + of[2]),
    )
)
TIMES: dict[type[cells.Cell], st.SearchStrategy[Any]] = {
    times.Grades: GRADES.map(lambda grades: tuple(sorted(grades))),
    times.GradeSpan: st.just((None, None)) | st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted).map(tuple),
    times.Grade: st.none() | st.integers(0, 12),
    times.Weekdays: st.sets(st.integers(0, 4)).map(lambda days: tuple(sorted(days))),
    times.Hour: st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    times.Day: st.none() | st.dates(date(1000, 1, 1)),
    times.Windows: st.sets(WINDOW, max_size=4).map(lambda windows: tuple(sorted(windows))),
}


@pytest.mark.parametrize("kind", list(SheetKind))
@given(data=st.data())
def test_reading_gives_back_what_was_written(kind: SheetKind, data: st.DataObject) -> None:
    columns = tables.COLUMNS[kind]
    rows = [
        {column.name: data.draw(values_of(column.cell), label=column.name) for column in columns}
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    rows = [{**row, "title": row.get("title") or "t", "name": row.get("name") or "n"} for row in rows]
    language = data.draw(st.sampled_from(("en", "es")))
    file = writing.written(columns, rows, language)
    sheet = reading.sheet(reading.decoded(file.encode(data.draw(st.sampled_from(("utf-8", "utf-16"))))), columns)
    assert [column.name for column in sheet.columns] == [column.name for column in columns] and not sheet.unread
    by_name = {column.name: column for column in columns}
    for row, stored in zip(sheet.rows, rows, strict=True):
        read = {name: by_name[name].cell.read(cell) for name, cell in row.cells.items()}
        for column in columns:
            assert read.get(column.name, column.cell.empty) == stored[column.name], column.name


@given(st.text())
def test_no_cell_begins_as_a_formula_and_none_is_changed(cell: str) -> None:
    kept = writing.guarded(cell)
    assert writing.without_guard(kept) == cell
    bare = kept.lstrip()
    assert not bare.startswith(("=", "+", "@")) and (not bare.startswith("-") or float(bare) <= 0)


@given(st.lists(st.lists(WORDS | LINES, min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_program_reads_what_was_written(rows: list[list[str]]) -> None:
    text = writing.csv_text(["a"], rows)
    read = list(csv.reader(io.StringIO(text.removeprefix(writing.MARK), newline="")))
    assert [[writing.without_guard(cell) for cell in row] for row in read[1:]] == rows


@pytest.mark.parametrize(
    ("cell", "written", "value"),
    [
        (times.Grades(), "K-2, 5", (0, 1, 2, 5)),
        (times.Grades(), "6th\u20138th", (6, 7, 8)),
        (times.Grades(), "kinder a 3°", (0, 1, 2, 3)),
        (times.Grades(), "high school", (9, 10, 11, 12)),
        (times.Weekdays(), "M/W/F", (0, 2, 4)),
        (times.Weekdays(), "MTWThF", (0, 1, 2, 3, 4)),
        (times.Weekdays(), "lunes a jueves", (0, 1, 2, 3)),
        (times.Weekdays(), "Tue & Thu", (1, 3)),
        (times.Hour(), "2 p.m.", time(14)),
        (times.Hour(), "12:30am", time(0, 30)),
        (times.Day(), "9/21/2026", date(2026, 9, 21)),
        (times.Day(day_first=True), "21/9/26", date(2026, 9, 21)),
        (cells.SeveralOf(glossary.SUBJECTS), "ELA/Science", ("science", "language_arts")),
        (cells.SeveralOf(glossary.SUBJECTS), "elementary, all subjects", ("elementary",)),
        (cells.SeveralOf(glossary.LANGUAGES), "Español y O'odham", ("es", "ood")),
        (cells.OneOf(glossary.LOCALE), "41 - Rural: Fringe", "rural-fringe"),
        (cells.Number(0, 100), "61,5 %", 61.5),
        (cells.Whole(0, 9), "3.0", 3),
        (cells.Email(), "mailto:Ana@School.example", "ana@school.example"),
        (cells.YesNo(), "Sí", True),
    ],
)
def test_cells_are_read_as_networks_write_them(cell: cells.Cell, written: str, value: object) -> None:
    assert cell.read(written) == value


@pytest.mark.parametrize(
    ("cell", "written", "problem"),
    [
        (times.Grades(), "8-Jun", Problem.TURNED_TO_DATE),
        (times.Grades(), "pre-k", Problem.GRADES),
        (times.Grades(), "8 to 6", Problem.GRADES),
        (times.Weekdays(), "Saturday", Problem.CHOICE),
        (times.Hour(), "25:00", Problem.TIME),
        (times.Day(), "31/31/2026", Problem.DAY),
        (times.Windows(), "2026-10-05", Problem.WINDOW),
        (times.Windows(), "2026-10-05 10:00-09:00", Problem.HOURS),
        (cells.Whole(0, 9), "many", Problem.WHOLE),
        (cells.Whole(0, 9), "12", Problem.RANGE),
        (cells.Text(3), "four", Problem.TOO_LONG),
        (cells.Text(9), "a\x07", Problem.CONTROL),
        (cells.Phone(), "call me", Problem.PHONE),
        (cells.Email(), "nobody", Problem.EMAIL),
    ],
)
def test_what_cannot_be_read_says_why(cell: cells.Cell, written: str, problem: Problem) -> None:
    with pytest.raises(CellError) as raised:
        cell.read(written)
    assert raised.value.problem is problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_is_read_whatever_wrote_it(encoding: str, delimiter: str) -> None:
    text = delimiter.join(["Nombre", "Correo", "¿Talla?"]) + "\r\n" + delimiter.join(["Íñigo", '"a@b.example"', "4"])
    sheet = reading.sheet(reading.decoded(text.encode(encoding)), tables.PARTNERS)
    assert [row.cells for row in sheet.rows] == [{"name": "Íñigo", "email": "a@b.example"}]
    assert list(sheet.unread) == ["¿Talla?"]


def test_a_row_is_counted_as_spreadsheets_count_it() -> None:
    text = 'sep=;\r\n\r\nname;about\r\n"A";"one\ntwo"\r\n;\r\nB;'
    assert [row.number for row in reading.sheet(text, tables.PARTNERS).rows] == [4, 6]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"name\r\n\x81\x8d", b"name\x00\x01\x02"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableSheet) as raised:
        reading.sheet(reading.decoded(data), tables.PARTNERS)
    assert raised.value.why in (Unreadable.ENCODING, Unreadable.EMPTY, Unreadable.NO_HEADER)


def test_every_template_shows_a_row_that_can_be_read() -> None:
    for columns in tables.COLUMNS.values():
        for language in ("en", "es"):
            sheet = reading.sheet(reading.decoded(writing.template(columns, language).encode()), columns)
            assert not sheet.unread and len(sheet.columns) == len(columns)
            by_name = {column.name: column.cell for column in columns}
            for name, cell in sheet.rows[0].cells.items():
                by_name[name].read(cell)
