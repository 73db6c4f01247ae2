"""The invitation: a named coordinator asks one partner for one class. It holds no room and nobody's contacts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.mail import introductions
from matchmaker.mail.failures import PermanentFailure
from matchmaker.mail.letter import Correspondent, Letter, letterhead, reading_language, spoken
from matchmaker.policies import NOBODY
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, LearningRequest, OutboxItem, Region, Suppression


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter, with request and introduction locked until the transaction ends; None once the approval was undone.

    Raises PermanentFailure where a person must decide: nobody may write to the address, or every offered time is past.
    """
    introduction = introductions.locked(session, item)
    if introduction is None or introduction.state is not IntroductionState.APPROVED:
        return None
    region = session.get_one(Region, introduction.region_id)
    _require_reachable(session, introduction)
    _require_time_left(introduction.request, now)
    sender, reply_to = introductions.signed(introduction, region)
    language = reading_language(introduction.partner.language, region)
    return Letter(
        template="invitation",
        language=language,
        recipient=Correspondent(introduction.partner.addressee, introduction.partner.email),
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        context=_facts(introduction, language, settings, answer_by(introduction.request, region, now), now),
    )


def sent(session: Session, item: OutboxItem, now: datetime) -> None:
    """The invitation has left: the partner is invited and has until ``answer_by``."""
    introduction = session.get_one(Introduction, item.payload["introduction_id"])
    region = session.get_one(Region, introduction.region_id)
    introduction.become(IntroductionState.INVITED, at=now)
    introduction.invited_at = now
    introduction.answer_by = answer_by(introduction.request, region, now)
    audit.record(session, NOBODY, audit.Tag.INVITATION_SENT, introduction, at=now)


def answer_by(request: LearningRequest, region: Region, now: datetime) -> datetime:
    """The end of the region's last answering day (weekdays count), but never after the last offered time begins."""
    zone = ZoneInfo(region.time_zone)
    day, left = now.astimezone(zone).date(), region.answer_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    end = datetime.combine(day, time(23, 59), zone)
    return min([end, max((span.starts_at for span in introductions.offered(request)), default=end)])


def _require_reachable(session: Session, introduction: Introduction) -> None:
    email = introduction.partner.email.strip().lower()
    if not email:
        raise PermanentFailure("the partner has no e-mail address; call instead")
    reason = session.scalar(
        select(Suppression.reason).where(
            Suppression.region_id == introduction.region_id, Suppression.email == email
        )
    )
    if reason is not None:
        raise PermanentFailure(f"no invitations may go to this address ({reason}); call, or undo the approval")


def _require_time_left(request: LearningRequest, now: datetime) -> None:
    spans = introductions.offered(request)
    if spans and spans[-1].starts_at <= now:
        raise PermanentFailure("every time the teacher offered has passed; ask for new ones, or undo the approval")


def _facts(
    introduction: Introduction, language: str, settings: Settings, by: datetime, now: datetime
) -> dict[str, object]:
    request = introduction.request
    token = introductions.answer_token(settings, introduction, by)
    spans = [span for span in introductions.offered(request) if span.starts_at > now]
    lengths = {(span.ends_at - span.starts_at) // timedelta(minutes=1) for span in spans}
    return {
        "coordinator": introduction.approved_by.name,
        "teacher": request.teacher.name,
        "school": request.school.name,
        "neighbourhood": request.school.neighbourhood,
        "grade": request.grade,
        "students": request.students,
        "formats": request.formats,
        "languages": spoken(request.languages, language),
        "request": introductions.teachers_words(request),
        "fund": introductions.partners_words(introduction),
        "spans": spans,
        "minutes": lengths.pop() if len(lengths) == 1 else None,
        "answer_by": by,
        "joined": introduction.partner.joined_on.year,
        "yes": introductions.answer_page(settings, token, "yes"),
        "not_now": introductions.answer_page(settings, token, "not_now"),
        "page": introductions.answer_page(settings, token),
    }
