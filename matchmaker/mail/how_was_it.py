"""After a visit: each side is asked how it was, and once more some days later if nothing was heard."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.mail import introductions
from matchmaker.mail.letter import Correspondent, Letter, Span, letterhead, reading_language
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, MailKind, OutboxItem, Reflection, Region, Side, Visit

LINK_HOLDS = timedelta(days=365)
"""So long after a visit its link works: a story can be taken back as long as anybody is likely to keep the mail."""

_ASKED = frozenset({IntroductionState.SCHEDULED, IntroductionState.MET})


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """One side's letter; None once that side has told, or there is no visit to tell of."""
    introduction = introductions.named(session, item)
    if introduction is None or introduction.state not in _ASKED:
        return None
    side = Side(item.payload["side"])
    visit = session.scalars(select(Visit).where(Visit.introduction_id == introduction.id)).one_or_none()
    if visit is None or visit.ends_at > now or _has_told(session, introduction, side):
        return None
    region = session.get_one(Region, introduction.region_id)
    sender, reply_to = introductions.signed(introduction, region)
    reader, other, wanted = _two(introduction, side)
    language = reading_language(wanted, region)
    return Letter(
        template="how_was_it",
        language=language,
        recipient=reader,
        sender=sender,
        reply_to=reply_to,
        letterhead=letterhead(region, language),
        kind=MailKind.AFTERWARDS,
        context={
            "coordinator": introduction.approved_by.name,
            "side": side.value,
            "other": other,
            "span": Span(visit.starts_at, visit.ends_at),
            "reminder": bool(item.payload.get("reminder")),
            "ends_at": _ends_at(introduction, item),
            "page": page(settings, introduction, side, visit),
            "not_held": page(settings, introduction, side, visit, took_place="no"),
        },
    )


def page(settings: Settings, introduction: Introduction, side: Side, visit: Visit, **chosen: str) -> str:
    """The public address of one side's page about a visit, with an answer chosen there or none."""
    anchor = "answer" if chosen else ""
    return link(settings, "reflections.show", anchor=anchor, token=token(settings, introduction, side, visit), **chosen)


def token(settings: Settings, introduction: Introduction, side: Side, visit: Visit) -> str:
    """One side's own token to tell of a visit."""
    whose = introduction.request.teacher_id if side is Side.TEACHER else introduction.partner_id
    return tokens.issue(
        settings.secret_key,
        tokens.Purpose.REFLECT,
        introduction.key,
        f"{side.value}:{whose}",
        visit.ends_at + LINK_HOLDS,
    )


def _two(introduction: Introduction, side: Side) -> tuple[Correspondent, str, str]:
    """Who reads the letter, the other one's name, and the language that the reader wants."""
    account, partner = introduction.request.teacher.account, introduction.partner
    if side is Side.TEACHER:
        return Correspondent(account.name, account.email), partner.name, account.language
    return Correspondent(partner.addressee, partner.email), account.name, partner.language


def _ends_at(introduction: Introduction, item: OutboxItem) -> datetime | None:
    """Until when somebody's word is waited for; None where one has come already."""
    until = item.payload.get("ends_at")
    return datetime.fromisoformat(until) if until and introduction.state is IntroductionState.SCHEDULED else None


def _has_told(session: Session, introduction: Introduction, side: Side) -> bool:
    told = select(Reflection.id).where(Reflection.introduction_id == introduction.id, Reflection.side == side)
    return session.scalar(told) is not None
