"""The region's policy: trying a position of the dial, putting it into effect with a reason, taking one step back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.equity import Policy
from matching.plans import KEPT
from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import rankings
from matchmaker.services import planning
from models import EquityPolicy, Plan, PlanKind, PlanState, Region

LEAST_RATIONALE = 20
"""Characters: too few for a reason that holds in a year, enough to refuse a dash."""
GOOD_FOR = timedelta(days=7)
"""What a trial found is out of date after so long."""


class TrialNotFinished(Conflict):
    """The trial still runs, or ended without a result."""


class TrialTooOld(Conflict):
    """The requests that were looked at are no longer those of now."""


class TrialOvertaken(Conflict):
    """The trial was compared with a version that is no longer in effect."""


class PromiseNotKept(Conflict):
    """At this setting the plan gives up more closeness than the region promises."""


class NoRationale(Invalid):
    """A version takes effect with its reason, in words."""


class VersionChanged(Conflict):
    """Another version has taken effect since the page was drawn."""


class NothingBefore(Conflict):
    """The first version has none to go back to."""


def try_dial(session: Session, actor: Actor, region: Region, dial: float, clock: Clock) -> Plan:
    """Have a position of the dial looked at: a plan that takes no effect. The same one under way already is meant.

    What the dial does not turn stays as the version in effect has it.

    Raises ValueError for a position that the dial does not have.
    """
    _hold(session, region)
    present = Policy.of(rankings.policy_in_effect(session, region.id).numbers)
    numbers = {**asdict(present.turned(dial)), "dial": dial}
    under_way = select(Plan).where(
        Plan.region_id == region.id,
        Plan.kind == PlanKind.TRIAL,
        Plan.state.in_((PlanState.WAITING, PlanState.RUNNING)),
        Plan.cancel_at.is_(None),
        Plan.asked_by_id == actor.account_id,
        Plan.numbers == numbers,
    )
    same = session.scalars(under_way.limit(1)).first()
    return same or planning.ask(session, actor, region, clock, PlanKind.TRIAL, numbers=numbers)


def activate(
    session: Session, actor: Actor, region: Region, trial_id: int, rationale: str, seen_version: int, clock: Clock
) -> EquityPolicy:
    """Put what a trial looked at into effect, and ask for its plan. The same person's second press changes nothing.

    Raises NotFound for what is no trial of the region, and the refusals above.
    """
    _hold(session, region)
    newest = rankings.policy_in_effect(session, region.id)
    if newest.trial_id == trial_id and newest.author_id == actor.account_id:
        return newest
    trial = session.get(Plan, trial_id)
    if trial is None or trial.region_id != region.id or trial.kind is not PlanKind.TRIAL:
        raise NotFound
    now = clock()
    _check_version(newest, seen_version)
    _check_trial(trial, newest, now)
    numbers = asdict(Policy.of(trial.numbers))
    stored = _store(session, actor, newest, rationale, now, dial=trial.numbers.get("dial"), numbers=numbers)
    stored.trial_id = trial.id
    return _in_effect(session, actor, region, stored, audit.Tag.POLICY_ACTIVATED, clock)


def back(
    session: Session, actor: Actor, region: Region, rationale: str, seen_version: int, clock: Clock
) -> EquityPolicy:
    """Take up the version before again: a new version with its numbers, so that history only ever grows.

    The second press of a button changes nothing. Raises NothingBefore, VersionChanged or NoRationale.
    """
    _hold(session, region)
    newest = rankings.policy_in_effect(session, region.id)
    if newest.back_to == seen_version - 1 and newest.version == seen_version + 1:
        return newest
    _check_version(newest, seen_version)
    before = session.scalars(
        select(EquityPolicy).where(EquityPolicy.region_id == region.id, EquityPolicy.version == newest.version - 1)
    ).one_or_none()
    if before is None:
        raise NothingBefore
    stored = _store(session, actor, newest, rationale, clock(), dial=before.dial, numbers=dict(before.numbers))
    stored.back_to = before.version
    return _in_effect(session, actor, region, stored, audit.Tag.POLICY_TAKEN_BACK, clock)


def past_promise(trial: Plan) -> tuple[str, ...]:
    """Over which requests, ``tonight`` or ``last_month``, the setting by itself does not keep the promise of closeness.

    Where there was no request to look at, nothing was given up.
    """
    certificate, month = trial.figures.get("certificate"), trial.figures.get("last_month")
    broken = {
        "tonight": certificate and (certificate["quality"] < KEPT or certificate["softened"]),
        "last_month": month and month["quality"]["after"] < KEPT,
    }
    return tuple(over for over, past in broken.items() if past)


def out_of_date(trial: Plan, now: datetime) -> bool:
    """Whether a finished trial is too old to decide by."""
    return trial.finished_at is not None and now - trial.finished_at > GOOD_FOR


def _hold(session: Session, region: Region) -> None:
    """Whoever decides on the policy waits here for whoever does so at this moment, as plans that end do."""
    session.get_one(Region, region.id, with_for_update={"key_share": True}, populate_existing=True)


def _check_version(newest: EquityPolicy, seen: int) -> None:
    if newest.version != seen:
        raise VersionChanged(version=newest.version)


def _check_trial(trial: Plan, newest: EquityPolicy, now: datetime) -> None:
    if trial.state is not PlanState.DONE:
        raise TrialNotFinished
    if out_of_date(trial, now):
        raise TrialTooOld(days=GOOD_FOR.days)
    if trial.policy_id != newest.id:
        raise TrialOvertaken
    if past_promise(trial):
        raise PromiseNotKept(percent=round(100 * KEPT))


def _store(
    session: Session,
    actor: Actor,
    newest: EquityPolicy,
    rationale: str,
    now: datetime,
    *,
    dial: float | None,
    numbers: dict[str, Any],
) -> EquityPolicy:
    if len(rationale.strip()) < LEAST_RATIONALE:
        raise NoRationale(least=LEAST_RATIONALE)
    stored = EquityPolicy(
        region_id=newest.region_id,
        version=newest.version + 1,
        numbers=numbers,
        dial=dial,
        rationale=rationale.strip(),
        author_id=actor.account_id,
        since=now,
    )
    session.add(stored)
    return stored


def _in_effect(
    session: Session, actor: Actor, region: Region, stored: EquityPolicy, tag: audit.Tag, clock: Clock
) -> EquityPolicy:
    session.flush()
    audit.record(session, actor, tag, stored, at=stored.since, version=stored.version, dial=stored.dial)
    planning.ask(session, actor, region, clock)
    return stored
