"""What the two introduction letters share: both carry the same facts."""

from __future__ import annotations

from datetime import datetime

from flask_babel import force_locale
from sqlalchemy.orm import Session

from matchmaker.mail import conversations, introductions, visits
from matchmaker.mail.letter import Attachment, Correspondent, Letter, Span, letterhead, spoken
from matchmaker.queries.conversation import Conversation
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, OutboxItem, Region, Side, Visit

_INTRODUCIBLE = frozenset({IntroductionState.ACCEPTED, IntroductionState.INTRODUCED})


def open_for(session: Session, item: OutboxItem) -> Introduction | None:
    """The introduction to write about; None when there is no yes (any more)."""
    introduction = introductions.named(session, item)
    return introduction if introduction is not None and introduction.state in _INTRODUCIBLE else None


def letter(
    session: Session,
    introduction: Introduction,
    region: Region,
    recipient: Correspondent,
    *,
    side: Side,
    template: str,
    language: str,
    page: str,
    settings: Settings,
    now: datetime,
) -> Letter:
    """One side's letter, with the other's contacts and, once a time was chosen, the calendar file of the visit."""
    sender, reply_to = introductions.signed(introduction, region)
    visit = visits.of(session, introduction)
    held: tuple[Attachment, ...] = ()
    if visit is not None:
        agreed_at = introduction.answered_at or now
        with force_locale(language):
            held = (visits.attached(introduction, visit, region, recipient, settings, agreed_at, now),)
    change = introductions.visit_page(settings, introduction, side, visit.ends_at if visit else None)
    write = conversations.page(settings, Conversation(region, introduction, visit, now), side)
    return Letter(
        template=template,
        language=language,
        recipient=recipient,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        context={**_facts(introduction, visit, language), "page": page, "change": change, "write": write},
        attachments=held,
    )


def _facts(introduction: Introduction, visit: Visit | None, language: str) -> dict[str, object]:
    request, partner = introduction.request, introduction.partner
    return {
        "coordinator": introduction.approved_by.name,
        "teacher": introductions.contact(introduction, Side.TEACHER),
        "partner": introductions.contact(introduction, Side.PARTNER),
        "speaks": spoken(partner.languages or [partner.language], language),
        "sharing": partner.sharing,
        "request": introductions.teachers_words(request),
        "fund": introductions.partners_words(introduction),
        "grade": request.grade,
        "students": request.students,
        "span": Span(visit.starts_at, visit.ends_at) if visit else None,
        "place": visits.where(introduction, visit) if visit else introductions.place(request, request.place),
    }
