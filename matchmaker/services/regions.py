"""Founding a region with its first equity policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.equity import DEFAULT_DIAL, Policy
from matchmaker.clock import Clock
from matchmaker.errors import Conflict
from models import EquityPolicy, Region

DEFAULT_RATIONALE = (
    "The policy a region starts with. Schools that were visited less, and whose documented need is higher, keep more of"
    " their closeness when somebody busy is asked; people shown less often than their knowledge deserves get a small,"
    " bounded lift; a full month costs more than an empty one."
)


class RegionExists(Conflict):
    """A region of that name is there already."""


def found(
    session: Session,
    region: Region,
    clock: Clock,
    *,
    dial: float = DEFAULT_DIAL,
    rationale: str = DEFAULT_RATIONALE,
) -> Region:
    """Store a new region and version 1 of its equity policy: the numbers of a position of the dial.

    Raises RegionExists, or ValueError for a position that the dial does not have.
    """
    policy = Policy.at(dial)
    if session.scalar(select(Region.id).where(Region.slug == region.slug)) is not None:
        raise RegionExists(slug=region.slug)
    session.add(region)
    session.flush()
    first = EquityPolicy(region_id=region.id, version=1, dial=dial, rationale=rationale, since=clock())
    first.numbers = asdict(policy)
    session.add(first)
    session.flush()
    return region


def without_postal_address(session: Session) -> Sequence[str]:
    """Regions whose mails lack what the law asks of whoever writes to many: an address on paper."""
    return session.scalars(select(Region.slug).where(func.trim(Region.postal_address) == "").order_by(Region.id)).all()
