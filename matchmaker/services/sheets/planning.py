"""The dry run: what reading a spreadsheet in would do, row by row. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from matchmaker.services.sheets.books import Book
from matchmaker.services.sheets.columns import Column
from matchmaker.services.sheets.faults import CellError, Fault, Problem
from matchmaker.services.sheets.reading import Row, Sheet
from matchmaker.services.sheets.times import Day, Windows, day_comes_first
from models import RowOutcome


@dataclass(frozen=True)
class Step:
    """What one sound row does. ``before`` and ``after`` are cells by column, of what changes; of a new row, all that is
    said. ``values`` is the whole row as it will be."""

    row: int
    outcome: RowOutcome
    subject: Any | None
    label: str
    values: Mapping[str, Any]
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What a spreadsheet does. ``digest`` tells whether it would still do the same."""

    steps: Sequence[Step]
    faults: Sequence[Fault]
    unread: Sequence[str]

    def of(self, outcome: RowOutcome) -> list[Step]:
        """The steps with an outcome."""
        return [step for step in self.steps if step.outcome is outcome]

    @property
    def wrong_rows(self) -> list[int]:
        """The numbers of the rows that are wrong."""
        return sorted({fault.row for fault in self.faults})

    @property
    def does_something(self) -> bool:
        """Whether reading it in would change anything."""
        return any(step.outcome is not RowOutcome.UNCHANGED for step in self.steps)

    @property
    def digest(self) -> str:
        """SHA-256 of all that would be done."""
        steps = [
            [each.row, each.outcome, each.subject.id if each.subject else None, dict(each.before), dict(each.after)]
            for each in self.steps
        ]
        return sha256(json.dumps([steps, self.wrong_rows], sort_keys=True).encode()).hexdigest()


def plan(book: Book, sheet: Sheet) -> Plan:
    """What each row of a sheet would do to the rows of a book."""
    columns = _dated(sheet)
    steps, faults = [], []
    seen: dict[Hashable, int] = {}
    for row in sheet.rows:
        done = _Looked(book, columns, row, seen)
        faults += done.faults
        if done.step is not None:
            steps.append(done.step)
    return Plan(steps, faults, sheet.unread)


def _dated(sheet: Sheet) -> dict[str, Column]:
    """The sheet's columns; those that hold dates know whether the day stands before the month."""
    columns = {}
    for column in sheet.columns:
        if isinstance(column.cell, Day | Windows):
            day_first = day_comes_first([row.cells.get(column.name, "") for row in sheet.rows])
            column = replace(column, cell=replace(column.cell, day_first=day_first))
        columns[column.name] = column
    return columns


class _Looked:
    """One row looked at: a step, or what is wrong."""

    def __init__(self, book: Book, columns: Mapping[str, Column], row: Row, seen: dict[Hashable, int]) -> None:
        self.book, self.columns, self.row = book, columns, row
        self.faults: list[Fault] = []
        self.step: Step | None = None
        values = self._read()
        found = self._found(values)
        current = book.values(found) if found is not None else None
        if current is not None:
            values |= self._as_stored(current)
        values |= book.implied(current, values)
        for name, error in self.errors.items():
            self._wrong(error, name)
        self._seen_before(values if current is None else current | values, seen)
        if row.extra:
            self._wrong(CellError(Problem.EXTRA_CELLS))
        whole = (current or book.defaults(values)) | values
        changed = self._changed(current, values)
        if found is None:
            self._ask_for_missing()
        elif wrong := changed & book.fixed:
            for name in sorted(wrong):
                self._wrong(CellError(Problem.FIXED, name, now=book.cells(current or {}, [name])[name]))
        if not self.faults:
            for error in book.check(found, whole, changed):
                self._wrong(error)
        if not self.faults:
            self.step = self._step(found, current, whole, changed)

    def _read(self) -> dict[str, Any]:
        values, self.errors = {}, {}
        for name, cell in self.row.cells.items():
            try:
                values[name] = self.columns[name].cell.read(cell)
            except CellError as error:
                self.errors[name] = error
        return values

    def _found(self, values: Mapping[str, Any]) -> Any | None:
        try:
            return self.book.find(values)
        except CellError as error:
            self._wrong(error)
            return None

    def _as_stored(self, current: Mapping[str, Any]) -> dict[str, Any]:
        """Cells that say what is stored already, also where we would not take it from a file; or what is theirs."""
        stored = {}
        for name, cell in self.row.cells.items():
            write = self.columns[name].cell.write
            written = (write(current[name], language) for language in ("en", "es"))
            if name in self.book.theirs or (not self.columns[name].asked and cell.strip() in written):
                stored[name] = current[name]
                self.errors.pop(name, None)
        return stored

    def _seen_before(self, values: Mapping[str, Any], seen: dict[Hashable, int]) -> None:
        for identity in self.book.identities(values):
            earlier = seen.setdefault(identity, self.row.number)
            if earlier != self.row.number:
                self._wrong(CellError(Problem.TWICE, row=earlier))
                break

    def _changed(self, current: Mapping[str, Any] | None, values: Mapping[str, Any]) -> set[str]:
        named = {name for name in values if not self.columns[name].asked}
        if current is None:
            return named
        return {name for name in named if not self.book.same(name, current[name], values[name])}

    def _ask_for_missing(self) -> None:
        for name, column in self.book.columns.items():
            if column.required and name not in self.row.cells:
                self._wrong(CellError(Problem.MISSING, name))

    def _wrong(self, error: CellError, name: str | None = None) -> None:
        name = name or error.column
        written = self.row.cells.get(name, "") if name else ""
        self.faults.append(Fault(self.row.number, error.problem, name, written, error.facts))

    def _step(
        self, found: Any | None, current: Mapping[str, Any] | None, whole: Mapping[str, Any], changed: set[str]
    ) -> Step:
        names = [name for name in self.book.columns if name in changed]
        outcome = RowOutcome.CREATED if found is None else RowOutcome.CHANGED if changed else RowOutcome.UNCHANGED
        return Step(
            row=self.row.number,
            outcome=outcome,
            subject=found,
            label=self.book.label(whole),
            values=whole,
            before=self.book.cells(current, names) if current is not None else {},
            after=self.book.cells(whole, names),
        )
