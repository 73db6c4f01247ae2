"""What the two introduction letters share: both carry the same facts, and the second to leave makes it *introduced*."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale, gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.mail import calendar, introductions
from matchmaker.mail.letter import Attachment, Correspondent, Letter, Span, letterhead, spoken
from matchmaker.policies import NOBODY
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, LearningRequest, OutboxItem, Region

_INTRODUCIBLE = frozenset({IntroductionState.ACCEPTED, IntroductionState.INTRODUCED})
_AT_SCHOOL = frozenset({"visit", "series"})


@dataclass(frozen=True)
class Contact:
    """How to reach one side. ``organisation`` is set where the person answers for one."""

    name: str
    email: str
    phone: str
    organisation: str = ""


def open_for(session: Session, item: OutboxItem) -> Introduction | None:
    """The introduction to write about; None when there is no yes (any more)."""
    introduction = introductions.named(session, item)
    return introduction if introduction is not None and introduction.state in _INTRODUCIBLE else None


def letter(
    introduction: Introduction,
    region: Region,
    recipient: Correspondent,
    *,
    template: str,
    language: str,
    page: str,
    settings: Settings,
    now: datetime,
) -> Letter:
    """One side's letter, with the other's contacts and, once a time was chosen, a calendar hold."""
    sender, reply_to = introductions.signed(introduction, region)
    facts = _facts(introduction, language)
    with force_locale(language):
        held = _calendar(introduction, region, facts, settings, now)
    return Letter(
        template=template,
        language=language,
        recipient=recipient,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        context={**facts, "page": page},
        attachments=(held,) if held else (),
    )


def sent(session: Session, item: OutboxItem, now: datetime) -> None:
    """One of the two has left. Once both have, the introduction is made.

    The lock comes before the count: of two mailers, the later one sees what the earlier one has committed.
    """
    introduction = session.get_one(
        Introduction, item.payload["introduction_id"], with_for_update=True, populate_existing=True
    )
    keys = [f"introduction:{introduction.key}:{side}" for side in ("teacher", "partner")]
    left = session.scalar(
        select(func.count()).select_from(OutboxItem).where(OutboxItem.key.in_(keys), OutboxItem.done_at.is_not(None))
    )
    if left == len(keys) and introduction.state is IntroductionState.ACCEPTED:
        introduction.become(IntroductionState.INTRODUCED, at=now)
        introduction.introduced_at = now
        audit.record(session, NOBODY, audit.Tag.INTRODUCTION_SENT, introduction, at=now)


def _facts(introduction: Introduction, language: str) -> dict[str, object]:
    request, partner, window = introduction.request, introduction.partner, introduction.window
    teacher = request.teacher
    return {
        "coordinator": introduction.approved_by.name,
        "teacher": Contact(teacher.name, teacher.account.email, teacher.phone),
        "partner": Contact(
            partner.addressee, partner.email, partner.phone, partner.name if partner.contact_name else ""
        ),
        "speaks": spoken(partner.languages or [partner.language], language),
        "sharing": partner.sharing,
        "request": introductions.teachers_words(request),
        "fund": introductions.partners_words(introduction),
        "grade": request.grade,
        "students": request.students,
        "span": Span(window.starts_at, window.ends_at) if window else None,
        "place": _place(request),
    }


def _place(request: LearningRequest) -> list[str]:
    """Where a visit to the class is, from small to large; nothing when the class goes elsewhere or nobody travels."""
    if request.formats and not _AT_SCHOOL.intersection(request.formats):
        return []
    said: list[str] = []
    for part in (request.place.strip(), request.school.name, request.school.neighbourhood):
        # A teacher often names the school already, and a school its neighbourhood.
        if part and not any(part in earlier for earlier in said):
            said.append(part)
    return said


def _calendar(
    introduction: Introduction, region: Region, facts: dict[str, object], settings: Settings, now: datetime
) -> Attachment | None:
    span, place = facts["span"], facts["place"]
    if not isinstance(span, Span) or not isinstance(place, list):
        return None
    names = {"teacher": introduction.request.teacher.name, "partner": introduction.partner.name}
    return calendar.hold(
        calendar.Hold(
            key=introduction.key,
            domain=settings.mail_domain,
            span=span,
            time_zone=region.time_zone,
            summary=gettext("%(partner)s with the class of %(teacher)s", **names),
            place=", ".join(place),
            description=introduction.request.title,
            organizer=introductions.signed(introduction, region)[0],
        ),
        now,
    )
