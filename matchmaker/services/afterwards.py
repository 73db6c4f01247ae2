"""What the service does by itself after a visit: it asks both sides how it was, reminds them once, and in the end takes
the visit as held, so that nobody waits for a word that never comes."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.policies import NOBODY
from matchmaker.queries.introductions import locked
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import followups, letters, standing
from models import Introduction, IntroductionState, LearningRequest, OutboxItem, Reflection, Region, Side, Visit

VISIT_OVER = "visit_over"
HOW_WAS_IT = "how_was_it"
ASSUMED = "assumed"
"""The reason in the history of a visit that was taken as held without anybody's word."""
EARLIEST = 7
"""Hour of the morning before which nobody is asked, however short a region's quiet hours are."""

_ASKED_ABOUT = frozenset({IntroductionState.SCHEDULED, IntroductionState.MET})


def follow(session: Session, visit: Visit) -> None:
    """Look again when a visit is over. Called with every new date; the same date twice is one look."""
    region = session.get_one(Region, visit.region_id)
    introduction = session.get_one(Introduction, visit.introduction_id)
    followups.put(
        session,
        VISIT_OVER,
        f"{introduction.key}:{visit.sequence}",
        _morning_after(visit, region, SchoolDays.of(session, region)),
        region.id,
        introduction_id=introduction.id,
        sequence=visit.sequence,
    )


def visit_over(session: Session, item: OutboxItem, now: datetime) -> datetime | None:
    """Ask who has not said how it was, then remind them once, then take the visit as held. When to look again."""
    introduction, request = locked(session, session.get_one(Introduction, item.payload["introduction_id"]).key)
    visit = session.scalars(select(Visit).where(Visit.introduction_id == introduction.id)).one_or_none()
    silent = _silent(session, introduction)
    if visit is None or introduction.state not in _ASKED_ABOUT or not silent:
        return None
    if visit.sequence != item.payload["sequence"]:
        follow(session, visit)
        return None
    region = session.get_one(Region, introduction.region_id)
    days = SchoolDays.of(session, region)
    if now < (morning := _morning_after(visit, region, days)):
        return morning
    # Counted from the day on which they were asked, which may be a late one: everybody has the whole time.
    asked_at = datetime.fromisoformat(item.payload.get("asked_at") or now.isoformat())
    item.payload = {**item.payload, "asked_at": asked_at.isoformat()}
    remind_at = days.at(days.after(days.today(asked_at), region.remind_days), _hour(region))
    ends_at = days.end_after(asked_at, region.limit_days)
    _ask(session, introduction, visit, silent, now, ends_at, reminder=now >= remind_at)
    if now < remind_at:
        return remind_at
    if introduction.state is IntroductionState.SCHEDULED:
        if now < ends_at:
            return ends_at
        _take_as_held(session, introduction, request, visit, now)
    return None


def _ask(
    session: Session,
    introduction: Introduction,
    visit: Visit,
    sides: list[Side],
    now: datetime,
    ends_at: datetime,
    *,
    reminder: bool,
) -> None:
    for side in sides:
        letters.put(
            session,
            HOW_WAS_IT,
            introduction,
            side,
            now,
            n=2 * visit.sequence + reminder,
            reminder=reminder,
            ends_at=ends_at.isoformat(),
        )


def _take_as_held(
    session: Session, introduction: Introduction, request: LearningRequest, visit: Visit, now: datetime
) -> None:
    introduction.become(IntroductionState.MET, at=now, reason=ASSUMED)
    standing.settle(session, request, now)
    audit.record(session, NOBODY, audit.Tag.VISIT_TAKEN_AS_HELD, visit, at=now)


def _silent(session: Session, introduction: Introduction) -> list[Side]:
    said = set(session.scalars(select(Reflection.side).where(Reflection.introduction_id == introduction.id)))
    return [side for side in (Side.TEACHER, Side.PARTNER) if side not in said]


def _hour(region: Region) -> time:
    return time(max(region.quiet_until, EARLIEST))


def _morning_after(visit: Visit, region: Region, days: SchoolDays) -> datetime:
    return days.at(days.today(visit.ends_at) + timedelta(days=1), _hour(region))
