"""A region's staff, and how each of them signs in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.policies import STAFF
from models import Account, Membership


def of_region(session: Session, region_id: int, now: datetime) -> Sequence[Membership]:
    """The memberships of the staff that count, by name; with the account, its passkeys and its other memberships."""
    return session.scalars(
        select(Membership)
        .join(Membership.account)
        .where(
            Membership.region_id == region_id,
            Membership.role.in_(STAFF),
            Membership.since <= now,
            or_(Membership.until.is_(None), Membership.until > now),
        )
        .options(
            joinedload(Membership.account).options(selectinload(Account.webauthn), selectinload(Account.memberships))
        )
        .order_by(Account.name, Membership.id)
    ).all()
