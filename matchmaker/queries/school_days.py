"""Counting in school days: weekdays on which a region's schools are open and not testing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, ScalarSelect, cast, exists, func, select
from sqlalchemy.orm import Session

from models import Closure, Region

_LONGEST = 400
"""Days looked ahead at most: where a calendar closes a whole year, plain weekdays count instead."""


@dataclass(frozen=True)
class SchoolDays:
    """A region's calendar. ``closed`` holds the first and last day of each closure."""

    zone: ZoneInfo
    closed: tuple[tuple[date, date], ...] = ()

    @classmethod
    def of(cls, session: Session, region: Region) -> SchoolDays:
        """The calendar of a region, in one query."""
        rows = session.execute(select(Closure.first_on, Closure.last_on).where(Closure.region_id == region.id))
        return cls(ZoneInfo(region.time_zone), tuple((first, last) for first, last in rows))

    def counts(self, day: date) -> bool:
        """Whether it is a school day."""
        return day.weekday() < 5 and not any(first <= day <= last for first, last in self.closed)

    def after(self, day: date, number: int) -> date:
        """The school day that is so many after a day, which need not be one itself."""
        return self._count(day, number, timedelta(days=1))

    def before(self, day: date, number: int) -> date:
        """The school day that is so many before a day."""
        return self._count(day, number, timedelta(days=-1))

    def today(self, now: datetime) -> date:
        """The date in the region."""
        return now.astimezone(self.zone).date()

    def end_after(self, instant: datetime, number: int) -> datetime:
        """The end of the school day that is so many after an instant's."""
        return self.at(self.after(self.today(instant), number), time(23, 59))

    def at(self, day: date, hour: time) -> datetime:
        """A time of day in the region, on a day."""
        return datetime.combine(day, hour, self.zone)

    def _count(self, day: date, number: int, step: timedelta) -> date:
        looked = 0
        while number:
            day += step
            looked += 1
            number -= self.counts(day) if looked <= _LONGEST else day.weekday() < 5
        return day


def before(region: Region, day: date, number: int) -> ScalarSelect[date]:
    """What ``SchoolDays.before`` gives, as a value inside another query."""
    back = func.generate_series(1, _LONGEST).column_valued("back")
    each = cast(day, Date) - back
    closed = exists().where(Closure.region_id == region.id, each.between(Closure.first_on, Closure.last_on))
    counted = select(each).where(func.extract("isodow", each) < 6, ~closed)
    return counted.order_by(back).offset(number - 1).limit(1).scalar_subquery()
