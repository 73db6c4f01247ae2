"""Visits as calendar files (RFC 5545, and 5546 for what a mail asks a calendar to do)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress

from matchmaker.mail.letter import Attachment, Correspondent, Span
from matchmaker.mail.zone import timezone

PRODUCT = "-//Matchmaker//Visits//EN"
_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Meeting:
    """One visit as one reader's calendar holds it.

    ``key`` is the introduction's, so both sides hold the same event. ``sequence`` rises with every change, and
    ``changed_at`` is when the last one was. ``attendee`` is the reader alone: no address of the other side.
    """

    key: UUID
    domain: str
    sequence: int
    span: Span
    time_zone: str
    summary: str
    place: str
    description: str
    organizer: Correspondent
    changed_at: datetime
    attendee: Correspondent | None = None
    cancelled: bool = False


def request(meeting: Meeting, now: datetime) -> Attachment:
    """The file of a visit that stands, on its newest date."""
    return _attached(meeting, "REQUEST", now)


def cancel(meeting: Meeting, now: datetime) -> Attachment:
    """The file that takes a visit out of a calendar again."""
    return _attached(meeting, "CANCEL", now)


def feed(name: str, time_zone: str, meetings: Iterable[Meeting]) -> bytes:
    """A calendar to subscribe to. It asks nothing of anybody, so it has no method and no attendees."""
    listed = list(meetings)
    calendar = _calendar()
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", time_zone)
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    for rules in _rules(listed):
        calendar.add_component(rules)
    for meeting in listed:
        calendar.add_component(_event(meeting, meeting.changed_at))
    return calendar.to_ical()


def _attached(meeting: Meeting, method: str, now: datetime) -> Attachment:
    calendar = _calendar()
    calendar.add("method", method)
    for rules in _rules([meeting]):
        calendar.add_component(rules)
    calendar.add_component(_event(meeting, now))
    day = meeting.span.starts_at.astimezone(ZoneInfo(meeting.time_zone))
    return Attachment(f"{day:%Y-%m-%d}.ics", calendar.to_ical(), method)


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _rules(meetings: list[Meeting]) -> Iterable[Timezone]:
    """The rules of each zone in use, a year beyond the first and the last visit."""
    for name in sorted({meeting.time_zone for meeting in meetings}):
        there = [meeting.span for meeting in meetings if meeting.time_zone == name]
        yield timezone(name, min(span.starts_at for span in there) - _YEAR, max(span.ends_at for span in there) + _YEAR)


def _event(meeting: Meeting, stamp: datetime) -> Event:
    zone = ZoneInfo(meeting.time_zone)
    entry = Event()
    entry.add("uid", f"{meeting.key}@{meeting.domain}")
    entry.add("sequence", meeting.sequence)
    entry.add("dtstamp", stamp)
    entry.add("last-modified", meeting.changed_at)
    entry.add("dtstart", meeting.span.starts_at.astimezone(zone))
    entry.add("dtend", meeting.span.ends_at.astimezone(zone))
    entry.add("summary", meeting.summary)
    if meeting.place:
        entry.add("location", meeting.place)
    entry.add("description", meeting.description)
    entry.add("status", "CANCELLED" if meeting.cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT" if meeting.cancelled else "OPAQUE")
    entry.add("organizer", _person(meeting.organizer))
    if meeting.attendee is not None:
        entry.add("attendee", _attendee(meeting.attendee))
    return entry


def _person(correspondent: Correspondent) -> vCalAddress:
    person = vCalAddress(f"mailto:{correspondent.address}")
    person.params["CN"] = correspondent.name
    return person


def _attendee(reader: Correspondent) -> vCalAddress:
    """The reader, who has agreed already: the calendar need not ask."""
    person = _person(reader)
    person.params.update({"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    return person
