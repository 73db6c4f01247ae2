"""Keeping what a fit has found, putting a version into effect, and taking that back."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import relevance
from models import Region, RelevanceActivation, RelevanceVersion


class TooFewDecisions(Conflict):
    """Too few requests hold a choice to learn from."""


class NotBetter(Conflict):
    """On requests it had not seen, the new fit did no better than what is in effect."""


class NothingToTakeBack(Conflict):
    """The region ranks with the built-in weights already."""


def store(
    session: Session,
    actor: Actor,
    region: Region,
    *,
    number: int,
    weights: dict[str, Any],
    data: dict[str, Any],
    figures: dict[str, Any],
    note: str,
    clock: Clock,
) -> RelevanceVersion:
    """Keep a fit as the region's next version. It stays without effect until a person activates it."""
    now = clock()
    stored = RelevanceVersion(
        region_id=region.id,
        version=number,
        weights=weights,
        data=data,
        figures=figures,
        fitted_at=now,
        fitted_by_id=actor.account_id,
        note=note.strip(),
    )
    session.add(stored)
    session.flush()
    audit.record(session, actor, audit.Tag.RELEVANCE_FITTED, stored, at=now, version=number)
    return stored


def next_number(session: Session, region: Region) -> int:
    """The number of the region's next version. Locks the region, so that two fits at once do not share one."""
    session.get_one(Region, region.id, with_for_update=True, populate_existing=True)
    newest = next(iter(relevance.versions(session, region.id)), None)
    return newest.version + 1 if newest else 1


def activate(session: Session, actor: Actor, region: Region, number: int, clock: Clock) -> RelevanceActivation:
    """Rank with a version from now on; what is on the desk stays as it is. The active one again changes nothing.

    Raises NotFound when the region has no such version.
    """
    session.get_one(Region, region.id, with_for_update=True, populate_existing=True)
    version = relevance.version(session, region.id, number)
    if version is None:
        raise NotFound
    present = relevance.activation(session, region.id)
    if present is not None and present.version_id == version.id:
        return present
    now = clock()
    activation = RelevanceActivation(region_id=region.id, version_id=version.id, at=now, by_id=actor.account_id)
    session.add(activation)
    session.flush()
    audit.record(session, actor, audit.Tag.RELEVANCE_ACTIVATED, activation, at=now, version=number)
    return activation


def rollback(session: Session, actor: Actor, region: Region, clock: Clock) -> RelevanceActivation | None:
    """Take the latest activation back: what was in effect before it is again. None when that is the built-in weights.

    Raises NothingToTakeBack when no version is active.
    """
    session.get_one(Region, region.id, with_for_update=True, populate_existing=True)
    present = relevance.activation(session, region.id)
    if present is None:
        raise NothingToTakeBack
    now = clock()
    present.taken_back_at, present.taken_back_by_id = now, actor.account_id
    session.flush()
    audit.record(session, actor, audit.Tag.RELEVANCE_TAKEN_BACK, present, at=now, version=present.version.version)
    return relevance.activation(session, region.id)
