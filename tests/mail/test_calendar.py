"""Calendar files, read by icalendar and by vobject, which know nothing of each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar

from matchmaker.mail import calendar
from matchmaker.mail.calendar import Meeting
from matchmaker.mail.letter import Correspondent, Span
from tests import factories as f

ZONES = ("America/Phoenix", "America/Denver", "America/Shiprock")
KEY = UUID("6f2f4d1e-9f0a-4c5e-8a58-0d7c9b1b2a11")


def meeting(zone: str = "America/Phoenix", day: tuple[int, int, int] = (2026, 10, 6), **more: object) -> Meeting:
    begins = datetime(*day, 9, 20, tzinfo=ZoneInfo(zone))
    made = Meeting(
        key=KEY,
        domain="palofierro.example",
        sequence=2,
        span=Span(begins.astimezone(UTC), (begins + timedelta(minutes=50)).astimezone(UTC)),
        time_zone=zone,
        summary="Esperanza Ochoa with the class of Ana Luisa Robles",
        place="Room 12, Tres Hermanas Middle School; gate B, ask for Ana",
        description="Why does our arroyo flood so fast?",
        organizer=Correspondent("Marisol Vega · Palo Fierro", "hola@palofierro.example"),
        changed_at=f.NOW - timedelta(minutes=5),
        attendee=Correspondent("Esperanza Ochoa", "esperanza@correo.example"),
    )
    return replace(made, **more)


def read_by_both(content: bytes):  # type: ignore[no-untyped-def]
    """The same file as two parsers understand it; vobject also checks that nothing is missing or too often there."""
    other = vobject.readOne(content.decode())
    other.validate(raiseException=True)
    return Calendar.from_ical(content), other


def test_a_request_says_everything_a_calendar_needs() -> None:
    file = calendar.request(meeting(), f.NOW)
    assert (file.filename, file.method) == ("2026-10-06.ics", "REQUEST")
    ours, theirs = read_by_both(file.content)
    (event,) = ours.walk("VEVENT")
    assert str(ours["METHOD"]) == theirs.method.value == "REQUEST"
    assert str(event["UID"]) == theirs.vevent.uid.value == f"{KEY}@palofierro.example"
    assert int(event["SEQUENCE"]) == int(theirs.vevent.sequence.value) == 2
    assert str(event["STATUS"]) == theirs.vevent.status.value == "CONFIRMED"
    assert event["DTSTAMP"].dt == theirs.vevent.dtstamp.value == f.NOW
    assert event["LAST-MODIFIED"].dt == theirs.vevent.last_modified.value == f.NOW - timedelta(minutes=5)
    assert theirs.vevent.location.value == "Room 12, Tres Hermanas Middle School; gate B, ask for Ana"
    assert theirs.vevent.organizer.value == "mailto:hola@palofierro.example"
    assert theirs.vevent.organizer.params["CN"] == ["Marisol Vega · Palo Fierro"]


def test_only_the_reader_is_invited() -> None:
    _, theirs = read_by_both(calendar.request(meeting(), f.NOW).content)
    (attendee,) = theirs.vevent.attendee_list
    assert attendee.value == "mailto:esperanza@correo.example"
    assert attendee.params["PARTSTAT"] == ["ACCEPTED"] and attendee.params["RSVP"] == ["FALSE"]


def test_a_cancellation_is_of_the_same_event() -> None:
    file = calendar.cancel(meeting(cancelled=True, sequence=3), f.NOW)
    _, theirs = read_by_both(file.content)
    assert file.method == theirs.method.value == "CANCEL"
    assert theirs.vevent.uid.value == f"{KEY}@palofierro.example"
    assert (theirs.vevent.status.value, theirs.vevent.sequence.value) == ("CANCELLED", "3")
    assert theirs.vevent.transp.value == "TRANSPARENT"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "day",
    [(2026, 10, 30), (2026, 11, 2), (2027, 3, 12), (2027, 3, 15), (2026, 11, 1), (2027, 3, 14)],
    ids=["summer", "after autumn", "winter", "after spring", "autumn Sunday", "spring Sunday"],
)
def test_the_hour_of_the_class_is_the_same_for_every_reader(zone: str, day: tuple[int, int, int]) -> None:
    held = meeting(zone, day)
    ours, theirs = read_by_both(calendar.request(held, f.NOW).content)
    (event,) = ours.walk("VEVENT")
    assert event["DTSTART"].params["TZID"] == zone
    assert event["DTSTART"].to_ical().decode() == f"{datetime(*day):%Y%m%d}T092000"
    # vobject goes by the VTIMEZONE of the file alone, icalendar by the name of the zone.
    assert theirs.vevent.dtstart.value.astimezone(UTC) == event.start.astimezone(UTC) == held.span.starts_at
    assert theirs.vevent.dtend.value.astimezone(UTC) == event.end.astimezone(UTC) == held.span.ends_at


def test_arizona_keeps_its_clocks_and_the_neighbours_change_theirs() -> None:
    def parts(zone: str) -> list[tuple[str, str, int, int]]:
        ours, _ = read_by_both(calendar.request(meeting(zone), f.NOW).content)
        (rules,) = ours.walk("VTIMEZONE")
        assert str(rules["TZID"]) == zone
        return [
            (
                part.name or "",
                part["DTSTART"].to_ical().decode(),
                part["TZOFFSETFROM"].td // timedelta(hours=1),
                part["TZOFFSETTO"].td // timedelta(hours=1),
            )
            for part in rules.subcomponents
        ]

    assert [part[0] for part in parts("America/Phoenix")] == ["STANDARD"]
    for zone in ZONES[1:]:
        # Both onsets are at two by the clock that was still in force.
        assert ("STANDARD", "20261101T020000", -6, -7) in parts(zone)
        assert ("DAYLIGHT", "20270314T020000", -7, -6) in parts(zone)


def test_lines_are_short_and_end_as_the_rfc_wants() -> None:
    content = calendar.request(meeting(description="ñandú " * 60), f.NOW).content
    assert all(len(line) <= 75 for line in content.split(b"\r\n")) and b"\n" not in content.replace(b"\r\n", b"")
    _, theirs = read_by_both(content)
    assert theirs.vevent.description.value == "ñandú " * 60


@pytest.mark.parametrize(
    "words", ["a\r\nATTENDEE:mailto:evil@elsewhere.example", 'quote " and ; and , and \\', "🌵" * 80]
)
def test_nobodys_words_break_out_of_their_line(words: str) -> None:
    held = meeting(place=words, summary=words, organizer=Correspondent(words, "hola@palofierro.example"))
    ours, theirs = read_by_both(calendar.request(held, f.NOW).content)
    assert [each.value for each in theirs.vevent.attendee_list] == ["mailto:esperanza@correo.example"]
    assert len(ours.walk("VEVENT")) == 1


def test_a_feed_holds_every_visit_and_asks_nothing() -> None:
    held = [
        meeting(attendee=None),
        meeting(key=UUID(int=7), day=(2026, 12, 1), attendee=None, cancelled=True),
    ]
    ours, theirs = read_by_both(calendar.feed("Palo Fierro", "America/Phoenix", held))
    assert "METHOD" not in ours and len(ours.walk("VTIMEZONE")) == 1
    assert [event.status.value for event in theirs.vevent_list] == ["CONFIRMED", "CANCELLED"]
    assert all(not hasattr(event, "attendee") for event in theirs.vevent_list)
    assert [event["DTSTAMP"].dt for event in ours.walk("VEVENT")] == [held[0].changed_at] * 2


def test_an_empty_feed_is_a_calendar_too() -> None:
    ours, _ = read_by_both(calendar.feed("Palo Fierro", "America/Phoenix", []))
    assert ours.walk("VEVENT") == []
