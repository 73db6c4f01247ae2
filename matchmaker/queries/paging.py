"""Lists too long for one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PAGE = 20
_FARTHEST = 1_000_000
"""No list has so many pages; what PostgreSQL counts with ends somewhere."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a longer list. ``first`` and ``last`` are their places in it, counted from 1."""

    rows: Sequence[Row]
    page: int
    pages: int
    first: int
    last: int
    total: int

    @property
    def place(self) -> dict[str, Any]:
        """What a pager is drawn from."""
        return {
            "page": self.page,
            "pages": self.pages,
            "first": self.first,
            "last": self.last,
            "total": self.total,
        }


def span(total: int, wanted: int) -> tuple[int, int, int]:
    """The page that exists nearest to the wanted one, how many there are, and how many rows come before it."""
    pages = max(1, -(-total // PAGE))
    page = min(max(wanted, 1), pages)
    return page, pages, (page - 1) * PAGE


def cut(rows: Sequence[Row], wanted: int) -> Page[Row]:
    """A page of a list that is in memory."""
    page, pages, before = span(len(rows), wanted)
    some = rows[before : before + PAGE]
    return Page(some, page, pages, before + 1 if some else 0, before + len(some), len(rows))


def fetch(session: Session, query: Select[Row], wanted: int) -> Page[Row]:
    """A page of a query's objects, counted in the same query; two more where the wanted page does not exist."""
    total, page = 0, min(max(wanted, 1), _FARTHEST)
    some = _some(session, query, page)
    if not some and page > 1:
        total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
        some = _some(session, query, span(total, page)[0])
    if some:
        total = some[0][1]
    page, pages, before = span(total, page)
    return Page([row for row, _ in some], page, pages, before + 1 if some else 0, before + len(some), total)


def _some(session: Session, query: Select[Row], page: int) -> Sequence[tuple[Row, int]]:
    """The rows of a page, each with how many there are in all. The query says nothing of DISTINCT."""
    counted = query.add_columns(func.count().over()).limit(PAGE).offset((page - 1) * PAGE)
    return [(row, total) for row, total in session.execute(counted).unique()]
