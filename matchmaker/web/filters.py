"""What templates call to write a date, a time or a code in the reader's language and the region's zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as TimeOfDay
from functools import partial, wraps
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel import dates
from babel.lists import format_list
from flask import Flask, g
from flask_babel import LazyString, format_timedelta, get_locale, gettext, ngettext, pgettext
from jinja2 import pass_context
from jinja2.runtime import Context

from matchmaker.web import labels


class TimeSpan(Protocol):
    """Anything with a beginning and an end: an offered window, a visit."""

    starts_at: datetime
    ends_at: datetime


def register(app: Flask) -> None:
    """Add every filter to the application's templates."""
    app.jinja_env.filters.update({name: _when_read(each) for name, each in {**_DATES, **_LABELS}.items()})


def _when_read(each: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is asked anew for each reader: of a constant, Jinja would keep what it said to the first one."""

    @pass_context
    @wraps(each)
    def asked(_context: Context, *given: Any, **named: Any) -> Any:
        return each(*given, **named)

    return asked


def local(moment: datetime) -> datetime:
    """A stored moment on the clocks of the current region, or in UTC where there is none yet."""
    region = g.get("region")
    return moment.astimezone(ZoneInfo(region.time_zone) if region else UTC)


def day(moment: date) -> str:
    """A date or time written as "Monday, September 21"."""
    return _date(moment, pgettext("date pattern", "EEEE, MMMM d"))


def day_year(moment: date) -> str:
    """A date or time written as "Monday, September 21, 2026"."""
    return _date(moment, pgettext("date pattern", "EEEE, MMMM d, y"))


def day_short(moment: date) -> str:
    """A date or time written as "Mon, Sep 21"."""
    return _date(moment, pgettext("date pattern", "EEE, MMM d"))


def day_of_month(moment: date) -> str:
    """A date or time written as "Sep 21"."""
    return _date(moment, pgettext("date pattern", "MMM d"))


def month(moment: date) -> str:
    """A date or time written as "October"."""
    return _date(moment, "LLLL")


def month_year(moment: date) -> str:
    """A date or time written as "Mar 2027"."""
    return _date(moment, pgettext("date pattern", "MMM y"))


def time(moment: datetime | TimeOfDay) -> str:
    """A date or time written as "9:20 AM"; one without a date is on the region's clocks already."""
    there = local(moment) if isinstance(moment, datetime) else moment
    return dates.format_time(there, pgettext("date pattern", "h:mm a"), locale=_locale())


def day_time(at: datetime) -> str:
    """A date or time written as "Mon, Sep 21, 9:20 AM"."""
    return gettext("%(day)s, %(time)s", day=day_short(at), time=time(at))


def when(span: TimeSpan) -> str:
    """A date or time written as "Tuesday, October 6, 9:20 to 10:10"."""
    return gettext("%(day)s, %(start)s to %(end)s", day=day(span.starts_at), **_hours(span))


def when_short(span: TimeSpan) -> str:
    """A date or time written as "Tue, Oct 6, 9:20 to 10:10"."""
    return gettext("%(day)s, %(start)s to %(end)s", day=day_short(span.starts_at), **_hours(span))


def ago(at: datetime) -> str:
    """How long since a moment, rounded as people say it: "2 days ago"."""
    return format_timedelta(at - datetime.now(UTC), add_direction=True)


def waiting(days: int) -> str:
    """A wait in whole days, written as "today", "1 day", "6 days"."""
    return ngettext("%(num)s day", "%(num)s days", days) if days > 0 else gettext("today")


def duration(seconds: int) -> str:
    """A length of time, written as "10 minutes", "8 seconds"."""
    return format_timedelta(timedelta(seconds=seconds), threshold=1)


def days_until(end: date) -> int:
    """Days from today, in the region's zone, to a date; negative once it is past."""
    return (end - local(datetime.now(UTC)).date()).days


def listed(words: Iterable[object], style: str = "standard") -> str:
    """Words as a list in a sentence: "English, Spanish and French"; style "or" for a choice."""
    return format_list([str(word) for word in words], style=style, locale=_locale())  # type: ignore[arg-type]


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 as people read it: "71%", or "97.8%" with one digit."""
    return gettext("%(number)s%%", number=f"{100 * share:.{digits}f}")


def dialled(phone: str) -> str:
    """A phone number as a tel: link wants it; ten digits are a North American number."""
    digits = re.sub(r"\D", "", phone)
    return f"+1{digits}" if len(digits) == 10 else f"+{digits}"


def _hours(span: TimeSpan) -> dict[str, str]:
    # School hours need no AM or PM; an evening does.
    start, end = local(span.starts_at), local(span.ends_at)
    by_day = start.hour >= 6 and end.hour < 18
    last = pgettext("date pattern", "h:mm") if by_day else pgettext("date pattern", "h:mm a")
    return {
        "start": dates.format_time(start, pgettext("date pattern", "h:mm"), locale=_locale()),
        "end": dates.format_time(end, last, locale=_locale()),
    }


def _date(moment: date, pattern: str) -> str:
    there = local(moment) if isinstance(moment, datetime) else moment
    return dates.format_date(there, pattern, locale=_locale())


def _locale() -> str:
    return str(get_locale() or "en")


_DATES: Mapping[str, Callable[..., object]] = {
    function.__name__: function
    for function in (
        day, day_year, day_short, day_of_month, month, month_year, time, day_time,
        when, when_short, ago, waiting, duration, days_until, listed, percent, dialled,
    )
}  # fmt: skip


def _words(words: Mapping[str, LazyString]) -> Callable[[str | None], str]:
    return partial(labels.label, words)


_LABELS: Mapping[str, Callable[..., object]] = {
    "subject": _words(labels.SUBJECTS),
    "visit_kind": _words(labels.FORMATS),
    "visit_kind_note": _words(labels.FORMAT_NOTES),
    "sharing": _words(labels.SHARING),
    "asked_for": _words(labels.ASKED),
    "role": _words(labels.ROLES),
    "line": _words(labels.LINES),
    "lead": _words(labels.LEADS),
    "not_now_reason": _words(labels.NOT_NOW_REASONS),
    "answer_via": _words(labels.ANSWER_VIAS),
    "date_doubt": _words(labels.DATE_DOUBTS),
    "cancel_reason": _words(labels.CANCEL_REASONS),
    "closure": _words(labels.CLOSURES),
    "pass_reason": _words(labels.PASS_REASONS),
    "rule": _words(labels.RULES),
    "again": _words(labels.AGAIN),
    "grade": labels.grade,
    "capital": labels.capital,
    "language": labels.language,
    "own_name": labels.own_language,
}
