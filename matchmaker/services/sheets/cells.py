"""What one cell of a spreadsheet can hold: read from the ways people write it, written in one of them.

Reading what was written gives the same value again, in either language. A cell that cannot be read raises CellError.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.glossary import YES_NO, Words, folded

_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"[0-9+()./ -]{1,40}")
LONGEST_EMAIL = 254
_MORE = re.compile(r"\s*[,/&+|\n]\s*|\s+(?:and|y|e)\s+", re.IGNORECASE)


class Cell:
    """A column's kind of value. ``empty`` is what an empty cell stands for."""

    empty: Any = None

    def read(self, text: str) -> Any:
        """The value of a cell that is not empty."""
        raise NotImplementedError

    def write(self, value: Any, language: str) -> str:
        """The cell of a value; empty for the empty value."""
        return "" if value is None else str(value)

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values are the same to whoever fills in the column."""
        return bool(one == other)


def tidy(text: str) -> str:
    """A cell as it is kept: one way of writing each letter, line ends as one mark, no blanks around."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


@dataclass(frozen=True)
class Text(Cell):
    """Words of at most ``most`` letters; on one line, unless ``lines``."""

    most: int
    lines: bool = False
    empty = ""

    def read(self, text: str) -> str:
        said = tidy(text) if self.lines else " ".join(tidy(text).split("\n"))
        if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t" for letter in said):
            raise CellError(Problem.CONTROL)
        if len(said) > self.most:
            raise CellError(Problem.TOO_LONG, most=self.most)
        return said


@dataclass(frozen=True)
class Email(Cell):
    """An address, in small letters."""

    empty = ""

    def read(self, text: str) -> str:
        address = tidy(text).removeprefix("mailto:").lower()
        if len(address) > LONGEST_EMAIL or not _EMAIL.fullmatch(address):
            raise CellError(Problem.EMAIL)
        return address


@dataclass(frozen=True)
class Phone(Cell):
    """A telephone number as people write it."""

    empty = ""

    def read(self, text: str) -> str:
        number = tidy(text)
        if not _PHONE.fullmatch(number):
            raise CellError(Problem.PHONE)
        return number


@dataclass(frozen=True)
class Whole(Cell):
    """A whole number within limits; with ``.0`` behind it, too, as spreadsheets write them."""

    low: int
    high: int

    def read(self, text: str) -> int:
        match = re.fullmatch(r"(-?\d{1,9})(?:[.,]0+)?", tidy(text))
        if match is None:
            raise CellError(Problem.WHOLE)
        return int(_within(int(match[1]), self.low, self.high))


@dataclass(frozen=True)
class Number(Cell):
    """A number within limits, with a point or a comma; a percent sign behind it is no matter."""

    low: float
    high: float

    def read(self, text: str) -> float:
        match = re.fullmatch(r"(-?\d{1,9}(?:[.,]\d{1,15})?)\s*%?", tidy(text))
        if match is None:
            raise CellError(Problem.NUMBER)
        return _within(float(match[1].replace(",", ".")), self.low, self.high)

    def write(self, value: float | None, language: str) -> str:
        return "" if value is None else f"{value:.15f}".rstrip("0").rstrip(".") if value else "0"


@dataclass(frozen=True)
class YesNo(Cell):
    """Yes or no; ``unsaid`` is what an empty cell stands for."""

    unsaid: bool | None = None

    @property
    def empty(self) -> bool | None:
        return self.unsaid

    def read(self, text: str) -> bool:
        said = YES_NO.read(text)
        if said is None:
            raise CellError(Problem.YES_NO)
        return said == "yes"

    def write(self, value: bool | None, language: str) -> str:
        return "" if value is None else YES_NO.write("yes" if value else "no", language)


@dataclass(frozen=True)
class OneOf(Cell):
    """One of some codes, by its word; ``unsaid`` is what an empty cell stands for."""

    words: Words
    unsaid: str | None = None

    @property
    def empty(self) -> str | None:
        return self.unsaid

    def read(self, text: str) -> str:
        code = self.words.read(tidy(text))
        if code is None:
            raise CellError(Problem.CHOICE, words=self.words)
        return code

    def write(self, value: str | None, language: str) -> str:
        return "" if value is None else self.words.write(value, language)


@dataclass(frozen=True)
class SeveralOf(Cell):
    """Several of some codes, by their words, with ; or , between; each once, in the order of the code list."""

    words: Words
    empty = ()

    def read(self, text: str) -> tuple[str, ...]:
        found: set[str] = set()
        for part in filter(None, (part.strip() for part in tidy(text).split(";"))):
            whole = self.words.read(part)
            for word in [part] if whole else filter(None, _MORE.split(part)):
                code = self.words.read(word)
                if code is None:
                    raise CellError(Problem.CHOICE, words=self.words, word=word)
                found.add(code)
        return tuple(code for code in self.words.of if code in found)

    def write(self, value: Sequence[str], language: str) -> str:
        return "; ".join(self.words.write(code, language) for code in value)

    def same(self, one: Sequence[str], other: Sequence[str]) -> bool:
        return set(one) == set(other)


@dataclass(frozen=True)
class Name(Cell):
    """How somebody else is called in this spreadsheet: an address, a key of theirs or a name. Compared folded."""

    most: int = 254
    empty = ""

    def read(self, text: str) -> str:
        return Text(self.most).read(text)

    def same(self, one: str, other: str) -> bool:
        return folded(one) == folded(other)


def _within(number: float, low: float, high: float) -> float:
    if not low <= number <= high:
        raise CellError(Problem.RANGE, low=low, high=high)
    return number
