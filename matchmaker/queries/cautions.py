"""What a coordinator should know of a person before asking them: facts that do not exclude, but may embarrass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from matchmaker.queries import clearances
from matchmaker.queries.capacity import Places
from models import Clearance, Region


class Warn(StrEnum):
    """Kinds of caution."""

    DATES_PAST = "dates_past"
    PAUSED = "paused"
    FULL = "full"
    CLEARANCE_ENDS = "clearance_ends"
    CLEARANCE_ENDED = "clearance_ended"
    CLEARANCE_IN_PROCESS = "clearance_in_process"
    CLEARANCE_UNKNOWN = "clearance_unknown"


@dataclass(frozen=True)
class Caution:
    """One of them; ``on`` is the day it speaks of."""

    kind: Warn
    on: date | None = None


@dataclass(frozen=True)
class Days:
    """The days a request offers, in its region: those still ahead, and how many were offered at all."""

    ahead: tuple[date, ...]
    offered: int
    today: date

    @property
    def first(self) -> date:
        """The earliest day ahead, or today where there is none."""
        return min(self.ahead, default=self.today)

    @property
    def period(self) -> date:
        """The month in which a place would be held: of the first day."""
        return self.first.replace(day=1)


@dataclass(frozen=True)
class Standing:
    """What cautions are found in, of one partner."""

    paused: bool
    clearance: Clearance
    clearance_expires_on: date | None


def days(starts: Sequence[datetime], region: Region, now: datetime) -> Days:
    """The days of offered dates in the region's zone."""
    zone = ZoneInfo(region.time_zone)
    ahead = tuple(sorted({start.astimezone(zone).date() for start in starts if start > now}))
    return Days(ahead, len(starts), now.astimezone(zone).date())


def found(partner: Standing, places: Places, offered: Days, *, clearance_required: bool) -> tuple[Caution, ...]:
    """The cautions about asking one partner for one request now.

    ``clearance_required`` is the region's rules' answer for the two (`queries.clearances`).
    """
    cautions = []
    if offered.offered and not offered.ahead:
        cautions.append(Caution(Warn.DATES_PAST))
    if partner.paused:
        cautions.append(Caution(Warn.PAUSED))
    if places.full:
        cautions.append(Caution(Warn.FULL, places.period))
    if clearance_required and (caution := _of_clearance(partner, offered)) is not None:
        cautions.append(caution)
    return tuple(cautions)


def _of_clearance(partner: Standing, offered: Days) -> Caution | None:
    ends = partner.clearance_expires_on
    if partner.clearance is Clearance.IN_PROCESS:
        return Caution(Warn.CLEARANCE_IN_PROCESS)
    if partner.clearance is not Clearance.CLEARED:
        return Caution(Warn.CLEARANCE_UNKNOWN)
    if clearances.bars(partner.clearance, ends, offered.first):
        return Caution(Warn.CLEARANCE_ENDED, ends)
    if clearances.bars(partner.clearance, ends, max(offered.ahead, default=offered.today)):
        return Caution(Warn.CLEARANCE_ENDS, ends)
    return None
