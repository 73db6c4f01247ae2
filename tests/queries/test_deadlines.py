"""By when an answer is asked for: school days count, in the region's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from matchmaker.queries.deadlines import of_invitation
from matchmaker.queries.school_days import SchoolDays
from tests import factories as f
from tests.cast import Cast

PHOENIX = ZoneInfo("America/Phoenix")


@pytest.mark.parametrize(
    ("now", "days", "expected"),
    [
        ("2026-09-14T09:00", 5, "2026-09-21"),
        ("2026-09-18T23:30", 1, "2026-09-21"),
        ("2026-09-19T12:00", 1, "2026-09-21"),
        ("2026-09-14T09:00", 60, "2026-10-08"),
        ("2026-09-24T09:00", 3, "2026-10-02"),
    ],
    ids=["weekdays count", "Friday night", "Saturday", "not after the last offered date", "fall break and testing"],
)
def test_answer_by(session: Session, cast: Cast, now: str, days: int, expected: str) -> None:
    f.ClosureFactory(region=cast.region, first_on=date(2026, 9, 28), last_on=date(2026, 9, 29))
    f.ClosureFactory(region=cast.region, first_on=date(2026, 9, 30), last_on=date(2026, 9, 30), kind="testing")
    cast.region.answer_days = days
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)

    by = of_invitation(session, asked, cast.region, datetime.fromisoformat(now).replace(tzinfo=PHOENIX))

    assert by.answer_by.astimezone(PHOENIX).date().isoformat() == expected
    assert by.remind_at is not None and by.remind_at < by.answer_by


def test_the_reminder_comes_in_the_morning_of_its_day(session: Session, cast: Cast) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)

    by = of_invitation(session, asked, cast.region, f.NOW)

    assert by.remind_at == datetime(2026, 9, 17, 9, 0, tzinfo=PHOENIX)


def test_a_short_time_is_halved(session: Session, cast: Cast) -> None:
    start = f.NOW + timedelta(hours=20)
    asked = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, windows=[(start, start + timedelta(hours=1))]
    )

    by = of_invitation(session, asked, cast.region, f.NOW)

    assert (by.remind_at, by.answer_by) == (f.NOW + timedelta(hours=10), start)


CLOSED = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 20)), max_size=6)


@given(CLOSED, st.integers(0, 300), st.integers(1, 30))
def test_so_many_school_days_lie_between(closed: list[tuple[int, int]], start: int, number: int) -> None:
    first = date(2026, 8, 1)
    days = SchoolDays(
        ZoneInfo("UTC"), tuple((first + timedelta(a), first + timedelta(a + length)) for a, length in closed)
    )
    begin = first + timedelta(start)

    end = days.after(begin, number)

    between = [begin + timedelta(n) for n in range(1, (end - begin).days + 1)]
    assert days.counts(end) and sum(days.counts(day) for day in between) == number
    assert days.before(end + timedelta(days=1), 1) == end


def test_a_calendar_closed_for_years_counts_plain_weekdays() -> None:
    closed = SchoolDays(ZoneInfo("UTC"), ((date(2026, 1, 1), date(2030, 1, 1)),))

    assert closed.after(date(2026, 8, 1), 3) > date(2027, 8, 1)


def test_the_end_of_a_day_is_the_regions(session: Session) -> None:
    denver = f.RegionFactory(time_zone="America/Denver")
    days = SchoolDays.of(session, denver)

    # The clocks go back on Sunday, November 1: the day ends an hour later in UTC.
    assert days.end_after(datetime(2026, 10, 30, 12, tzinfo=UTC), 1) == datetime(2026, 11, 3, 6, 59, tzinfo=UTC)
