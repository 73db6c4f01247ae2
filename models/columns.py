"""Rows of a JSON document that are stored column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

Row = dict[str, Any]
Columns = Mapping[str, Any]
"""Lists of the same length by name; a name may itself stand for columns, where each row holds an object and all of
these have the same names."""


class Columnar(TypeDecorator[list[Row]]):
    """Rows that all have the same names, as one JSON object of columns: every name is written once, and a query reads
    one column without the others. Takes rows or columns; gives rows."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Sequence[Row] | Columns | None, dialect: Dialect) -> Columns | None:
        """As it is stored."""
        return value if value is None or isinstance(value, Mapping) else columns_of(value)

    def process_result_value(self, value: Columns | None, dialect: Dialect) -> list[Row] | None:
        """As it is read."""
        return None if value is None else rows_of(value)


def columns_of(rows: Sequence[Row]) -> Columns:
    """The columns of some rows. Raises ValueError where a row has other names than the first."""
    if not rows:
        return {}
    if not _alike(rows):
        raise ValueError("rows that are stored in columns must all have the same names")
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {name: columns_of(values) if _alike(values) else values for name, values in columns.items()}


def _alike(values: Sequence[Any]) -> bool:
    """Whether these are objects with some names, the same in all."""
    first = values[0]
    return bool(first) and all(isinstance(value, dict) and value.keys() == first.keys() for value in values)


def rows_of(columns: Columns) -> list[Row]:
    """The rows of some columns."""
    flat = [rows_of(values) if isinstance(values, Mapping) else values for values in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*flat, strict=True)]


def some_of(columns: Columns, places: Iterable[int]) -> list[Row]:
    """The rows at some places, from 0."""
    return [_one_of(columns, place) for place in places]


def _one_of(columns: Columns, place: int) -> Row:
    return {
        name: _one_of(values, place) if isinstance(values, Mapping) else values[place]
        for name, values in columns.items()
    }
