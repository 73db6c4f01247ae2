"""Grades, days and hours as they stand in spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from matchmaker.services.sheets.cells import Cell, tidy
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.glossary import WEEKDAYS, folded

DEFAULT_MINUTES = 50
LAST_GRADE = 12
_GRADE_WORDS = {
    "elementary": range(6), "primary": range(6), "primaria": range(1, 7), "middle": range(6, 9),
    "secundaria": range(7, 10), "high": range(9, 13), "preparatoria": range(10, 13), "prepa": range(10, 13),
    "all": range(13), "any": range(13), "todos": range(13), "cualquiera": range(13),
}  # fmt: skip
_FILLING = re.compile(
    r"\b(?:grades?|grados?|school|de|th|st|nd|rd|students|only)\b|(?<=\d)(?:th|st|nd|rd|ro|do|to|vo|mo|no|er)\b"
)
_KINDER = re.compile(r"\b(?:kindergarten|kinder|kg|k)\b(?= ?\d{0,2}\b)|\bk(?=\d)")
_TO = r"(?:-|\u2013|\u2014|\bto\b|\bthrough\b|\bthru\b|\ba\b|\bal\b|\bhasta\b)"
_MONTHS = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)[a-z]*\b|\d+[/-]\d+[/-]\d+")
_CLOCK = r"\d{1,2}(?:[:.h]\d{2})?(?::\d{2})?\s*(?:[ap]\.?\s?m\b\.?)?"
_DATE = r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}"
_WINDOW = re.compile(rf"(?P<day>{_DATE})[T,]?\s+(?P<from>{_CLOCK})\s*(?:{_TO}\s*(?P<until>{_CLOCK}))?", re.IGNORECASE)


@dataclass(frozen=True)
class Grades(Cell):
    """Grades, 0 for kindergarten: "K-2, 5". Ranges are written with a word, since spreadsheets take 6-8 for a day."""

    empty = ()

    def read(self, text: str) -> tuple[int, ...]:
        plain = tidy(text).lower()
        if _MONTHS.search(plain):
            raise CellError(Problem.TURNED_TO_DATE)
        found: set[int] = set()
        for part in filter(None, (part.strip(" .") for part in re.split(r"[;,/&+\n]|\band\b|\by\b", plain))):
            found.update(_grades(part))
        return tuple(sorted(found))

    def write(self, value: Sequence[int], language: str) -> str:
        runs: list[list[int]] = []
        for grade in sorted(value):
            if runs and grade == runs[-1][-1] + 1:
                runs[-1].append(grade)
            else:
                runs.append([grade])
        between = " a " if language == "es" else " to "
        ends = ([run[0]] if len(run) == 1 else [run[0], run[-1]] for run in runs)
        return "; ".join(between.join(_grade(grade) for grade in end) for end in ends)


@dataclass(frozen=True)
class GradeSpan(Cell):
    """The lowest and the highest grade of a school."""

    empty = (None, None)

    def read(self, text: str) -> tuple[int | None, ...]:
        grades = Grades().read(text)
        return grades[0], grades[-1]

    def write(self, value: Sequence[int | None], language: str) -> str:
        low, high = value
        if low is None and high is None:
            return ""
        low, high = (high if low is None else low), (low if high is None else high)
        assert low is not None and high is not None
        return Grades().write(range(low, high + 1), language)


@dataclass(frozen=True)
class Grade(Cell):
    """One grade."""

    def read(self, text: str) -> int:
        grades = Grades().read(text)
        if len(grades) != 1:
            raise CellError(Problem.GRADES)
        return grades[0]

    def write(self, value: int | None, language: str) -> str:
        return "" if value is None else _grade(value)


@dataclass(frozen=True)
class Weekdays(Cell):
    """School days, 0 for Monday: "Mon, Wed", "M/W/F", "Monday to Thursday"."""

    empty = ()

    def read(self, text: str) -> tuple[int, ...]:
        plain = tidy(text).lower()
        if folded(plain) in ("any", "all", "any day", "every day", "weekdays", "todos", "cualquiera", "entre semana"):
            return tuple(range(5))
        found: set[int] = set()
        for part in filter(None, (part.strip(" .") for part in re.split(r"[;,/&+\n]|\band\b|\by\b", plain))):
            ends = [WEEKDAYS.read(end) for end in re.split(_TO, part, maxsplit=1)]
            if None in ends:
                ends = [WEEKDAYS.read(word) for word in re.findall(r"th|[mtwrf]", part)]
                if None in ends or not re.fullmatch(r"(?:th|[mtwrf]|\s)+", part):
                    raise CellError(Problem.CHOICE, words=WEEKDAYS, word=part)
                found.update(int(day) for day in ends if day)
            else:
                found.update(range(int(ends[0] or 0), int(ends[-1] or 0) + 1))
        return tuple(sorted(found))

    def write(self, value: Sequence[int], language: str) -> str:
        return "; ".join(WEEKDAYS.write(str(day), language) for day in value)


@dataclass(frozen=True)
class Hour(Cell):
    """A time of day: "14:30", "2:30 PM", "9 am"."""

    def read(self, text: str) -> time:
        return _time(tidy(text))

    def write(self, value: time | None, language: str) -> str:
        return "" if value is None else f"{value:%H:%M}"


@dataclass(frozen=True)
class Day(Cell):
    """A day: "2026-09-21", or with strokes, month first unless ``day_first``."""

    day_first: bool = False

    def read(self, text: str) -> date:
        return _day(tidy(text), self.day_first)

    def write(self, value: date | None, language: str) -> str:
        return "" if value is None else value.isoformat()


@dataclass(frozen=True)
class Windows(Cell):
    """Dates with times, on the region's clocks: "2026-10-05 09:00-09:50; 2026-10-07 10:00"."""

    day_first: bool = False
    empty = ()

    def read(self, text: str) -> tuple[tuple[datetime, datetime], ...]:
        parts = filter(None, (part.strip() for part in re.split(r"[;\n]", tidy(text))))
        return tuple(sorted({self._window(part) for part in parts}))

    def write(self, value: Sequence[tuple[datetime, datetime]], language: str) -> str:
        return "; ".join(f"{start:%Y-%m-%d %H:%M}-{end:%H:%M}" for start, end in value)

    def _window(self, part: str) -> tuple[datetime, datetime]:
        match = _WINDOW.fullmatch(part)
        if match is None:
            raise CellError(Problem.WINDOW, part=part)
        day = _day(match["day"], self.day_first)
        start = datetime.combine(day, _time(match["from"]))
        if not match["until"]:
            return start, start + timedelta(minutes=DEFAULT_MINUTES)
        end = datetime.combine(day, _time(match["until"]))
        if end <= start:
            raise CellError(Problem.HOURS, part=part)
        return start, end


def day_comes_first(cells: Sequence[str]) -> bool:
    """Whether dates with strokes name the day before the month, judged by those of a column that leave no choice."""
    pairs = [(int(a), int(b)) for cell in cells for a, b in re.findall(r"\b(\d{1,2})[/.](\d{1,2})[/.]\d{2,4}", cell)]
    return any(a > 12 for a, _ in pairs) and not any(b > 12 for _, b in pairs)


def _grades(part: str) -> Sequence[int]:
    words = [word for word in re.split(r"\W+", _FILLING.sub(" ", folded(part))) if word]
    if len(words) == 1 and words[0] in _GRADE_WORDS:
        return _GRADE_WORDS[words[0]]
    bare = _FILLING.sub(" ", _KINDER.sub(" 0 ", part))
    ends = [end.strip(" .\u00ba\u00b0\u00aa") for end in re.split(_TO, bare, maxsplit=1)]
    if not all(end.isdecimal() and int(end) <= LAST_GRADE for end in ends) or int(ends[0]) > int(ends[-1]):
        raise CellError(Problem.GRADES)
    return range(int(ends[0]), int(ends[-1]) + 1)


def _grade(grade: int) -> str:
    return "K" if grade == 0 else str(grade)


def _day(text: str, day_first: bool) -> date:
    # A spreadsheet that has taken it for a moment writes midnight behind it.
    text = re.sub(r"[ T]0?0:00(:00)?$", "", text)
    try:
        if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text):
            year, month, day = (int(part) for part in text.split("-"))
            return date(year, month, day)
        one, two, year = (int(part) for part in re.split(r"[/.]", text))
        month, day = (two, one) if day_first else (one, two)
        return date(2000 + year if year < 100 else year, month, day)
    except ValueError:
        raise CellError(Problem.DAY) from None


def _time(text: str) -> time:
    match = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2})?\s*(?:([ap])\.?\s?m\.?)?", text.strip().lower())
    if match is None:
        raise CellError(Problem.TIME)
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            raise CellError(Problem.TIME)
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    if hour > 23 or minute > 59:
        raise CellError(Problem.TIME)
    return time(hour, minute)
