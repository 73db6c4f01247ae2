"""What the leaving of a letter changes: an invitation makes somebody invited, two letters introduce them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.policies import NOBODY
from matchmaker.queries.introductions import locked
from matchmaker.services import deadlines, letters, standing
from models import Introduction, IntroductionState, OutboxItem, Region, Side, Visit


def invited(session: Session, item: OutboxItem, now: datetime) -> None:
    """The invitation has left: the partner is invited and has until ``answer_by``. One sent again changes nothing."""
    introduction = session.get_one(Introduction, item.payload["introduction_id"])
    if introduction.state is not IntroductionState.APPROVED:
        return
    region = session.get_one(Region, introduction.region_id)
    # All of it is written at once, in the flush that ends it.
    with session.no_autoflush:
        introduction.become(IntroductionState.INVITED, at=now)
        introduction.invited_at = now
        deadlines.invited(session, introduction, region, now)
    audit.record(session, NOBODY, audit.Tag.INVITATION_SENT, introduction, at=now)


def introduced(session: Session, item: OutboxItem, now: datetime) -> None:
    """One of the two has left. Once both have, the introduction is made; and where a date was chosen, it is scheduled.

    The lock comes before the count: of two mailers, the later one sees what the earlier one has committed.
    """
    introduction = session.get_one(Introduction, item.payload["introduction_id"])
    introduction, request = locked(session, introduction.key)
    session.flush()
    keys = [letters.key(f"introduction_{side}", introduction, side) for side in (Side.TEACHER, Side.PARTNER)]
    left = session.scalar(
        select(func.count()).select_from(OutboxItem).where(OutboxItem.key.in_(keys), OutboxItem.done_at.is_not(None))
    )
    if left != len(keys) or introduction.state is not IntroductionState.ACCEPTED:
        return
    introduction.become(IntroductionState.INTRODUCED, at=now)
    introduction.introduced_at = now
    audit.record(session, NOBODY, audit.Tag.INTRODUCTION_SENT, introduction, at=now)
    if session.scalar(select(Visit.id).where(Visit.introduction_id == introduction.id)) is not None:
        introduction.become(IntroductionState.SCHEDULED, at=now)
    else:
        deadlines.introduced(session, introduction, now)
    standing.settle(session, request, now)
