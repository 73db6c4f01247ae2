"""Which times can be proposed: partner's days and hours, the school's bells, the region's calendar."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.queries.school_days import SchoolDays
from matchmaker.queries.slots import MOST, PER_DAY, Availability, Bell, Slot, bells_of, hindrance, suggested

PHOENIX = ZoneInfo("America/Phoenix")
MONDAY = date(2026, 9, 14)
DAYS = SchoolDays(PHOENIX)
ANY_TIME = Availability()
BELLS = bells_of(
    [
        {"name": "2", "from": "08:55", "to": "09:45"},
        {"name": "1", "from": "08:00", "to": "08:50"},
        {"name": "3", "from": "09:50", "to": "10:40"},
        {"name": "6", "from": "13:10", "to": "14:00"},
    ]
)


def at(day: date, begins: str, ends: str) -> Slot:
    return Slot(DAYS.at(day, time.fromisoformat(begins)), DAYS.at(day, time.fromisoformat(ends)))


def test_bells_are_read_in_their_order() -> None:
    assert [bell.name for bell in BELLS] == ["1", "2", "3", "6"]


def test_what_nobody_said_hinders_nothing() -> None:
    assert hindrance(at(MONDAY, "07:00", "21:00"), ANY_TIME, DAYS) is None


def test_a_day_without_school_hinders() -> None:
    closed = SchoolDays(PHOENIX, ((MONDAY, MONDAY),))
    assert hindrance(at(MONDAY, "09:00", "10:00"), ANY_TIME, closed) == "closed"
    assert hindrance(at(MONDAY - timedelta(days=1), "09:00", "10:00"), ANY_TIME, DAYS) == "closed"


def test_weekdays_and_hours_of_the_partner_hinder() -> None:
    mornings = Availability((0, 2), time(8), time(12))
    assert hindrance(at(MONDAY, "08:00", "12:00"), mornings, DAYS) is None
    assert hindrance(at(MONDAY + timedelta(days=1), "09:00", "10:00"), mornings, DAYS) == "weekday"
    assert hindrance(at(MONDAY, "07:55", "08:45"), mornings, DAYS) == "hours"
    assert hindrance(at(MONDAY, "11:30", "12:20"), mornings, DAYS) == "hours"
    assert hindrance(at(MONDAY, "11:30", "12:20"), Availability(free_from=time(11)), DAYS) is None


def test_the_class_keeps_the_lesson_its_teacher_offered() -> None:
    offered = [at(MONDAY, "08:55", "09:45"), at(MONDAY + timedelta(days=2), "09:00", "09:45")]
    found = suggested(offered, BELLS, ANY_TIME, DAYS, MONDAY)
    assert {slot.bell for slot in found} == {"2"} and len(found) == MOST


def test_without_bells_the_offered_hours_count() -> None:
    found = suggested([at(MONDAY, "09:20", "10:10")], (), Availability((3,)), DAYS, MONDAY)
    assert {(slot.starts_at.time(), slot.ends_at.time()) for slot in found} == {(time(9, 20), time(10, 10))}
    assert {slot.starts_at.weekday() for slot in found} == {3}


def test_with_nothing_to_go_by_nothing_is_made_up() -> None:
    assert suggested([], (), ANY_TIME, DAYS, MONDAY) == []


def test_holidays_and_full_days_are_passed_over() -> None:
    closed = SchoolDays(PHOENIX, ((MONDAY, MONDAY + timedelta(days=4)),))
    found = suggested([], BELLS, ANY_TIME, closed, MONDAY)
    assert found[0].starts_at.date() == MONDAY + timedelta(days=7)


def test_a_partner_without_common_hours_gets_no_slot() -> None:
    assert suggested([], BELLS, Availability(free_from=time(18)), DAYS, MONDAY) == []


def test_the_hour_of_a_lesson_stays_over_a_change_of_the_clocks() -> None:
    denver = SchoolDays(ZoneInfo("America/Shiprock"))
    found = suggested([], [Bell("2", time(8, 55), time(9, 45))], ANY_TIME, denver, date(2026, 10, 29))
    offsets = {slot.starts_at.utcoffset() for slot in found}
    assert {slot.starts_at.time() for slot in found} == {time(8, 55)} and len(offsets) == 2


@given(
    weekdays=st.lists(st.integers(0, 6), max_size=7, unique=True),
    hours=st.tuples(st.integers(0, 11), st.integers(12, 23)),
    closed=st.lists(st.integers(0, 60), max_size=20),
    start=st.integers(0, 30),
)
def test_whatever_is_proposed_suits_everybody(
    weekdays: list[int], hours: tuple[int, int], closed: list[int], start: int
) -> None:
    off = tuple((day, day) for day in (MONDAY + timedelta(days=n) for n in closed))
    days = SchoolDays(PHOENIX, off)
    available = Availability(tuple(weekdays), time(hours[0]), time(hours[1]))
    found = suggested([], BELLS, available, days, MONDAY + timedelta(days=start))

    assert len(found) <= MOST
    assert found == sorted(found, key=lambda slot: slot.starts_at) and len(set(found)) == len(found)
    assert all(hindrance(slot, available, days) is None for slot in found)
    assert all(slot.starts_at.date() >= MONDAY + timedelta(days=start) for slot in found)
    for day in {slot.starts_at.date() for slot in found}:
        assert sum(slot.starts_at.date() == day for slot in found) <= PER_DAY
