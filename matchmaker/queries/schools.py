"""Reading schools."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import School


def of_region(session: Session, region_id: int) -> Sequence[School]:
    """A region's schools by name."""
    return session.scalars(select(School).where(School.region_id == region_id).order_by(School.name)).all()
