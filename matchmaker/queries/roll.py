"""Everybody of a region as the hard rules read them: one column a fact, so that a rule is a few array operations.

The ranker keeps a roll between proposals and reads again only whom the region's revision says has changed. The facts
are those of ``eligibility``'s rules and nothing else; texts and vectors have a memory of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Clearance, Partner

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_NEVER = date.max.toordinal()
"""When a clearance ends of which no end is known."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Which of some codes each of n partners has named: the few combinations there are, and whose is which."""

    combinations: tuple[frozenset[Any], ...]
    which: Integers

    @classmethod
    def of(cls, said: Iterable[Sequence[Any]]) -> Choices:
        """From what each partner named."""
        numbers: dict[frozenset[Any], int] = {}
        which = [numbers.setdefault(frozenset(codes), len(numbers)) for codes in said]
        return cls(tuple(numbers), np.array(which, dtype=np.int64))

    def others_only(self, wanted: Sequence[Any]) -> Flags:
        """[n] who has named some, and none of those wanted; nobody where nothing is wanted."""
        if not wanted:
            return np.zeros(len(self.which), dtype=bool)
        return np.array([bool(codes) and codes.isdisjoint(wanted) for codes in self.combinations], dtype=bool)[
            self.which
        ]

    def arranged(self, fresh: Choices, order: Integers) -> Choices:
        """These and fresh ones behind them, taken in an order."""
        numbers = {codes: number for number, codes in enumerate(self.combinations)}
        renumbered = [numbers.setdefault(codes, len(numbers)) for codes in fresh.combinations]
        both = np.concatenate([self.which, np.array(renumbered, dtype=np.int64)[fresh.which]])
        return Choices(tuple(numbers), both[order])


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Roll:
    """The n partners of a region, reviewed or not, ascending by id.

    Attributes
    ----------
    partner_ids, monthly_capacity
        [n]
    reviewed, paused, online, uncleared
        [n] uncleared: known to have no clearance.
    globe
        [n, 3] where each is on a globe of radius 1 (`on_globe`), NaN where not known.
    radius_miles
        [n] NaN where not said.
    cleared_until
        [n] last day of the clearance, as a proleptic ordinal.
    formats, languages, weekdays
        What each has named.
    """

    partner_ids: Integers
    monthly_capacity: Integers
    reviewed: Flags
    paused: Flags
    online: Flags
    uncleared: Flags
    globe: Floats
    radius_miles: Floats
    cleared_until: Integers
    formats: Choices
    languages: Choices
    weekdays: Choices

    def units(self, partner_ids: Integers) -> Integers:
        """[n] how often each partner is in a list of ids; ids of nobody here are passed over."""
        return np.bincount(self.places(partner_ids), minlength=len(self.partner_ids))

    def places(self, partner_ids: Integers) -> Integers:
        """Where these partners stand; those that are not here are left out."""
        at = np.searchsorted(self.partner_ids, partner_ids)
        at, wanted = at[at < len(self.partner_ids)], partner_ids[at < len(self.partner_ids)]
        return at[self.partner_ids[at] == wanted]

    def renewed(self, fresh: Roll) -> Roll:
        """This roll with partners that were read again in the place of what was known of them."""
        kept = np.flatnonzero(~np.isin(self.partner_ids, fresh.partner_ids))
        ids = np.concatenate([self.partner_ids[kept], fresh.partner_ids])
        behind = len(self.partner_ids) + np.arange(len(fresh.partner_ids))
        order = np.concatenate([kept, behind])[np.argsort(ids)]
        return Roll(**{field.name: _arranged(self, fresh, field.name, order) for field in fields(self)})


def _arranged(held: Roll, fresh: Roll, name: str, order: Integers) -> Any:
    old, new = getattr(held, name), getattr(fresh, name)
    return old.arranged(new, order) if isinstance(old, Choices) else np.concatenate([old, new])[order]


def read(session: Session, region_id: int, *, since: int | None = None) -> Roll:
    """All partners of a region, or those that changed after a revision; without profiles merged into another."""
    query = select(*_COLUMNS).where(Partner.region_id == region_id, Partner.merged_into_id.is_(None))
    if since is not None:
        query = query.where(Partner.revision > since)
    return _roll(session.execute(query.order_by(Partner.id)).all())


def size(session: Session, region_id: int) -> int:
    """How many partners a region has."""
    query = select(func.count()).where(Partner.region_id == region_id, Partner.merged_into_id.is_(None))
    return session.scalar(query) or 0


_COLUMNS = (
    Partner.id,
    Partner.monthly_capacity,
    Partner.reviewed_at,
    Partner.paused_at,
    Partner.online,
    Partner.clearance,
    Partner.clearance_expires_on,
    Partner.latitude,
    Partner.longitude,
    Partner.radius_miles,
    Partner.formats,
    Partner.languages,
    Partner.weekdays,
)


def _roll(rows: Sequence[Any]) -> Roll:
    return Roll(
        partner_ids=np.array([row.id for row in rows], dtype=np.int64),
        monthly_capacity=np.array([row.monthly_capacity for row in rows], dtype=np.int64),
        reviewed=np.array([row.reviewed_at is not None for row in rows], dtype=bool),
        paused=np.array([row.paused_at is not None for row in rows], dtype=bool),
        online=np.array([row.online for row in rows], dtype=bool),
        uncleared=np.array([row.clearance is Clearance.NONE for row in rows], dtype=bool),
        globe=on_globe(
            np.radians(_numbers(row.latitude for row in rows)), np.radians(_numbers(row.longitude for row in rows))
        ),
        radius_miles=_numbers(row.radius_miles for row in rows),
        cleared_until=np.array(
            [_NEVER if (ends := row.clearance_expires_on) is None else ends.toordinal() for row in rows], dtype=np.int64
        ),
        formats=Choices.of(row.formats for row in rows),
        languages=Choices.of(row.languages for row in rows),
        weekdays=Choices.of(row.weekdays for row in rows),
    )


def on_globe(latitude: Floats, longitude: Floats) -> Floats:
    """[n, 3] places on a globe of radius 1, of latitudes and longitudes in radians."""
    level = np.cos(latitude)
    return np.column_stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)])


def _numbers(values: Iterable[float | None]) -> NDArray[np.float64]:
    """None becomes NaN, which no comparison holds for: a missing fact never excludes."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
