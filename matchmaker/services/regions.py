"""Founding a region with its first equity policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.equity import Policy
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
    numbers: Mapping[str, Any] | None = None,
    rationale: str = DEFAULT_RATIONALE,
) -> Region:
    """Store a new region and version 1 of its equity policy.

    Raises RegionExists, or ValueError for numbers that a policy refuses.
    """
    policy = Policy(**(numbers or {}))
    if session.scalar(select(Region.id).where(Region.slug == region.slug)) is not None:
        raise RegionExists(slug=region.slug)
    session.add(region)
    session.flush()
    session.add(
        EquityPolicy(region_id=region.id, version=1, numbers=asdict(policy), rationale=rationale, since=clock())
    )
    session.flush()
    return region
