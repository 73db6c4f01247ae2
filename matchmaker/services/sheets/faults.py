"""What can be wrong with a spreadsheet, as codes with their facts. The words for people are in ``web.sheets.words``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from matchmaker.errors import Conflict, Invalid, NotFound


class Problem(StrEnum):
    """What is wrong in one row, mostly in one of its columns."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    CONTROL = "control"
    EMAIL = "email"
    PHONE = "phone"
    WHOLE = "whole"
    NUMBER = "number"
    RANGE = "range"
    YES_NO = "yes_no"
    CHOICE = "choice"
    GRADES = "grades"
    TURNED_TO_DATE = "turned_to_date"
    DAY = "day"
    TIME = "time"
    WINDOW = "window"
    HOURS = "hours"
    FAR_AHEAD = "far_ahead"
    NO_DATE_AHEAD = "no_date_ahead"
    AHEAD = "ahead"
    WEEKEND = "weekend"
    OUTSIDE_HOURS = "outside_hours"
    STUDENT_NAME = "student_name"
    TWICE = "twice"
    SEVERAL = "several"
    TAKEN = "taken"
    OTHER_KEY = "other_key"
    NO_SCHOOL = "no_school"
    NO_TEACHER = "no_teacher"
    NO_PARTNER = "no_partner"
    NO_ORGANISATION = "no_organisation"
    FIXED = "fixed"
    POSTED = "posted"
    INCOMPLETE_FIGURE = "incomplete_figure"
    FULL = "full"
    EXTRA_CELLS = "extra_cells"


class Unreadable(StrEnum):
    """Why a file is no spreadsheet that can be read."""

    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    WORKBOOK = "workbook"
    ENCODING = "encoding"
    QUOTES = "quotes"
    EMPTY = "empty"
    NO_HEADER = "no_header"


@dataclass(frozen=True)
class Fault:
    """What is wrong in a row of the spreadsheet (the header is row 1). ``column`` is our name of it, None for the row
    as a whole; ``written`` what stands there."""

    row: int
    problem: Problem
    column: str | None = None
    written: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class CellError(ValueError):
    """What stands in a cell cannot be read as what its column holds."""

    def __init__(self, problem: Problem, column: str | None = None, **facts: Any) -> None:
        super().__init__(problem.value)
        self.problem, self.column, self.facts = problem, column, facts


class UnreadableSheet(Invalid):
    """The file cannot be read at all; ``why`` says what is wrong with it."""

    def __init__(self, why: Unreadable, **facts: object) -> None:
        super().__init__(why=why.value, **facts)
        self.why = why


class SheetGone(NotFound):
    """The spreadsheet waited too long for a confirmation and is not kept any more."""


class SheetOvertaken(Conflict):
    """Reading the spreadsheet in now would do something else than was shown."""


class RowsWrong(Conflict):
    """Rows are wrong, and nobody has said that they are to be left out."""


class NothingToApply(Conflict):
    """There is nothing in the spreadsheet that could be read in."""


class NotApplied(Conflict):
    """The spreadsheet was never read in, so there is nothing to take back."""
