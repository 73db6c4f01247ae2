"""A date and a time of day in a form, checked against the calendar of its region."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, FieldList, Form, SelectChoice, TimeField
from wtforms.validators import Optional

from matchmaker.clock import utc_now
from matchmaker.web import fields, filters
from models import Region

FARTHEST = timedelta(days=548)
"""A date may lie 18 months ahead."""
EARLIEST, LATEST = time(6, 0), time(20, 0)
MINUTES = (20, 30, 40, 45, 50, 55, 60, 75, 90, 120, 180)
SATURDAY = 5


class TimeRow(Form):  # type: ignore[misc]
    """One date and the time the class begins."""

    Meta = fields.OurWords

    date = DateField(_("Date"), validators=[Optional()])
    starts = TimeField(_("Start of class"), validators=[Optional()])


def lengths() -> list[SelectChoice]:
    """How long a visit may last, in minutes."""
    return lengths_with(())


def lengths_with(present: Iterable[int]) -> list[SelectChoice]:
    """The same, with whatever other length is stored already."""
    return fields.choices((minutes, filters.duration(minutes * 60)) for minutes in sorted({*MINUTES, *present}))


def some_given(rows: FieldList, region: Region) -> bool:
    """Whether any row names a time. What is wrong with one is written beside its fields."""
    return any([_check(row.form, region) for row in rows])


def spans(rows: FieldList, minutes: int, region: Region) -> Iterable[tuple[datetime, datetime]]:
    """The times that rows name, in the region's zone."""
    for row in rows:
        if row.form.date.data and row.form.starts.data:
            start = _start(row.form.date.data, row.form.starts.data, region)
            yield start, start + timedelta(minutes=minutes)


def _start(day: date, begins: time, region: Region) -> datetime:
    return datetime.combine(day, begins, ZoneInfo(region.time_zone))


def _check(row: Form, region: Region) -> bool:
    day, begins = row.date.data, row.starts.data
    if row.date.errors or row.starts.errors:
        return True
    if day is None and begins is None:
        return False
    if day is None:
        row.date.errors = [gettext("Please add the date.")]
    elif wrong := _wrong_day(day, region):
        row.date.errors = [wrong]
    elif begins is None:
        row.starts.errors = [gettext("Please add the time the class begins.")]
    elif not EARLIEST <= begins <= LATEST:
        row.starts.errors = [gettext("Please choose a time between 6 in the morning and 8 in the evening.")]
    elif _start(day, begins, region) <= utc_now():
        row.starts.errors = [gettext("Please choose a time that lies ahead.")]
    return True


def _wrong_day(day: date, region: Region) -> str | None:
    today = utc_now().astimezone(ZoneInfo(region.time_zone)).date()
    if day < today:
        return gettext("Please choose a day that lies ahead.")
    if day > today + FARTHEST:
        return gettext("Please choose a day within the next 18 months.")
    if day.weekday() >= SATURDAY:
        return gettext("Please choose a school day, Monday to Friday.")
    return None


def refused(starts_at: datetime, ends_at: datetime, region: Region) -> str | None:
    """What is wrong with a time that no form has checked, as the forms say it; None where nothing is."""
    if starts_at <= utc_now():
        return gettext("Please choose a time that lies ahead.")
    if starts_at > utc_now() + FARTHEST:
        return gettext("Please choose a day within the next 18 months.")
    if not timedelta(minutes=MINUTES[0]) <= ends_at - starts_at <= timedelta(minutes=MINUTES[-1]):
        return gettext("A visit lasts %(least)s to %(most)s minutes.", least=MINUTES[0], most=MINUTES[-1])
    local = starts_at.astimezone(ZoneInfo(region.time_zone))
    if not EARLIEST <= local.time() <= LATEST:
        return gettext("Please choose a time between 6 in the morning and 8 in the evening.")
    return _wrong_day(local.date(), region)
