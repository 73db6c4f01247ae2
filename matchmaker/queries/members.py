"""The memberships of a region and the regions of an installation, as an administrator looks over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from models import Account, LearningRequest, Membership, Partner, Plan, Region, RequestState, Role

_OPEN = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)


def members(region_id: int, role: Role | None = None, *, waiting: bool = False) -> Select[Membership]:
    """Current memberships with their accounts, by name; ``waiting`` for those that nobody has vouched for."""
    query = (
        select(Membership)
        .join(Membership.account)
        .where(Membership.region_id == region_id, Membership.until.is_(None))
        .options(contains_eager(Membership.account).selectinload(Account.webauthn))
        .order_by(Account.name, Membership.id)
    )
    if role is not None:
        query = query.where(Membership.role == role)
    return query.where(Membership.since.is_(None)) if waiting else query


def left_without(session: Session, region_ids: Sequence[int]) -> Sequence[tuple[str, Role]]:
    """Which of these regions nobody who can sign in coordinates, or administers."""
    regions = session.execute(select(Region.id, Region.slug).where(Region.id.in_(region_ids)).order_by(Region.slug))
    held = set(
        tuple(row)
        for row in session.execute(
            select(Membership.region_id, Membership.role)
            .join(Membership.account)
            .where(
                Membership.region_id.in_(region_ids),
                Membership.until.is_(None),
                Membership.since.is_not(None),
                Account.active,
            )
        )
    )
    wanted = (Role.COORDINATOR, Role.ADMIN)
    return [(slug, role) for region_id, slug in regions for role in wanted if (region_id, role) not in held]


def account_called(session: Session, email: str) -> Account | None:
    """The account of an address, with what it is and how it signs in."""
    return session.scalar(
        select(Account)
        .where(Account.email == email.strip().lower())
        .options(selectinload(Account.memberships), selectinload(Account.webauthn))
    )


@dataclass(frozen=True)
class Standing:
    """A region at a glance. ``planned_at`` is when the plan in effect was made, None without one."""

    slug: str
    name: str
    waiting: int
    partners: int
    planned_at: datetime | None
    model: str | None


def regions(session: Session) -> list[Standing]:
    """Every region with its open requests, its reviewed partners, its plan and what its vectors were made with."""
    here = LearningRequest.region_id == Region.id
    waiting = select(func.count()).where(here, LearningRequest.state.in_(_OPEN)).scalar_subquery()
    partners = (
        select(func.count())
        .where(Partner.region_id == Region.id, Partner.reviewed_at.is_not(None), Partner.merged_into_id.is_(None))
        .scalar_subquery()
    )
    query = (
        select(Region, waiting, partners, Plan.finished_at)
        .outerjoin(Plan, Plan.id == Region.plan_id)
        .order_by(Region.slug)
    )
    return [
        Standing(region.slug, region.name_in(region.languages[0]), asked, known, planned, region.embedding_model)
        for region, asked, known, planned in session.execute(query)
    ]


def is_administrator(account_id: int) -> Select[bool]:
    """Whether somebody administers a region: their name may stand in the audit for what an account is changed by."""
    return select(
        exists().where(
            Membership.account_id == account_id,
            Membership.role == Role.ADMIN,
            Membership.since.is_not(None),
            Membership.until.is_(None),
        )
    )
