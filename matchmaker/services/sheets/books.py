"""What a spreadsheet's rows stand for: how stored rows are found, read, written and taken back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.interfaces import ORMOption

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services.sheets.columns import Column
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.tables import COLUMNS
from models import Base, Region, SheetKind

Values = Mapping[str, Any]
"""A row's values by column name."""
AT_A_TIME = 500


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


@dataclass(frozen=True)
class Made:
    """A new row, and what has to be known to take it back, beside its cells."""

    row: Any
    noted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A stored row, how it is to be, and in which columns that is something else."""

    row: Any
    values: Values
    changed: Set[str]


class Book(ABC):
    """The stored rows of one kind in a region: found one by one, or read through without holding them."""

    kind: ClassVar[SheetKind]
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Columns that are read for a new row only, and refused where they differ for one that is there."""
    theirs: ClassVar[frozenset[str]] = frozenset()
    """Columns that are read for a new row only; later they are what the person says of themselves."""
    whole: ClassVar[bool] = False
    """Whether a row is one fact: changed by somebody in one part, it is left as it is in all."""
    loads: ClassVar[tuple[ORMOption, ...]] = ()
    """What ``values`` reads beside the rows themselves."""
    shows: ClassVar[tuple[type[Base], InstrumentedAttribute[int]] | None] = None
    """Whose contacts stand in the rows: their table, and the column that names them."""

    def __init__(self, session: Session, region: Region, now: datetime) -> None:
        self.session, self.region, self.now = session, region, now
        self.zone = ZoneInfo(region.time_zone)
        self.columns: Mapping[str, Column] = {column.name: column for column in COLUMNS[self.kind]}

    @cached_property
    def by_id(self) -> Mapping[int, Any]:
        """All stored rows, read when the first is looked for."""
        return {row.id: row for row in self.session.scalars(self.stored().options(*self.loads))}

    @cached_property
    def _keys(self) -> Mapping[str, Any]:
        return {row.source_key: row for row in self.by_id.values() if row.source_key}

    @cached_property
    def _names(self) -> Mapping[Hashable, list[Any]]:
        names: defaultdict[Hashable, list[Any]] = defaultdict(list)
        for row in self.by_id.values():
            if (name := self.named(self.values(row))) is not None:
                names[name].append(row)
        return names

    @abstractmethod
    def stored(self) -> Select[Any]:
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
    def create(self, actor: Actor, new: Sequence[Values], terms: Terms, clock: Clock) -> Sequence[Made]:
        """Write new rows, in their order."""

    @abstractmethod
    def change(self, actor: Actor, changes: Sequence[Change], terms: Terms, clock: Clock) -> None:
        """Write what has changed of rows."""

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

    def implied(self, current: Values | None, given: Values) -> dict[str, Any]:
        """What follows from the cells of a row for others that it does not hold."""
        return {}

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

    def read_through(self) -> Iterator[dict[str, Any]]:
        """The values of all rows, a few of them in memory at a time."""
        query = self.stored().options(*self.loads).execution_options(yield_per=AT_A_TIME)
        return (self.values(row) for row in self.session.scalars(query))

    def cells(self, values: Values, names: Iterable[str], language: str = "en") -> dict[str, str]:
        """Values as they are written, by column."""
        return {name: self.columns[name].cell.write(values[name], language) for name in names}
