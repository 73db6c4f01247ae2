"""What the ranker remembers of a region between proposals, beside its matrices.

Its roll, brought up to date by the region's revision; and the standing of its schools and partners, which every visit
and every ranking moves by a hair and which is therefore only looked up again after a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from weakref import ref

from sqlalchemy.orm import Session

from matching.equity import Policy
from matchmaker.queries import fairness, plans, roll
from matchmaker.queries.plans import InEffect
from matchmaker.queries.roll import Roll
from models import EquityPolicy, Region

A = TypeVar("A")
B = TypeVar("B")
Made = TypeVar("Made")

STANDING_LASTS = timedelta(minutes=10)
"""So long the needs, the past service and the exposure of a region are taken as they were."""


@dataclass(frozen=True)
class Standing:
    """A region's schools by id, and who was shown, under one policy at one moment."""

    policy_id: int
    policy: Policy
    at: datetime
    schools: dict[int, fairness.SchoolStanding]
    shown: fairness.Shown

    def holds(self, policy_id: int, school_id: int, now: datetime) -> bool:
        """Whether this can still be used for a request of a school."""
        return policy_id == self.policy_id and school_id in self.schools and abs(now - self.at) < STANDING_LASTS


@dataclass
class Recall:
    """The memory of one ranker's process; empty at first. Nothing in it is ever written anywhere."""

    rolls: dict[int, tuple[int, Roll]] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    plans: dict[int, tuple[tuple[int, int], InEffect | None]] = field(default_factory=dict)
    made: dict[tuple[Callable[..., Any], int], tuple[ref[Any], ref[Any], Any]] = field(default_factory=dict)

    def once(self, region_id: int, make: Callable[[A, B], Made], one: A, other: B) -> Made:
        """What is made of two things of a region: made anew only where it is not asked of the very same two.

        Neither is kept alive for it: a region's matrices go when the index lets them go.
        """
        known = self.made.get((make, region_id))
        if known is None or known[0]() is not one or known[1]() is not other:
            self.made[make, region_id] = known = (ref(one), ref(other), make(one, other))
        found: Made = known[2]
        return found

    def roll(self, session: Session, region: Region) -> Roll:
        """Everybody of a region as of its present revision."""
        # Read before the rows: what changes in between raises the revision and is read again next time.
        revision = region.revision
        known = self.rolls.get(region.id)
        if known is None or known[0] != revision:
            self.rolls[region.id] = known = (revision, _brought_up_to(session, region.id, known, revision))
        return known[1]

    def standing(
        self, session: Session, region: Region, stored: EquityPolicy, school_id: int, shown: int, now: datetime
    ) -> Standing:
        """The standing of a region's schools and partners, at most STANDING_LASTS old."""
        known = self.standings.get(region.id)
        if known is None or not known.holds(stored.id, school_id, now):
            policy = fairness.policy_of(stored)
            known = Standing(
                stored.id,
                policy,
                now,
                fairness.standings(session, region.id, policy, now),
                fairness.exposure_and_merit(session, region.id, shown, now),
            )
            self.standings[region.id] = known
        return known

    def plan(self, session: Session, region: Region, stored: EquityPolicy) -> InEffect | None:
        """The plan in effect, as far as it was made with the policy in effect."""
        if region.plan_id is None:
            return None
        wanted = (region.plan_id, stored.id)
        known = self.plans.get(region.id)
        if known is None or known[0] != wanted:
            # Neither a plan that took effect nor a version of a policy ever changes.
            self.plans[region.id] = known = (wanted, plans.in_effect(session, *wanted))
        return known[1]


def _brought_up_to(session: Session, region_id: int, known: tuple[int, Roll] | None, revision: int) -> Roll:
    if known is not None and known[0] < revision:
        renewed = known[1].renewed(roll.read(session, region_id, since=known[0]))
        # Somebody may have come, or gone, without a revision of their own.
        if len(renewed.partner_ids) == roll.size(session, region_id):
            return renewed
    return roll.read(session, region_id)
