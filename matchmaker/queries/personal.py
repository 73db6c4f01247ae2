"""Who somebody is in a region, and all that is stored of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Account,
    Introduction,
    LearningRequest,
    Membership,
    Message,
    Partner,
    Reflection,
    Region,
    Side,
    Teacher,
    Visit,
)

NOBODY_S = "\u2014"
"""What stands where a name or words of an erased person stood."""


@dataclass(frozen=True)
class Person:
    """Who somebody is in a region: an account, a teacher's place, a partner's profile; each may be missing."""

    region: Region
    account: Account | None
    teacher: Teacher | None
    partner: Partner | None

    @property
    def name(self) -> str:
        """What they are called."""
        return self.account.name if self.account else self.partner.name if self.partner else NOBODY_S


def of_account(session: Session, region: Region, account: Account) -> Person:
    """Somebody who signs in."""
    here = {"region_id": region.id, "account_id": account.id}
    teacher = session.scalar(select(Teacher).filter_by(**here).options(joinedload(Teacher.school)))
    return Person(region, account, teacher, session.scalar(select(Partner).filter_by(**here)))


def of_partner(session: Session, region: Region, partner: Partner) -> Person:
    """A partner, who need not have an account."""
    account = session.get(Account, partner.account_id) if partner.account_id else None
    return of_account(session, region, account) if account else Person(region, None, None, partner)


def memberships(session: Session, person: Person) -> Sequence[Membership]:
    """Their roles here, also those that have ended."""
    assert person.account is not None, "asked before"
    here = {"region_id": person.region.id, "account_id": person.account.id}
    return session.scalars(select(Membership).filter_by(**here).order_by(Membership.id)).all()


def requests_of(session: Session, person: Person) -> Sequence[LearningRequest]:
    """What they have asked for."""
    query = select(LearningRequest).where(_asked_by(person)).order_by(LearningRequest.id)
    return session.scalars(query.options(selectinload(LearningRequest.windows))).all()


def introductions_of(session: Session, person: Person) -> Sequence[Introduction]:
    """Theirs on either side, as they are stored now."""
    query = select(Introduction).where(_concerns(person)).order_by(Introduction.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def visits_of(session: Session, person: Person) -> Sequence[Visit]:
    """What was agreed with them on either side."""
    theirs = select(Introduction.id).where(_concerns(person))
    return session.scalars(select(Visit).where(Visit.introduction_id.in_(theirs)).order_by(Visit.id)).all()


def said(session: Session, person: Person, table: type[Any]) -> Sequence[Any]:
    """What they wrote on their own side of an introduction."""
    joined = select(table).join(Introduction, Introduction.id == table.introduction_id)
    return session.scalars(joined.where(_on_their_side(person, table)).order_by(table.id)).all()


@dataclass(frozen=True)
class Counts:
    """How much there is of somebody: what stays without a name, and what they have written."""

    requests: int
    introductions: int
    visits: int
    messages: int
    reflections: int


def counts(session: Session, person: Person) -> Counts:
    """The same as numbers, in one query."""
    theirs = select(Introduction.id).where(_concerns(person))

    def of(table: type[Any]) -> Any:
        joined = select(func.count(table.id)).join(Introduction, Introduction.id == table.introduction_id)
        return joined.where(_on_their_side(person, table)).scalar_subquery()

    row = session.execute(
        select(
            select(func.count(LearningRequest.id)).where(_asked_by(person)).scalar_subquery(),
            select(func.count(Introduction.id)).where(_concerns(person)).scalar_subquery(),
            select(func.count(Visit.id)).where(Visit.introduction_id.in_(theirs)).scalar_subquery(),
            of(Message),
            of(Reflection),
        )
    ).one()
    return Counts(*row)


def _asked_by(person: Person) -> ColumnElement[bool]:
    return LearningRequest.teacher_id == (person.teacher.id if person.teacher else None)


def _asked(person: Person) -> ColumnElement[bool]:
    return Introduction.request_id.in_(select(LearningRequest.id).where(_asked_by(person)))


def _invited(person: Person) -> ColumnElement[bool]:
    return Introduction.partner_id == (person.partner.id if person.partner else None)


def _concerns(person: Person) -> ColumnElement[bool]:
    return or_(_asked(person), _invited(person))


def _on_their_side(person: Person, table: type[Any]) -> ColumnElement[bool]:
    sides = (table.side == Side.TEACHER) & _asked(person), (table.side == Side.PARTNER) & _invited(person)
    return or_(*sides)


def addresses(person: Person) -> list[str]:
    """Where mails reach them."""
    told = (person.account.email if person.account else "", person.partner.email if person.partner else "")
    return [address.strip().lower() for address in told if address.strip()]


def subject(person: Person) -> Any:
    """The row by which the audit speaks of them."""
    return person.partner or person.teacher or person.region
