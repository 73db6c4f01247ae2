"""When a visit could be: what a partner said of their days, the school's bells, and the region's calendar together.

A fact that nobody told excludes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from matchmaker.queries.school_days import SchoolDays

MOST = 12
"""Slots proposed at once."""
PER_DAY = 2
"""Slots proposed on one day, so that several weeks are there to choose from."""
HORIZON = timedelta(weeks=8)


class TimeSpan(Protocol):
    """Anything with a beginning and an end."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True)
class Availability:
    """When a partner can come: weekdays (0 = Monday; none is *not said*) and hours of a day, None if not said."""

    weekdays: tuple[int, ...] = ()
    free_from: time | None = None
    free_until: time | None = None


@dataclass(frozen=True)
class Bell:
    """One lesson of a school day."""

    name: str
    begins: time
    ends: time


@dataclass(frozen=True)
class Slot:
    """A time that can be proposed; ``bell`` is the lesson's name, empty where the school's bells are not known."""

    starts_at: datetime
    ends_at: datetime
    bell: str = ""


def bells_of(stored: Iterable[dict[str, str]]) -> tuple[Bell, ...]:
    """A school's bells as they are stored, earliest first."""
    read = (Bell(row["name"], time.fromisoformat(row["from"]), time.fromisoformat(row["to"])) for row in stored)
    return tuple(sorted(read, key=lambda bell: bell.begins))


def hindrance(span: TimeSpan, available: Availability, days: SchoolDays) -> str | None:
    """Why a time does not suit: "closed" (no school), the partner's "weekday" or "hours"; None when it does."""
    start, end = span.starts_at.astimezone(days.zone), span.ends_at.astimezone(days.zone)
    if not days.counts(start.date()):
        return "closed"
    if available.weekdays and start.weekday() not in available.weekdays:
        return "weekday"
    early = available.free_from is not None and start.time() < available.free_from
    late = available.free_until is not None and (end.time() > available.free_until or end.date() > start.date())
    return "hours" if early or late else None


def suggested(
    offered: Sequence[TimeSpan],
    bells: Sequence[Bell],
    available: Availability,
    days: SchoolDays,
    first_on: date,
) -> list[Slot]:
    """Up to twelve times from a day on that suit everybody, as far as known.

    The lessons in which the class meets come from the times its teacher offered: the bells those overlap, or
    the offered times themselves where the school's bells are not known. Where no time was offered, any lesson counts.
    """
    lessons = _lessons(offered, bells, days)
    found: list[Slot] = []
    day, turn = first_on, 0
    while lessons and len(found) < MOST and day - first_on < HORIZON:
        if days.counts(day):
            fitting = [slot for slot in _of_day(day, lessons, days) if hindrance(slot, available, days) is None]
            # Not always the first lessons of a day: another day begins with others.
            chosen = [fitting[(turn + n) % len(fitting)] for n in range(min(PER_DAY, len(fitting)))]
            found += sorted(chosen, key=lambda slot: slot.starts_at)
            turn += len(chosen)
        day += timedelta(days=1)
    return found[:MOST]


def _of_day(day: date, lessons: Sequence[Bell], days: SchoolDays) -> list[Slot]:
    return [Slot(days.at(day, each.begins), days.at(day, each.ends), each.name) for each in lessons]


def _lessons(offered: Sequence[TimeSpan], bells: Sequence[Bell], days: SchoolDays) -> list[Bell]:
    hours = sorted({_hours(span, days) for span in offered})
    met = [bell for bell in bells if any(_overlap(bell, *span) for span in hours)]
    if met:
        return met
    return list(bells) or [Bell("", begins, ends) for begins, ends in hours if begins < ends]


def _hours(span: TimeSpan, days: SchoolDays) -> tuple[time, time]:
    return span.starts_at.astimezone(days.zone).time(), span.ends_at.astimezone(days.zone).time()


def _overlap(bell: Bell, begins: time, ends: time) -> bool:
    """Whether a bell and an offered time share at least half of the bell."""
    shared = _minutes(min(bell.ends, ends)) - _minutes(max(bell.begins, begins))
    return 2 * shared >= _minutes(bell.ends) - _minutes(bell.begins)


def _minutes(moment: time) -> int:
    return 60 * moment.hour + moment.minute
