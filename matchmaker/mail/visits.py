"""What the letters about a visit share: when, where, with whom, its page, and the calendar file for one reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import force_locale, get_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail import calendar, introductions
from matchmaker.mail.letter import Attachment, Correspondent, Letter, Span, letterhead, reading_language
from matchmaker.queries import visits as reading
from matchmaker.queries.visits import Entry
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, OutboxItem, Region, Side, Visit

_OTHER = {Side.TEACHER: Side.PARTNER, Side.PARTNER: Side.TEACHER}
_OFF = frozenset({IntroductionState.CANCELLED, IntroductionState.NOT_HELD})
_STANDS = frozenset({IntroductionState.ACCEPTED, IntroductionState.INTRODUCED, IntroductionState.SCHEDULED})


def of(session: Session, introduction: Introduction) -> Visit | None:
    """The visit of an introduction, if it has one."""
    return session.scalar(select(Visit).where(Visit.introduction_id == introduction.id))


def standing(session: Session, item: OutboxItem) -> tuple[Introduction, Visit] | None:
    """The visit that a letter is about; None when it has changed since, which has its own letter."""
    introduction = introductions.named(session, item)
    if introduction is None or introduction.state not in _STANDS:
        return None
    visit = of(session, introduction)
    return (introduction, visit) if visit is not None and visit.sequence == item.payload["sequence"] else None


def letter(
    session: Session,
    item: OutboxItem,
    introduction: Introduction,
    visit: Visit | None,
    settings: Settings,
    now: datetime,
    **more: object,
) -> Letter:
    """One side's letter, with the calendar file that brings their calendar up to date."""
    side = Side(item.payload["side"])
    region = session.get_one(Region, introduction.region_id)
    recipient, wanted = introductions.reader(introduction, side)
    language = reading_language(wanted, region)
    sender, reply_to = introductions.signed(introduction, region)
    held: tuple[Attachment, ...] = ()
    if visit is not None:
        with force_locale(language):
            held = (attached(introduction, visit, region, recipient, settings, item.created_at, now),)
    return Letter(
        template=item.kind,
        language=language,
        recipient=recipient,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        context={**_facts(introduction, visit, side, item, settings), **more},
        attachments=held,
    )


def attached(
    introduction: Introduction,
    visit: Visit,
    region: Region,
    reader: Correspondent,
    settings: Settings,
    changed_at: datetime,
    now: datetime,
) -> Attachment:
    """The calendar file of a visit for one reader, in the language in force: it holds the visit, or takes it out."""
    meeting = calendar.Meeting(
        key=introduction.key,
        domain=settings.mail_domain,
        sequence=visit.sequence,
        span=Span(visit.starts_at, visit.ends_at),
        time_zone=region.time_zone,
        summary=summary(introduction),
        place=", ".join(where(introduction, visit)),
        description=introduction.request.title,
        organizer=introductions.signed(introduction, region)[0],
        changed_at=changed_at,
        attendee=reader,
        cancelled=visit.cancelled_at is not None,
    )
    return calendar.cancel(meeting, now) if meeting.cancelled else calendar.request(meeting, now)


def listed(region: Region, entries: Iterable[Entry], settings: Settings) -> bytes:
    """Visits as a calendar to subscribe to or to save, in the language in force: what a link may show, so no room, no
    contact, and nobody's address but the network's."""
    name = region.name_in(str(get_locale()))
    office = Correspondent(name, region.email)
    return calendar.feed(
        name,
        region.time_zone,
        [
            calendar.Meeting(
                key=entry.introduction.key,
                domain=settings.mail_domain,
                sequence=entry.visit.sequence,
                span=Span(entry.visit.starts_at, entry.visit.ends_at),
                time_zone=region.time_zone,
                summary=summary(entry.introduction),
                place=", ".join(reading.here(entry.introduction.request)),
                description=entry.introduction.request.title,
                organizer=office,
                changed_at=entry.changed_at,
                cancelled=entry.introduction.state in _OFF,
            )
            for entry in entries
        ],
    )


def summary(introduction: Introduction) -> str:
    """The line of a visit in a calendar."""
    names = {"teacher": introduction.request.teacher.name, "partner": introduction.partner.name}
    return gettext("%(partner)s with the class of %(teacher)s", **names)


def where(introduction: Introduction, visit: Visit) -> list[str]:
    """Where a visit is, its room first: for letters to the two sides, and no page that a link opens."""
    return introductions.place(introduction.request, visit.room, visit.place)


def _facts(
    introduction: Introduction, visit: Visit | None, side: Side, item: OutboxItem, settings: Settings
) -> dict[str, object]:
    by = Side(item.payload["by"]) if "by" in item.payload else None
    return {
        "coordinator": introduction.approved_by.name,
        "side": side.value,
        "other": introductions.contact(introduction, _OTHER[side]),
        "by": "network" if by is Side.COORDINATOR else "reader" if by is side else "other",
        "span": Span(visit.starts_at, visit.ends_at) if visit else None,
        "place": where(introduction, visit) if visit else [],
        "sign_in": visit.sign_in if visit else "",
        "title": introduction.request.title,
        "title_language": introduction.request.language,
        "students": introduction.request.students,
        "page": introductions.visit_page(settings, introduction, side, visit.ends_at if visit else None),
    }
