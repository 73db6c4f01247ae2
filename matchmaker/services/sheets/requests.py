"""Learning requests as rows of a spreadsheet. Those that are new are posted; those that are there are left alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import requests as service
from matchmaker.services.sheets.books import Book, Change, Kept, Made, Terms, Values
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.glossary import folded
from matchmaker.services.sheets.teachers import Teachers
from models import LearningRequest, RequestState, SheetKind, Teacher

FARTHEST = timedelta(days=548)
EARLIEST, LATEST = time(6), time(20)
SATURDAY = 5
_PLAIN = (
    "title", "text", "language", "grade", "subject", "students", "place", "partners_wanted", "overnight",
)  # fmt: skip
_UNDECIDED = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)


class Requests(Book):
    """The requests of a region that are posted, and not withdrawn. Drafts are their teachers' own."""

    kind = SheetKind.REQUESTS

    loads = (selectinload(LearningRequest.windows), joinedload(LearningRequest.teacher).joinedload(Teacher.account))
    shows = (Teacher, LearningRequest.teacher_id)

    @cached_property
    def teachers(self) -> Teachers:
        """Who asks."""
        return Teachers(self.session, self.region, self.now)

    def stored(self) -> Select[Any]:
        return (
            select(LearningRequest)
            .where(
                LearningRequest.region_id == self.region.id,
                LearningRequest.state.not_in((RequestState.DRAFT, RequestState.WITHDRAWN)),
            )
            .order_by(LearningRequest.posted_at, LearningRequest.id)
        )

    def values(self, row: LearningRequest) -> dict[str, Any]:
        def local(at: datetime) -> datetime:
            return at.astimezone(self.zone).replace(tzinfo=None)

        return {
            "key": row.source_key or "",
            "teacher": row.teacher.account.email,
            "formats": tuple(row.formats),
            "languages": tuple(row.languages),
            "windows": tuple(sorted((local(each.starts_at), local(each.ends_at)) for each in row.windows)),
            "posted_on": row.posted_at.astimezone(self.zone).date() if row.posted_at else None,
            "names_checked": False,
            **{name: getattr(row, name) for name in _PLAIN},
        }

    def named(self, values: Values) -> Hashable | None:
        """The teacher and the question; the day on which it was posted tells those apart that were asked again."""
        teacher, title = self._teacher(values.get("teacher") or ""), folded(values.get("title") or "")
        return (teacher.id, title) if teacher is not None and title else None

    def find(self, values: Values) -> LearningRequest | None:
        """Of several with one question the one posted on the day that is named, else the newest."""
        key, name = values.get("key"), self.named(values)
        if key and (keyed := self._keys.get(key)) is not None:
            return keyed
        alike = [row for row in self._names.get(name, []) if name is not None]
        if day := values.get("posted_on"):
            alike = [row for row in alike if self.values(row)["posted_on"] == day]
        if alike and key and alike[-1].source_key:
            raise CellError(Problem.OTHER_KEY, "key", key=alike[-1].source_key)
        return alike[-1] if alike else None

    def identities(self, values: Values) -> set[Hashable]:
        name = self.named(values)
        keys: set[Hashable] = {("key", values["key"])} if values.get("key") else set()
        return keys | ({("name", name, values.get("posted_on"))} if name is not None else set())

    def label(self, values: Values) -> str:
        return str(values["title"])

    def defaults(self, given: Values) -> dict[str, Any]:
        today = self.now.astimezone(self.zone).date()
        return super().defaults(given) | {"partners_wanted": 1, "posted_on": today}

    @property
    def calls(self) -> Mapping[str, Callable[[str], Any]]:
        return {"teacher": self._teacher}

    def check(self, row: LearningRequest | None, values: Values, changed: set[str]) -> Iterator[CellError]:
        if row is not None:
            if changed - {"key"}:
                yield CellError(Problem.POSTED, min(changed - {"key"}))
            return
        if self._teacher(values["teacher"]) is None:
            yield CellError(Problem.NO_TEACHER, "teacher")
        if values["posted_on"] > self.now.astimezone(self.zone).date():
            yield CellError(Problem.AHEAD, "posted_on")
        if (problem := self._wrong_dates(values["windows"])) is not None:
            yield CellError(problem, "windows")
        named = service.named_in(values["title"], values["text"], values["place"])
        if named and not values["names_checked"]:
            yield CellError(Problem.STUDENT_NAME, "text", names=named)

    def create(self, actor: Actor, new: Sequence[Values], terms: Terms, clock: Clock) -> Sequence[Made]:
        return [Made(self._post(actor, values, clock)) for values in new]

    def change(self, actor: Actor, changes: Sequence[Change], terms: Terms, clock: Clock) -> None:
        for each in changes:
            each.row.source_key = each.values["key"] or None

    def keeps(self, row: LearningRequest) -> Kept | None:
        return None if row.state in _UNDECIDED else Kept.IN_USE

    def remove(self, actor: Actor, row: LearningRequest, noted: Mapping[str, str], clock: Clock) -> None:
        """What was ranked is kept for the record: the request is withdrawn, and its key is free again."""
        service.withdraw(self.session, actor, row.id, clock)
        row.source_key = None

    def _post(self, actor: Actor, values: Values, clock: Clock) -> LearningRequest:
        teacher = self._teacher(values["teacher"])
        assert teacher is not None, "looked at before"
        draft = service.RequestDraft(
            formats=tuple(values["formats"]),
            languages=tuple(values["languages"]),
            windows=tuple(
                (start.replace(tzinfo=self.zone), end.replace(tzinfo=self.zone)) for start, end in values["windows"]
            ),
            no_student_named=True,
            **{name: values[name] for name in _PLAIN},
        )
        row = service.post(self.session, actor, teacher, draft, clock)
        row.source_key = values["key"] or None
        if values["posted_on"] < self.now.astimezone(self.zone).date():
            # The class has waited since then, and waits for no less here.
            row.posted_at = datetime.combine(values["posted_on"], time(12), self.zone)
        return row

    def _teacher(self, name: str) -> Teacher | None:
        found: Teacher | None = self.teachers.find({"key": name}) or self.teachers.find({"email": name.lower()})
        return found

    def _wrong_dates(self, windows: Iterable[tuple[datetime, datetime]]) -> Problem | None:
        now = self.now.astimezone(self.zone).replace(tzinfo=None)
        starts = [start for start, _ in windows]
        if not any(start > now for start in starts):
            return Problem.NO_DATE_AHEAD
        if any(start > now + FARTHEST for start in starts):
            return Problem.FAR_AHEAD
        if any(start.weekday() >= SATURDAY for start in starts):
            return Problem.WEEKEND
        if not all(EARLIEST <= start.time() <= LATEST for start in starts):
            return Problem.OUTSIDE_HOURS
        return None
