"""What a network may say of itself in public: totals, and nobody's name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Introduction, Partner, School


@dataclass(frozen=True)
class Counts:
    """Introductions made, partners whose profile is reviewed, schools."""

    introductions: int
    partners: int
    schools: int


def counts(session: Session, region_id: int) -> Counts:
    """The totals of a region, in one query."""
    made = select(func.count(Introduction.id)).where(
        Introduction.region_id == region_id, Introduction.introduced_at.is_not(None)
    )
    reviewed = select(func.count(Partner.id)).where(Partner.region_id == region_id, Partner.reviewed_at.is_not(None))
    schools = select(func.count(School.id)).where(School.region_id == region_id)
    row = session.execute(select(made.scalar_subquery(), reviewed.scalar_subquery(), schools.scalar_subquery())).one()
    return Counts(*row)
