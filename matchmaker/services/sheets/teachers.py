"""Teachers as rows of a spreadsheet. Reading them in vouches for them; an account stays its owner's."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import accounts
from matchmaker.services.sheets.books import Book, Kept, Terms, Values
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.schools import Schools
from models import Account, Membership, Partner, Role, School, SheetKind, Teacher

_ACCOUNT = "account"
"""Noted with a new teacher whose account is new, too."""


class Teachers(Book):
    """The teachers of a region."""

    kind = SheetKind.TEACHERS
    fixed = frozenset({"email"})
    theirs = frozenset({"name", "language"})

    def stored(self) -> Iterable[Teacher]:
        self.schools = Schools(self.session, self.region, self.now)
        return self.session.scalars(
            select(Teacher)
            .where(Teacher.region_id == self.region.id)
            .options(joinedload(Teacher.account))
            .order_by(Teacher.id)
        )

    def values(self, row: Teacher) -> dict[str, Any]:
        return {
            "key": row.source_key or "",
            "name": row.account.name,
            "email": row.account.email,
            "school": self.schools.by_id[row.school_id].name,
            "phone": row.phone,
            "grades": tuple(row.grades),
            "subjects": tuple(row.subjects),
            "language": row.account.language,
        }

    def named(self, values: Values) -> Hashable | None:
        return values.get("email") or None

    def label(self, values: Values) -> str:
        return str(values["name"])

    @property
    def calls(self) -> Mapping[str, Callable[[str], Any]]:
        return {"school": self._school}

    def check(self, row: Teacher | None, values: Values, changed: set[str]) -> Iterator[CellError]:
        if "school" in changed and self._school(values["school"]) is None:
            yield CellError(Problem.NO_SCHOOL, "school")

    def create(self, actor: Actor, values: Values, terms: Terms, clock: Clock) -> tuple[Teacher, dict[str, str]]:
        """A new teacher, with an account that has no password: its owner chooses one by the link for forgotten ones."""
        newcomer = accounts.Newcomer(name=values["name"], email=values["email"], language=values["language"])
        opened = accounts.open_account(self.session, newcomer, confirmed_at=clock())
        account = opened or self.session.scalars(select(Account).where(Account.email == values["email"])).one()
        school = self._school(values["school"])
        assert school is not None, "looked at before"
        row = accounts.join_teacher(
            self.session, account, self.region, school.id,
            grades=list(values["grades"]), subjects=list(values["subjects"]), phone=values["phone"], clock=clock,
        )  # fmt: skip
        row.source_key = values["key"] or None
        accounts.vouch(self.session, actor, self._membership(row).id, clock, tell=terms.tell)
        self.session.flush()
        return row, {_ACCOUNT: "new"} if opened else {}

    def change(self, actor: Actor, row: Teacher, values: Values, changed: set[str], terms: Terms, clock: Clock) -> None:
        row.source_key, row.phone = values["key"] or None, values["phone"]
        row.grades, row.subjects = list(values["grades"]), list(values["subjects"])
        if "school" in changed and (school := self._school(values["school"])) is not None:
            row.school_id = school.id
        audit.record(self.session, actor, audit.Tag.TEACHER_CHANGED, row, at=clock(), columns=sorted(changed))
        self.session.flush()
        self.session.expire(row, ["school"])

    def keeps(self, row: Teacher) -> Kept | None:
        return Kept.ACCOUNT if row.account.password else None

    def remove(self, actor: Actor, row: Teacher, noted: Mapping[str, str], clock: Clock) -> None:
        account = row.account
        self.session.delete(self._membership(row))
        self.session.delete(row)
        self.session.flush()
        other = exists().where(Membership.account_id == account.id) | exists().where(Partner.account_id == account.id)
        if _ACCOUNT in noted and not self.session.scalar(select(other)):
            self.session.delete(account)

    def _school(self, name: str) -> School | None:
        found: School | None = self.schools.find({"key": name}) or self.schools.find({"name": name})
        return found

    def _membership(self, row: Teacher) -> Membership:
        return self.session.scalars(
            select(Membership).where(
                Membership.account_id == row.account_id,
                Membership.region_id == self.region.id,
                Membership.role == Role.TEACHER,
                Membership.until.is_(None),
            )
        ).one()
