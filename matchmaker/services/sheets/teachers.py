"""Teachers as rows of a spreadsheet. Reading them in vouches for them; an account stays its owner's."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import joinedload

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import accounts
from matchmaker.services.sheets.books import Book, Change, Kept, Made, Terms, Values
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

    loads = (joinedload(Teacher.account), joinedload(Teacher.school))
    shows = (Teacher, Teacher.id)

    @cached_property
    def schools(self) -> Schools:
        """Where they teach."""
        return Schools(self.session, self.region, self.now)

    def stored(self) -> Select[Any]:
        return select(Teacher).where(Teacher.region_id == self.region.id).order_by(Teacher.id)

    def values(self, row: Teacher) -> dict[str, Any]:
        return {
            "key": row.source_key or "",
            "name": row.account.name,
            "email": row.account.email,
            "school": row.school.name,
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

    def create(self, actor: Actor, new: Sequence[Values], terms: Terms, clock: Clock) -> Sequence[Made]:
        """New teachers, with accounts that have no password: who owns one chooses it by the link for forgotten ones."""
        newcomers = [accounts.Newcomer(each["name"], each["email"], language=each["language"]) for each in new]
        opened = accounts.open_accounts(self.session, newcomers, confirmed_at=clock())
        known = select(Account).where(Account.email.in_({each["email"] for each in new} - opened.keys()))
        of = {**opened, **{account.email: account for account in self.session.scalars(known)}}
        joining = [(of[each["email"]], self._teaching(each)) for each in new]
        joined = accounts.join_teachers(self.session, self.region, joining, clock)
        for (row, _), values in zip(joined, new, strict=True):
            row.source_key = values["key"] or None
        accounts.vouch_all(self.session, actor, [each for _, each in joined], clock, tell=terms.tell)
        made = zip(joined, new, strict=True)
        return [Made(row, {_ACCOUNT: "new"} if each["email"] in opened else {}) for (row, _), each in made]

    def change(self, actor: Actor, changes: Sequence[Change], terms: Terms, clock: Clock) -> None:
        now = clock()
        for each in changes:
            row, values = each.row, each.values
            row.source_key, row.phone = values["key"] or None, values["phone"]
            row.grades, row.subjects = list(values["grades"]), list(values["subjects"])
            if "school" in each.changed and (school := self._school(values["school"])) is not None:
                row.school_id = school.id
            audit.record(self.session, actor, audit.Tag.TEACHER_CHANGED, row, at=now, columns=sorted(each.changed))
        self.session.flush()
        for each in changes:
            self.session.expire(each.row, ["school"])

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

    def _teaching(self, values: Values) -> accounts.Teaching:
        school = self._school(values["school"])
        assert school is not None, "looked at before"
        return accounts.Teaching(school.id, list(values["grades"]), list(values["subjects"]), values["phone"])

    def _membership(self, row: Teacher) -> Membership:
        return self.session.scalars(
            select(Membership).where(
                Membership.account_id == row.account_id,
                Membership.region_id == self.region.id,
                Membership.role == Role.TEACHER,
                Membership.until.is_(None),
            )
        ).one()
