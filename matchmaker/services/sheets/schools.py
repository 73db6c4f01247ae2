"""Schools as rows of a spreadsheet, with their documented facts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import schools as service
from matchmaker.services.sheets.books import Book, Terms, Values
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.glossary import folded
from models import District, School, SheetKind

_PLAIN = ("name", "neighbourhood", "latitude", "longitude", "students")
_FIGURE = ("poverty_value", "poverty_measure", "poverty_year", "poverty_source")


class Schools(Book):
    """The schools of a region."""

    kind = SheetKind.SCHOOLS

    def stored(self) -> Iterable[School]:
        return self.session.scalars(
            select(School)
            .where(School.region_id == self.region.id)
            .options(joinedload(School.district))
            .order_by(School.id)
        )

    def values(self, row: School) -> dict[str, Any]:
        return {
            "key": row.source_key or "",
            "district": row.district.name if row.district else "",
            "grades": (row.grade_low, row.grade_high),
            "poverty_value": row.poverty_value,
            "poverty_measure": row.poverty_measure or "",
            "poverty_year": row.poverty_year,
            "poverty_source": row.poverty_source or "",
            "locale": row.locale,
            "locale_source": "",
            "title_i": row.title_i,
            "title_i_source": "",
            **{name: getattr(row, name) for name in _PLAIN},
        }

    def named(self, values: Values) -> Hashable | None:
        return folded(values.get("name") or "") or None

    def label(self, values: Values) -> str:
        return str(values["name"])

    def check(self, row: School | None, values: Values, changed: set[str]) -> Iterator[CellError]:
        said = [name for name in _FIGURE if values[name] not in (None, "")]
        if said and len(said) < len(_FIGURE):
            missing = next(name for name in _FIGURE if name not in said)
            yield CellError(Problem.INCOMPLETE_FIGURE, missing)
        if (values["latitude"] is None) != (values["longitude"] is None):
            yield CellError(Problem.MISSING, "latitude" if values["latitude"] is None else "longitude")

    def create(self, actor: Actor, values: Values, terms: Terms, clock: Clock) -> tuple[School, dict[str, str]]:
        row = School(region_id=self.region.id, name=values["name"])
        self.session.add(row)
        self._describe(row, values)
        audit.record(self.session, actor, audit.Tag.SCHOOL_ENTERED, row, at=clock(), during="import")
        self._document(actor, row, values, terms, clock)
        return row, {}

    def change(self, actor: Actor, row: School, values: Values, changed: set[str], terms: Terms, clock: Clock) -> None:
        self._describe(row, values)
        plain = changed & {*_PLAIN, "grades", "district", "key"}
        if plain:
            audit.record(self.session, actor, audit.Tag.SCHOOL_CHANGED, row, at=clock(), columns=sorted(plain))
        self._document(actor, row, values, terms, clock)

    def remove(self, actor: Actor, row: School, noted: Mapping[str, str], clock: Clock) -> None:
        self.session.delete(row)

    def _describe(self, row: School, values: Values) -> None:
        row.source_key = values["key"] or None
        for name in _PLAIN:
            setattr(row, name, values[name])
        row.grade_low, row.grade_high = values["grades"]
        row.district_id = self._district(values["district"])
        self.session.flush()
        self.session.expire(row, ["district"])

    def _district(self, name: str) -> int | None:
        """A district by its name, written down where it is new."""
        if not name:
            return None
        district = self.session.scalar(
            select(District).where(District.region_id == self.region.id, District.name == name)
        )
        if district is None:
            district = District(region_id=self.region.id, name=name)
            self.session.add(district)
            self.session.flush()
        return district.id

    def _document(self, actor: Actor, row: School, values: Values, terms: Terms, clock: Clock) -> None:
        poverty = None
        if values["poverty_value"] is not None:
            poverty = service.Poverty(
                values["poverty_value"], values["poverty_measure"], values["poverty_year"], values["poverty_source"]
            )
        # The table it stood in is a source; a row may name a better one.
        sources = {name: values[f"{name}_source"] or terms.file_name for name in service.SOURCED}
        facts = service.Facts(poverty, values["locale"], values["title_i"], sources)
        service.document(self.session, actor, row.id, facts, clock)
