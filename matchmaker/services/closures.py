"""The days on which a region's schools do not count, as its admins keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import Actor
from models import Closure, ClosureKind, Region

LONGEST = 120
"""Days that one closure may last: a summer, and no slip of the pen."""


class ClosureThere(Conflict):
    """Days of this kind begin on that day already."""


@dataclass(frozen=True)
class ClosedDays:
    """Days without school, both ends included, with their name per language."""

    first_on: date
    last_on: date
    kind: ClosureKind
    name: dict[str, str]


def add(session: Session, actor: Actor, region: Region, days: ClosedDays, clock: Clock) -> Closure:
    """Close days. Raises ClosureThere, or Invalid naming the field."""
    if not 0 <= (days.last_on - days.first_on).days < LONGEST:
        raise Invalid(field="last_on")
    # The region's row is locked, so that the same days sent twice at once are one after the other.
    session.get_one(Region, region.id, with_for_update={"key_share": True}, populate_existing=True)
    there = select(Closure.id).where(
        Closure.region_id == region.id, Closure.first_on == days.first_on, Closure.kind == days.kind
    )
    if session.scalar(there) is not None:
        raise ClosureThere
    closure = Closure(region_id=region.id, first_on=days.first_on, last_on=days.last_on, kind=days.kind, name=days.name)
    session.add(closure)
    session.flush()
    audit.record(
        session, actor, audit.Tag.DAYS_CLOSED, closure, at=clock(), first=f"{days.first_on}", last=f"{days.last_on}"
    )
    return closure


def remove(session: Session, actor: Actor, closure: Closure, clock: Clock) -> None:
    """Open the days again."""
    first, last = f"{closure.first_on}", f"{closure.last_on}"
    audit.record(session, actor, audit.Tag.DAYS_OPENED, closure, at=clock(), first=first, last=last)
    session.delete(closure)
    session.flush()
