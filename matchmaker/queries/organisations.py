"""Reading organisations and the people who belong to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from models import Partner, PartnerKind


def of_account(session: Session, region_id: int, account_id: int, organisation_id: int) -> Partner | None:
    """An organisation of a region by its id, if it belongs to that account and stands on its own."""
    return session.scalar(_standing(region_id).where(Partner.id == organisation_id, Partner.account_id == account_id))


def of_region(session: Session, region_id: int) -> Sequence[Partner]:
    """The organisations of a region that somebody can belong to, by name."""
    return session.scalars(_standing(region_id).order_by(Partner.name, Partner.id)).all()


def of_person(session: Session, person: Partner) -> Partner | None:
    """The organisation that a person belongs to, with its funds."""
    return session.scalar(
        select(Partner).where(Partner.id == person.organisation_id).options(selectinload(Partner.funds))
    )


def people_of(organisation_id: int) -> Select[Partner]:
    """Who belongs to an organisation, with their funds, by name."""
    return (
        select(Partner)
        .where(Partner.organisation_id == organisation_id, Partner.merged_into_id.is_(None))
        .options(selectinload(Partner.funds))
        .order_by(Partner.name, Partner.id)
    )


def _standing(region_id: int) -> Select[Partner]:
    return select(Partner).where(
        Partner.region_id == region_id,
        Partner.kind == PartnerKind.ORGANISATION,
        Partner.merged_into_id.is_(None),
    )
