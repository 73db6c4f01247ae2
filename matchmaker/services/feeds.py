"""The secret addresses of private calendars."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from models import Partner, Teacher


def renew(session: Session, actor: Actor, owner: Partner | Teacher, clock: Clock) -> None:
    """Give a person's calendar a new address; the old one ends at once."""
    owner.feed_key = uuid4()
    audit.record(session, actor, audit.Tag.FEED_RENEWED, owner, at=clock())
    session.flush()
