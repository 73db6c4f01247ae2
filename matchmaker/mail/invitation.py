"""The invitation: a named coordinator asks one partner for one class. It holds no room and nobody's contacts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matchmaker.mail import conversations, introductions
from matchmaker.mail.failures import PermanentFailure
from matchmaker.mail.letter import Correspondent, Letter, letterhead, reading_language, spoken
from matchmaker.queries import deadlines
from matchmaker.queries.conversation import Conversation
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, LearningRequest, MailKind, OutboxItem, Region, Side


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter, with request and introduction locked until the transaction ends; None once the approval was undone.

    One that came back for a while is written once more, and keeps its day to answer by. Raises PermanentFailure where
    a person must decide, because every offered time is past.
    """
    introduction = introductions.locked(session, item)
    if introduction is None or not _to_be_sent(introduction, item):
        return None
    region = session.get_one(Region, introduction.region_id)
    _require_time_left(introduction.request, now)
    by = introduction.answer_by or deadlines.of_invitation(session, introduction.request, region, now).answer_by
    return letter(session, introduction, "invitation", by, settings, now)


def letter(
    session: Session, introduction: Introduction, template: str, by: datetime, settings: Settings, now: datetime
) -> Letter:
    """An invitation, or what recalls one: the same facts and links, to be answered by a day."""
    region = session.get_one(Region, introduction.region_id)
    sender, reply_to = introductions.signed(introduction, region)
    language = reading_language(introduction.partner.language, region)
    ask = conversations.page(settings, Conversation(region, introduction, None, now), Side.PARTNER)
    return Letter(
        template=template,
        language=language,
        recipient=Correspondent(introduction.partner.addressee, introduction.partner.email),
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        kind=MailKind.ASKING,
        context={**_facts(introduction, language, settings, by, now), "ask": ask},
    )


def _to_be_sent(introduction: Introduction, item: OutboxItem) -> bool:
    state = introduction.state
    return state is IntroductionState.APPROVED or (state is IntroductionState.INVITED and item.bounces > 0)


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
        "other_times": introductions.answer_page(settings, token, "other_times"),
        "not_now": introductions.answer_page(settings, token, "not_now"),
        "page": introductions.answer_page(settings, token),
    }
