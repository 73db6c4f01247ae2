"""The days on which a region's schools do not count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Closure


def of_region(session: Session, region_id: int, since: date) -> Sequence[Closure]:
    """Closures that are not over on a day, in their order."""
    return session.scalars(
        select(Closure)
        .where(Closure.region_id == region_id, Closure.last_on >= since)
        .order_by(Closure.first_on, Closure.kind)
    ).all()
