"""Reading the capacity ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Integer, LargeBinary, Select, bindparam, cast, func, literal, select
from sqlalchemy.orm import Session

from models import CapacityUnit, Introduction, IntroductionState

_AGREED = (
    IntroductionState.ACCEPTED,
    IntroductionState.INTRODUCED,
    IntroductionState.SCHEDULED,
    IntroductionState.MET,
    IntroductionState.REFLECTED,
)


@dataclass(frozen=True)
class Places:
    """A partner's month: units of visits that are agreed, units held by an open invitation, and the partner's limit."""

    period: date
    agreed: int
    held: int
    limit: int

    @property
    def full(self) -> bool:
        """Whether nothing is free."""
        return self.agreed + self.held >= self.limit


def months(
    session: Session, partner_ids: Iterable[int], periods: Iterable[date]
) -> dict[tuple[int, date], tuple[int, int]]:
    """(agreed, held) by partner and period (the first of a month); what nobody holds is missing."""
    rows = session.execute(
        units_taken().where(CapacityUnit.partner_id.in_(set(partner_ids)), CapacityUnit.period.in_(set(periods)))
    )
    return {(partner_id, period): (set_, held) for partner_id, period, set_, held in rows}


def units_taken() -> Select[int, date, int, int]:
    """Partner, period, and how many units are ``agreed`` and ``held``: a row for each month of which any is taken."""
    agreed = func.sum(cast(Introduction.state.in_(_AGREED), Integer))
    return (
        select(
            CapacityUnit.partner_id,
            CapacityUnit.period,
            agreed.label("agreed"),
            (func.count(CapacityUnit.id) - agreed).label("held"),
        )
        .join(Introduction, Introduction.id == CapacityUnit.introduction_id)
        .where(CapacityUnit.released_at.is_(None))
        .group_by(CapacityUnit.partner_id, CapacityUnit.period)
    )


def places(taken: dict[tuple[int, date], tuple[int, int]], partner_id: int, limit: int, period: date) -> Places:
    """One partner's month out of ``months``."""
    agreed, held = taken.get((partner_id, period), (0, 0))
    return Places(period, agreed, held, limit)


_HELD = select(
    func.string_agg(func.int4send(CapacityUnit.partner_id), literal(b"", LargeBinary), type_=LargeBinary)
).where(
    CapacityUnit.region_id == bindparam("region"),
    CapacityUnit.period == bindparam("period"),
    CapacityUnit.released_at.is_(None),
)


def held(session: Session, region_id: int, period: date) -> NDArray[np.int64]:
    """Partner ids of all units of a region's month that are held, one entry a unit, in no order.

    Packed by PostgreSQL into one value: a region of ten thousand partners may hold as many units.
    """
    packed = session.scalar(_HELD, {"region": region_id, "period": period})
    return np.frombuffer(packed or b"", dtype=">i4").astype(np.int64)
