"""Schools as rows of a spreadsheet, with their documented facts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import schools as service
from matchmaker.services.sheets.books import Book, Change, Made, Terms, Values
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.glossary import folded
from models import District, School, SheetKind

_PLAIN = ("name", "neighbourhood", "latitude", "longitude", "students")
_FIGURE = ("poverty_value", "poverty_measure", "poverty_year", "poverty_source")


class Schools(Book):
    """The schools of a region."""

    kind = SheetKind.SCHOOLS

    loads = (joinedload(School.district),)

    def stored(self) -> Select[Any]:
        return select(School).where(School.region_id == self.region.id).order_by(School.id)

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

    def create(self, actor: Actor, new: Sequence[Values], terms: Terms, clock: Clock) -> Sequence[Made]:
        rows = [School(region_id=self.region.id) for _ in new]
        self._describe(list(zip(rows, new, strict=True)))
        for row in rows:
            audit.record(self.session, actor, audit.Tag.SCHOOL_ENTERED, row, at=clock(), during="import")
        self._document(actor, zip(rows, new, strict=True), terms, clock)
        return [Made(row) for row in rows]

    def change(self, actor: Actor, changes: Sequence[Change], terms: Terms, clock: Clock) -> None:
        self._describe([(each.row, each.values) for each in changes])
        for each in changes:
            if plain := each.changed & {*_PLAIN, "grades", "district", "key"}:
                audit.record(self.session, actor, audit.Tag.SCHOOL_CHANGED, each.row, at=clock(), columns=sorted(plain))
        self._document(actor, ((each.row, each.values) for each in changes), terms, clock)

    def remove(self, actor: Actor, row: School, noted: Mapping[str, str], clock: Clock) -> None:
        self.session.delete(row)

    def _describe(self, described: Sequence[tuple[School, Values]]) -> None:
        districts = self._districts({values["district"] for _, values in described} - {""})
        for row, values in described:
            row.source_key = values["key"] or None
            for name in _PLAIN:
                setattr(row, name, values[name])
            row.grade_low, row.grade_high = values["grades"]
            row.district_id = districts.get(values["district"])
            self.session.add(row)
        self.session.flush()
        for row, _ in described:
            self.session.expire(row, ["district"])

    def _districts(self, names: Set[str]) -> Mapping[str, int]:
        """Districts by their names, written down where they are new."""
        stored = select(District).where(District.region_id == self.region.id, District.name.in_(names))
        found = {district.name: district for district in self.session.scalars(stored)}
        new = [District(region_id=self.region.id, name=name) for name in sorted(names - found.keys())]
        self.session.add_all(new)
        self.session.flush()
        return {district.name: district.id for district in (*found.values(), *new)}

    def _document(self, actor: Actor, documented: Iterable[tuple[School, Values]], terms: Terms, clock: Clock) -> None:
        facts = {row.id: _facts(values, terms) for row, values in documented}
        service.document_all(self.session, actor, facts, clock)


def _facts(values: Values, terms: Terms) -> service.Facts:
    poverty = None
    if values["poverty_value"] is not None:
        poverty = service.Poverty(
            values["poverty_value"], values["poverty_measure"], values["poverty_year"], values["poverty_source"]
        )
    # The table it stood in is a source; a row may name a better one.
    sources = {name: values[f"{name}_source"] or terms.file_name for name in service.SOURCED}
    return service.Facts(poverty, values["locale"], values["title_i"], sources)
