"""Reading teachers and partners: one's own row, who waits for a coordinator, and the list of partners."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import Account, Fund, Membership, Partner, Role, School, Teacher


def memberships_of(session: Session, account_id: int) -> Sequence[Membership]:
    """All memberships of an account, with their regions, oldest first."""
    return session.scalars(
        select(Membership)
        .where(Membership.account_id == account_id)
        .options(joinedload(Membership.region))
        .order_by(Membership.id)
    ).all()


def teacher_of(session: Session, region_id: int, account_id: int) -> Teacher | None:
    """The account's teacher row in a region, with its account and school."""
    return session.scalar(
        select(Teacher)
        .where(Teacher.region_id == region_id, Teacher.account_id == account_id)
        .options(joinedload(Teacher.account), joinedload(Teacher.school))
    )


def partner_of(session: Session, region_id: int, account_id: int) -> Partner | None:
    """The account's partner row in a region, with its funds."""
    return session.scalar(
        select(Partner)
        .where(Partner.region_id == region_id, Partner.account_id == account_id)
        .options(selectinload(Partner.funds))
    )


def partner(session: Session, partner_id: int) -> Partner:
    """A partner with its funds. Raises NoResultFound."""
    return session.scalars(select(Partner).where(Partner.id == partner_id).options(selectinload(Partner.funds))).one()


def member(session: Session, region_id: int, account_id: int, roles: Collection[Role], now: datetime) -> Account | None:
    """An account that has one of the roles in a region at this moment, or None."""
    return session.scalar(
        select(Account).where(
            Account.id == account_id,
            exists().where(
                Membership.account_id == Account.id,
                Membership.region_id == region_id,
                Membership.role.in_(roles),
                Membership.since <= now,
                or_(Membership.until.is_(None), Membership.until > now),
            ),
        )
    )


def vouchers(session: Session, partners: Sequence[Partner]) -> dict[int, str]:
    """Who invited each of some partners of a region, by partner: only those whom somebody has invited."""
    rows = session.execute(
        select(Partner.id, Account.name)
        .join(
            Membership,
            (Membership.account_id == Partner.account_id)
            & (Membership.region_id == Partner.region_id)
            & (Membership.role == Role.PARTNER),
        )
        .join(Account, Account.id == Membership.vouched_by_id)
        .where(Partner.id.in_([partner.id for partner in partners]))
    )
    return {partner_id: name for partner_id, name in rows}


@dataclass(frozen=True)
class WaitingTeacher:
    """A teacher whom nobody has vouched for yet."""

    membership: Membership
    name: str
    email: str
    school_id: int
    school_name: str

    @property
    def membership_id(self) -> int:
        """The membership that is to be vouched for."""
        return self.membership.id

    @property
    def asked_at(self) -> datetime:
        """When they joined."""
        return self.membership.created_at


def waiting_teachers(session: Session, region_id: int) -> Sequence[WaitingTeacher]:
    """Teachers who wait for a coordinator's word and have confirmed their address, oldest first."""
    rows = session.execute(
        select(Membership, Account.name, Account.email, School.id, School.name)
        .join(Account, Account.id == Membership.account_id)
        .join(Teacher, (Teacher.account_id == Account.id) & (Teacher.region_id == Membership.region_id))
        .join(School, School.id == Teacher.school_id)
        .where(
            Membership.region_id == region_id,
            Membership.role == Role.TEACHER,
            Membership.since.is_(None),
            Membership.until.is_(None),
            Account.confirmed_at.is_not(None),
        )
        .order_by(Membership.created_at, Membership.id)
    )
    return [WaitingTeacher(*row) for row in rows]


def waits_for_vouch(session: Session, account_id: int) -> bool:
    """Whether the account has joined as a teacher and waits for a coordinator's word."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Membership.account_id == account_id,
                    Membership.role == Role.TEACHER,
                    Membership.since.is_(None),
                    Membership.until.is_(None),
                )
            )
        )
    )


def partners_to_review(session: Session, region_id: int) -> Sequence[Partner]:
    """Partners with at least one fund whose profile nobody has read yet, oldest first."""
    return session.scalars(
        select(Partner)
        .where(
            Partner.region_id == region_id,
            Partner.reviewed_at.is_(None),
            exists().where(Fund.partner_id == Partner.id),
        )
        .options(selectinload(Partner.funds))
        .order_by(Partner.created_at, Partner.id)
    ).all()


def search_partners(region_id: int, words: str) -> Select[Partner]:
    """A region's partners whose name, neighbourhood or funds hold the words; those whose clearance ends first lead."""
    query = (
        select(Partner)
        .where(Partner.region_id == region_id)
        .options(selectinload(Partner.funds))
        .order_by(Partner.clearance_expires_on.asc().nulls_last(), Partner.name, Partner.id)
    )
    if not words:
        return query
    told = exists().where(
        Fund.partner_id == Partner.id,
        or_(*(column.icontains(words, autoescape=True) for column in (Fund.title, Fund.text, Fund.story))),
    )
    return query.where(
        or_(
            Partner.name.icontains(words, autoescape=True),
            Partner.neighbourhood.icontains(words, autoescape=True),
            told,
        )
    )
