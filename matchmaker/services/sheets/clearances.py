"""Clearances as rows of a spreadsheet: a status, who issued it and two dates of each partner. Never a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Select

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import clearances as service
from matchmaker.services.sheets.books import Book, Change, Made, Terms, Values
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.partners import Partners
from models import Clearance, Partner, SheetKind

_YEARS = range(1951, 2200)


class Clearances(Book):
    """What is kept of the clearance of each partner. Rows are found as those of funds are; none of them is new."""

    kind = SheetKind.CLEARANCES
    whole = True
    shows = (Partner, Partner.id)

    @cached_property
    def partners(self) -> Partners:
        """Whose the clearances are."""
        return Partners(self.session, self.region, self.now)

    def stored(self) -> Select[Any]:
        return self.partners.stored()

    def values(self, row: Partner) -> dict[str, Any]:
        kept = service.kept_of(row)
        return {
            "partner": self.partners.called(row),
            "status": kept.status.value,
            "issuer": kept.issuer or "",
            "issued_on": kept.issued_on,
            "ends_on": kept.ends_on,
        }

    def named(self, values: Values) -> int | None:
        partner = self.find(values)
        return partner.id if partner is not None else None

    def find(self, values: Values) -> Partner | None:
        return self.partners.resolve(values.get("partner") or "")

    def label(self, values: Values) -> str:
        partner = self.find(values)
        return partner.name if partner is not None else str(values["partner"])

    @property
    def calls(self) -> Mapping[str, Callable[[str], Any]]:
        return {"partner": self.partners.resolve}

    def implied(self, current: Values | None, given: Values) -> dict[str, Any]:
        """Issuer and dates are kept only of a clearance that is in order, as on its page."""
        if given.get("status") in (None, Clearance.CLEARED.value):
            return {}
        return {name: self.columns[name].cell.empty for name in ("issuer", "issued_on", "ends_on")}

    def check(self, row: Partner | None, values: Values, changed: set[str]) -> Iterator[CellError]:
        if row is None:
            yield CellError(Problem.NO_PARTNER, "partner")
            return
        issued_on, ends_on = values["issued_on"], values["ends_on"]
        for name, day in (("issued_on", issued_on), ("ends_on", ends_on)):
            if day and day.year not in _YEARS:
                yield CellError(Problem.DAY, name)
        if issued_on and ends_on and ends_on < issued_on:
            yield CellError(Problem.HOURS, "ends_on")
        if (values["issuer"] or issued_on or ends_on) and values["status"] != Clearance.CLEARED:
            # Of what is not said to be in order they would not be kept, and nobody would know.
            yield CellError(Problem.MISSING, "status")

    def create(self, actor: Actor, new: Sequence[Values], terms: Terms, clock: Clock) -> Sequence[Made]:
        raise AssertionError("a clearance of nobody does not pass the check")

    def change(self, actor: Actor, changes: Sequence[Change], terms: Terms, clock: Clock) -> None:
        known = {each.row.id: _kept(each.values) for each in changes}
        service.record_all(self.session, actor, known, clock)

    def remove(self, actor: Actor, row: Partner, noted: Mapping[str, str], clock: Clock) -> None:
        raise AssertionError("no import has made a clearance that was not there")


def _kept(values: Values) -> service.Kept:
    return service.Kept(Clearance(values["status"]), values["issuer"] or None, values["issued_on"], values["ends_on"])
