"""The calendar hold that goes with an introduction (RFC 5545)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress

from matchmaker.mail.letter import Attachment, Correspondent, Span


@dataclass(frozen=True)
class Hold:
    """What goes into the calendar. ``key`` is the introduction's: both sides hold the same event."""

    key: UUID
    domain: str
    span: Span
    time_zone: str
    summary: str
    place: str
    description: str
    organizer: Correspondent


def hold(event: Hold, now: datetime) -> Attachment:
    """A calendar file with one tentative event in the region's zone, which travels with its VTIMEZONE."""
    zone = ZoneInfo(event.time_zone)
    entry = Event()
    entry.add("uid", f"{event.key}@{event.domain}")
    entry.add("sequence", 0)
    entry.add("dtstamp", now)
    entry.add("dtstart", event.span.starts_at.astimezone(zone))
    entry.add("dtend", event.span.ends_at.astimezone(zone))
    entry.add("summary", event.summary)
    entry.add("location", event.place)
    entry.add("description", event.description)
    entry.add("status", "TENTATIVE")
    organizer = vCalAddress(f"mailto:{event.organizer.address}")
    organizer.params["CN"] = event.organizer.name
    entry.add("organizer", organizer)
    calendar = Calendar()
    calendar.add("prodid", "-//Matchmaker//Introductions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    year = timedelta(days=366)
    calendar.add_missing_timezones(
        first_date=(event.span.starts_at - year).date(), last_date=(event.span.ends_at + year).date()
    )
    return Attachment(f"{event.span.starts_at.astimezone(zone):%Y-%m-%d}.ics", calendar.to_ical())
