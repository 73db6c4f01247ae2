"""What a spreadsheet's rows stand for: how stored rows are found, read, written and taken back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.columns import Column
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.tables import COLUMNS
from models import Region, SheetKind

Values = Mapping[str, Any]
"""A row's values by column name."""


class Kept(StrEnum):
    """Why a row stays as it is when its import is taken back."""

    CHANGED = "changed"
    IN_USE = "in_use"
    ACCOUNT = "account"
    FUNDS = "funds"
    REVIEWED = "reviewed"
    NOTES = "notes"


@dataclass(frozen=True)
class Terms:
    """What somebody has said beside the file: the wrong rows are left out; whose funds are new have been read, and may
    be invited; new teachers are told by mail. ``file_name`` is a source where a row names none."""

    leave_out: bool = False
    reviewed: bool = False
    tell: bool = False
    file_name: str = ""


class Book(ABC):
    """The stored rows of one kind in a region, read once."""

    kind: ClassVar[SheetKind]
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Columns that are read for a new row only, and refused where they differ for one that is there."""
    theirs: ClassVar[frozenset[str]] = frozenset()
    """Columns that are read for a new row only; later they are what the person says of themselves."""

    def __init__(self, session: Session, region: Region, now: datetime) -> None:
        self.session, self.region, self.now = session, region, now
        self.zone = ZoneInfo(region.time_zone)
        self.columns: Mapping[str, Column] = {column.name: column for column in COLUMNS[self.kind]}
        self.by_id: dict[int, Any] = {}
        self._keys: dict[str, Any] = {}
        self._names: defaultdict[Hashable, list[Any]] = defaultdict(list)
        rows = list(self.stored())
        self.by_id |= {row.id: row for row in rows}
        for row in rows:
            self.note(row)

    @abstractmethod
    def stored(self) -> Iterable[Any]:
        """The rows that can be found again, oldest first."""

    @abstractmethod
    def values(self, row: Any) -> dict[str, Any]:
        """What a stored row holds, by column; of columns that are only asked, the empty value."""

    @abstractmethod
    def named(self, values: Values) -> Hashable | None:
        """What tells a row from all others without a key; None where that is not said."""

    @abstractmethod
    def label(self, values: Values) -> str:
        """What a person calls the row."""

    @abstractmethod
    def create(self, actor: Actor, values: Values, terms: Terms, clock: Clock) -> tuple[Any, dict[str, str]]:
        """Write a new row. Also what has to be known to take it back, beside its cells."""

    @abstractmethod
    def change(self, actor: Actor, row: Any, values: Values, changed: set[str], terms: Terms, clock: Clock) -> None:
        """Write what has changed of a row."""

    @abstractmethod
    def remove(self, actor: Actor, row: Any, noted: Mapping[str, str], clock: Clock) -> None:
        """Take away a row that an import has made, as ``keeps`` has allowed."""

    @property
    def calls(self) -> Mapping[str, Callable[[str], Any]]:
        """For columns that call somebody else's row: how that is found."""
        return {}

    def check(self, row: Any | None, values: Values, changed: set[str]) -> Iterator[CellError]:
        """What is wrong with a row as a whole, once each of its cells is sound."""
        return iter(())

    def keeps(self, row: Any) -> Kept | None:
        """Why a row that an import has made must stay; None if it may go."""
        return None

    def defaults(self, given: Values) -> dict[str, Any]:
        """What a new row holds where the file says nothing."""
        return {name: column.cell.empty for name, column in self.columns.items()}

    def shown(self) -> Iterable[Any]:
        """Those whose contacts stand in the rows."""
        return self.by_id.values()

    def note(self, row: Any) -> None:
        """Let a row be found from now on."""
        self.by_id[row.id] = row
        if row.source_key:
            self._keys[row.source_key] = row
        name = self.named(self.values(row))
        if name is not None:
            self._names[name].append(row)

    def find(self, values: Values) -> Any | None:
        """The stored row that a row of a file stands for: by its key, else by its name. Raises CellError where these
        do not agree, or several rows are called so."""
        key, name = values.get("key") or None, self.named(values)
        keyed = self._keys.get(key) if key else None
        alike = self._names.get(name, []) if name is not None else []
        if keyed is not None:
            if alike and keyed not in alike:
                raise CellError(Problem.TAKEN)
            return keyed
        if len(alike) > 1:
            raise CellError(Problem.SEVERAL)
        if alike and key and alike[0].source_key:
            raise CellError(Problem.OTHER_KEY, "key", key=alike[0].source_key)
        return alike[0] if alike else None

    def identities(self, values: Values) -> set[Hashable]:
        """By what a row could be found; two rows of one file share none."""
        keys: set[Hashable] = {("key", values["key"])} if values.get("key") else set()
        name = self.named(values)
        return keys | ({("name", name)} if name is not None else set())

    def same(self, name: str, one: Any, other: Any) -> bool:
        """Whether two values of a column are the same; somebody may be called by an address, a key or a name."""
        calls = self.calls.get(name)
        if calls is not None and one and other:
            return calls(one) is calls(other) is not None
        return self.columns[name].cell.same(one, other)

    def cells(self, values: Values, names: Iterable[str], language: str = "en") -> dict[str, str]:
        """Values as they are written, by column."""
        return {name: self.columns[name].cell.write(values[name], language) for name in names}
