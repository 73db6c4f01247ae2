"""The people of an organisation: joining it, leaving it, being let go of.

An organisation is a partner with a contact and funds of its own. Its people are partners too: each has a profile, a
capacity, a clearance and mails of their own, so nothing else in the service asks where somebody belongs.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, NotFound
from matchmaker.policies import Actor
from models import Partner, PartnerKind


class NotAPerson(Conflict):
    """Only people belong to an organisation; an organisation does not."""


class BelongsSomewhere(Conflict):
    """Somebody who belongs to an organisation cannot become one."""


class HasPeople(Conflict):
    """An organisation that people belong to cannot become a person."""


def join(session: Session, actor: Actor, partner_id: int, organisation_id: int, clock: Clock) -> Partner:
    """Let a person belong to an organisation of the region, and to no other. Again changes nothing.

    Raises NotFound for an organisation that is none, is of another region or was merged into another; NotAPerson.
    """
    organisation = session.get(Partner, organisation_id, with_for_update=True, populate_existing=True)
    person = _locked(session, partner_id)
    _join(session, actor, person, organisation, clock)
    session.flush()
    return person


def bring(session: Session, actor: Actor, people: Sequence[tuple[Partner, int]], clock: Clock) -> None:
    """Let people ``join``, each the organisation of that id; the caller is the only one to know of these people."""
    wanted = {organisation_id for _, organisation_id in people}
    held = select(Partner).where(Partner.id.in_(wanted)).order_by(Partner.id).with_for_update(of=Partner)
    houses = {house.id: house for house in session.scalars(held.execution_options(populate_existing=True))}
    for person, organisation_id in people:
        _join(session, actor, person, houses.get(organisation_id), clock)


def leave(session: Session, actor: Actor, partner_id: int, clock: Clock) -> Partner:
    """Let a person belong to no organisation; the profile and all that is agreed stay theirs. Again changes nothing."""
    person = _locked(session, partner_id)
    if person.organisation_id is not None:
        _belong(session, actor, person, None, clock)
        session.flush()
    return person


def let_go(session: Session, actor: Actor, organisation: Partner, partner_id: int, clock: Clock) -> Partner:
    """An organisation says that somebody is no longer of it. Raises NotFound for whoever is not, or was not."""
    person = session.get(Partner, partner_id, with_for_update=True, populate_existing=True)
    if person is None or person.organisation_id != organisation.id:
        raise NotFound
    _belong(session, actor, person, None, clock)
    session.flush()
    return person


def keep_kind(session: Session, partner: Partner, kind: PartnerKind) -> None:
    """Refuse a change of kind that would leave people in no house, or put a house into another.

    Raises BelongsSomewhere, HasPeople.
    """
    if kind is partner.kind:
        return
    # Nobody may join, and nowhere, while it changes.
    held = _locked(session, partner.id)
    if held.organisation_id is not None:
        raise BelongsSomewhere(organisation=held.organisation_name)
    if kind is PartnerKind.PERSON and session.scalar(select(exists().where(Partner.organisation_id == partner.id))):
        raise HasPeople(partner=partner.name)


def _join(session: Session, actor: Actor, person: Partner, organisation: Partner | None, clock: Clock) -> None:
    if (
        organisation is None
        or organisation.region_id != person.region_id
        or organisation.kind is not PartnerKind.ORGANISATION
        or organisation.merged_into_id is not None
        or person.merged_into_id is not None
    ):
        raise NotFound
    if person.kind is not PartnerKind.PERSON:
        raise NotAPerson(partner=person.name)
    if person.organisation_id != organisation.id:
        _belong(session, actor, person, organisation.id, clock)


def _locked(session: Session, partner_id: int) -> Partner:
    return session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)


def _belong(session: Session, actor: Actor, person: Partner, organisation_id: int | None, clock: Clock) -> None:
    left, person.organisation_id = person.organisation_id, organisation_id
    tag = audit.Tag.ORGANISATION_LEFT if organisation_id is None else audit.Tag.ORGANISATION_JOINED
    audit.record(session, actor, tag, person, at=clock(), organisation=organisation_id, left=left)
