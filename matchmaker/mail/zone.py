"""The rules of a time zone as a calendar carries them (RFC 5545, section 3.6.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


def timezone(name: str, first: datetime, last: datetime) -> Timezone:
    """A VTIMEZONE that holds between two instants: what is in force at the first, and every change up to the last.

    An onset is told in the time that was in force before it, as the RFC wants it. A zone that never changes has
    one part.
    """
    zone = ZoneInfo(name)
    component = Timezone()
    component.add("tzid", name)
    component.add_component(_observance(zone, first.astimezone(UTC).replace(microsecond=0), opening=True))
    for onset in _changes(zone, first.astimezone(UTC), last.astimezone(UTC)):
        component.add_component(_observance(zone, onset))
    return component


def _observance(zone: ZoneInfo, onset: datetime, *, opening: bool = False) -> TimezoneStandard | TimezoneDaylight:
    after = onset.astimezone(zone)
    before = after if opening else (onset - _SECOND).astimezone(zone)
    earlier, later = before.utcoffset(), after.utcoffset()
    assert earlier is not None and later is not None
    part = TimezoneDaylight() if after.dst() else TimezoneStandard()
    part.add("dtstart", (onset + earlier).replace(tzinfo=None))
    part.add("tzoffsetfrom", earlier)
    part.add("tzoffsetto", later)
    part.add("tzname", after.tzname())
    return part


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """The instants at which the zone's offset changes, to the second."""
    found, day = [], first.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < last:
        if _offset(zone, day) != _offset(zone, day + _DAY):
            found.append(_onset(zone, day, day + _DAY))
        day += _DAY
    return [onset for onset in found if onset > first]


def _onset(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
