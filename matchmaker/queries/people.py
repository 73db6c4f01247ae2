"""Reading teachers and partners: one's own row, who waits for a coordinator, and the teachers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from matchmaker.policies import STAFF
from matchmaker.queries import paging
from models import (
    Account,
    Fund,
    Introduction,
    LearningRequest,
    Membership,
    Partner,
    RequestState,
    Role,
    School,
    Teacher,
    Visit,
    Window,
)

_NAMED = (Account.name, School.name)
_OPEN = (
    RequestState.POSTED,
    RequestState.PROPOSED,
    RequestState.NONE_YET,
    RequestState.PLACED,
    RequestState.SCHEDULED,
)
"""States in which a request still goes on."""


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


def some(session: Session, region_id: int, partner_ids: Collection[int]) -> Sequence[Partner]:
    """Those of some partners who are of a region, by name."""
    return session.scalars(
        select(Partner)
        .where(Partner.region_id == region_id, Partner.id.in_(partner_ids), Partner.merged_into_id.is_(None))
        .order_by(func.folded(Partner.name), Partner.id)
    ).all()


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


def account_with(session: Session, email: str) -> Account | None:
    """The account of an address."""
    return session.scalar(select(Account).where(Account.email == email.strip().lower()))


def profile_without_account(session: Session, email: str) -> Partner | None:
    """The partner with an address whom a coordinator wrote down and who has never joined; of several the first."""
    return session.scalar(
        select(Partner)
        .where(
            func.lower(func.trim(Partner.email)) == email.strip().lower(),
            Partner.email != "",
            Partner.account_id.is_(None),
            Partner.merged_into_id.is_(None),
        )
        .order_by(Partner.id)
        .limit(1)
    )


def is_staff(session: Session, account_id: int, now: datetime) -> bool:
    """Whether an account decides for others, or reads about them, in any region."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Membership.account_id == account_id,
                    Membership.role.in_(STAFF),
                    or_(Membership.until.is_(None), Membership.until > now),
                )
            )
        )
    )


def voucher(session: Session, partner: Partner) -> str | None:
    """Who invited a partner, where somebody has."""
    return session.scalar(select(_voucher().scalar_subquery()).where(Partner.id == partner.id))


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


@dataclass(frozen=True)
class Unread:
    """A partner whose profile nobody has read yet, and who invited them, where somebody has."""

    partner: Partner
    voucher: str | None


def partners_to_review(session: Session, region_id: int, most: int = 12) -> Sequence[Unread]:
    """Partners with at least one fund whose profile nobody has read yet, oldest first."""
    rows = session.execute(
        select(Partner, _voucher().scalar_subquery())
        .where(
            Partner.region_id == region_id,
            Partner.reviewed_at.is_(None),
            Partner.merged_into_id.is_(None),
            exists().where(Fund.partner_id == Partner.id),
        )
        .options(selectinload(Partner.funds))
        .order_by(Partner.created_at, Partner.id)
        .limit(most)
    )
    return [Unread(partner, voucher) for partner, voucher in rows]


@dataclass(frozen=True)
class TeacherLine:
    """One teacher of a region: since when they may post (None: not yet), their last request, how many are open."""

    teacher: Teacher
    since: datetime | None
    asked_at: datetime | None
    open: int


def teachers(session: Session, region_id: int, words: str, wanted: int) -> paging.Page[TeacherLine]:
    """A page of a region's teachers whose name or school holds the words, by name; two queries."""
    asked = (
        select(
            LearningRequest.teacher_id,
            func.max(LearningRequest.posted_at).label("asked_at"),
            func.count().filter(LearningRequest.state.in_(_OPEN)).label("open"),
        )
        .where(LearningRequest.region_id == region_id)
        .group_by(LearningRequest.teacher_id)
        .subquery()
    )
    may_post = (Membership.role == Role.TEACHER) & Membership.until.is_(None) & (Membership.region_id == region_id)
    query = (
        select(Teacher, Membership.since, asked.c.asked_at, func.coalesce(asked.c.open, 0))
        .join(Account, Account.id == Teacher.account_id)
        .join(School, School.id == Teacher.school_id)
        .outerjoin(Membership, (Membership.account_id == Account.id) & may_post)
        .outerjoin(asked, asked.c.teacher_id == Teacher.id)
        .where(Teacher.region_id == region_id)
        .options(contains_eager(Teacher.account), contains_eager(Teacher.school))
    )
    if words:
        query = query.where(or_(*(func.strpos(func.folded(column), func.folded(words)) > 0 for column in _NAMED)))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Teacher.id).subquery())) or 0
    page, pages, before = paging.span(total, wanted)
    rows = session.execute(
        query.order_by(func.folded(Account.name), Teacher.id).limit(paging.PAGE).offset(before)
    ).all()
    return paging.Page(
        [TeacherLine(*row) for row in rows], page, pages, before + 1 if rows else 0, before + len(rows), total
    )


def history(session: Session, partner_id: int, most: int = 8) -> Sequence[tuple[Introduction, datetime | None]]:
    """The last invitations of a partner, under whatever profile, the newest first, each with the day of its visit."""
    own = select(Partner.id).where(or_(Partner.id == partner_id, Partner.merged_into_id == partner_id))
    rows = session.execute(
        select(Introduction, func.coalesce(Visit.starts_at, Window.starts_at))
        .outerjoin(Window, Window.id == Introduction.window_id)
        .outerjoin(Visit, (Visit.introduction_id == Introduction.id) & Visit.cancelled_at.is_(None))
        .where(Introduction.partner_id.in_(own), Introduction.invited_at.is_not(None))
        .options(joinedload(Introduction.request).joinedload(LearningRequest.school))
        .order_by(Introduction.invited_at.desc(), Introduction.id.desc())
        .limit(most)
    )
    return [(introduction, visit_at) for introduction, visit_at in rows]


def _voucher() -> Select[str]:
    """The name of whoever invited the partner of an outer query."""
    return (
        select(Account.name)
        .join(Membership, Membership.vouched_by_id == Account.id)
        .where(
            Membership.account_id == Partner.account_id,
            Membership.region_id == Partner.region_id,
            Membership.role == Role.PARTNER,
        )
        .order_by(Membership.id)
        .limit(1)
        .correlate(Partner)
    )
