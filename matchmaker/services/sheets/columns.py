"""A column of a spreadsheet: its headers in both languages, how its cells are read, what else it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matchmaker.services.sheets.cells import Cell
from matchmaker.services.sheets.glossary import folded


@dataclass(frozen=True)
class Column:
    """``also`` are other headers that networks use, folded, with | between. ``required`` is asked of a new row only;
    ``asked`` for the import alone, nothing of it is stored. ``example`` is a cell in English and one in Spanish."""

    name: str
    cell: Cell
    english: str
    spanish: str
    also: str = ""
    required: bool = False
    asked: bool = False
    example: tuple[str, str] = ("", "")

    def header(self, language: str) -> str:
        """The header as it is written."""
        return self.spanish if language == "es" else self.english

    @property
    def headers(self) -> Iterable[str]:
        """All headers it is known by, folded."""
        return (folded(each) for each in (self.name, self.english, self.spanish, *self.also.split("|")) if each)


@dataclass(frozen=True)
class Headed:
    """Which column stands where, by its place from 0; headers not read: unknown, or of a column read before."""

    places: Mapping[int, Column]
    unread: Sequence[str]


def matched(headers: Sequence[str], columns: Sequence[Column]) -> Headed:
    """The columns of a header row, in any order. Whole headers go before those with brackets left out."""
    known = {header: column for column in reversed(columns) for header in column.headers}
    places: dict[int, Column] = {}
    unread = []
    for place, header in enumerate(headers):
        bare = re.sub(r"[(\[].*?[)\]]|[*#:?]", " ", header)
        column = known.get(folded(header)) or known.get(folded(bare))
        if column is not None and column not in places.values():
            places[place] = column
        elif header.strip():
            unread.append(header.strip())
    return Headed(places, unread)
