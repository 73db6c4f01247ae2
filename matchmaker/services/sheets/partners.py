"""Partners as rows of a spreadsheet. Whoever is new in it is read by a coordinator like everybody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import exists, select

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import organisations, publicity
from matchmaker.services import partners as service
from matchmaker.services.sheets.books import Book, Kept, Terms, Values
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.glossary import folded
from models import Fund, Note, Partner, PartnerKind, Separation, SheetKind

VISITS = 2
"""Visits a month of somebody who has not said."""
_PLAIN = (
    "name", "phone", "language", "about", "neighbourhood", "radius_miles", "online", "monthly_capacity", "free_from",
    "free_until",
)  # fmt: skip
_NOT_PUBLIC, _NAMED = "no", "named"
_SEVERAL = ("languages", "formats", "weekdays", "sharing")


class Partners(Book):
    """The partners of a region that were not merged into another."""

    kind = SheetKind.PARTNERS
    fixed = frozenset({"kind"})

    def stored(self) -> Iterable[Partner]:
        return self.session.scalars(
            select(Partner)
            .where(Partner.region_id == self.region.id, Partner.merged_into_id.is_(None))
            .order_by(Partner.id)
        )

    def values(self, row: Partner) -> dict[str, Any]:
        return {
            "key": row.source_key or "",
            "kind": row.kind.value,
            "contact_name": row.contact_name or "",
            "organisation": self._called(self.by_id.get(row.organisation_id or 0) or row.organisation),
            "email": row.email.strip().lower(),
            "joined_on": row.joined_on,
            "public": _public(row),
            **{name: getattr(row, name) for name in _PLAIN},
            **{name: tuple(getattr(row, name)) for name in _SEVERAL},
        }

    def named(self, values: Values) -> Hashable | None:
        """The address; of somebody who has none, the name with the figures of the telephone number."""
        if values.get("email"):
            return values["email"]
        name = folded(values.get("name") or "")
        return (name, re.sub(r"\D", "", values.get("phone") or "")) if name else None

    def find(self, values: Values) -> Partner | None:
        """Also somebody whose address was not known so far, by the name and the telephone number."""
        found: Partner | None = super().find(values)
        number = re.sub(r"\D", "", values.get("phone") or "")
        if found is None and values.get("email") and number:
            alike = self._names.get((folded(values.get("name") or ""), number), [])
            return alike[0] if len(alike) == 1 and not values.get("key") else None
        return found

    def label(self, values: Values) -> str:
        return str(values["name"])

    def defaults(self, given: Values) -> dict[str, Any]:
        language = given.get("language", "en")
        joined = self.now.astimezone(self.zone).date()
        own = {"monthly_capacity": VISITS, "languages": (language,), "joined_on": joined}
        return super().defaults(given) | own

    @property
    def calls(self) -> Mapping[str, Callable[[str], Any]]:
        return {"organisation": self.resolve}

    def check(self, row: Partner | None, values: Values, changed: set[str]) -> Iterator[CellError]:
        begins, ends = values["free_from"], values["free_until"]
        if begins and ends and ends <= begins:
            yield CellError(Problem.HOURS, "free_until")
        if row is not None and "email" in changed and row.account_id is not None:
            yield CellError(Problem.FIXED, "email", now=row.email)
        if "organisation" in changed and values["organisation"]:
            house = self.resolve(values["organisation"])
            if house is None or house.kind is not PartnerKind.ORGANISATION or values["kind"] != PartnerKind.PERSON:
                yield CellError(Problem.NO_ORGANISATION, "organisation")

    def create(self, actor: Actor, values: Values, terms: Terms, clock: Clock) -> tuple[Partner, dict[str, str]]:
        now = clock()
        row = Partner(
            region_id=self.region.id,
            source_key=values["key"] or None,
            kind=PartnerKind(values["kind"]),
            contact_name=values["contact_name"] or None,
            email=values["email"],
            joined_on=values["joined_on"],
            **{name: values[name] for name in _PLAIN},
            **{name: list(values[name]) for name in _SEVERAL},
        )
        row.revision = self._revision
        self.session.add(row)
        self.session.flush()
        audit.record(self.session, actor, audit.Tag.PARTNER_ENTERED, row, at=now, during="import")
        if values["organisation"]:
            self._belong(actor, row, values, clock)
        self._publish(actor, row, values, clock)
        return row, {}

    def change(self, actor: Actor, row: Partner, values: Values, changed: set[str], terms: Terms, clock: Clock) -> None:
        row.source_key, row.email, row.joined_on = values["key"] or None, values["email"], values["joined_on"]
        said: dict[str, Any] = {name: values[name] for name in (*_PLAIN, *_SEVERAL)}
        kind, contact = PartnerKind(values["kind"]), values["contact_name"] or None
        logistics = service.Logistics(kind=kind, contact_name=contact, **said)
        service.save_logistics(self.session, actor, row, logistics, clock)
        if "public" in changed:
            self._publish(actor, row, values, clock)
        if "organisation" in changed:
            self._belong(actor, row, values, clock)

    def keeps(self, row: Partner) -> Kept | None:
        if row.account_id is not None:
            return Kept.ACCOUNT
        if row.reviewed_at is not None:
            return Kept.REVIEWED
        for table, why in ((Fund, Kept.FUNDS), (Note, Kept.NOTES), (Separation, Kept.NOTES)):
            if self.session.scalar(select(exists().where(table.partner_id == row.id))):
                return why
        return None

    def remove(self, actor: Actor, row: Partner, noted: Mapping[str, str], clock: Clock) -> None:
        # Read by nobody, so the ranker has never seen this profile and need not hear of it.
        self.session.delete(row)

    def resolve(self, name: str) -> Partner | None:
        """The partner that a cell calls by an address, a key or a name; None for nobody, or for several."""
        if (keyed := self._keys.get(name)) is not None:
            return keyed
        called = self._names.get(name.lower(), []) if "@" in name else self._by_name(name)
        return called[0] if len(called) == 1 else None

    @cached_property
    def _revision(self) -> int:
        """The region's next revision, one for all who are new: they are stored at the same moment."""
        return service.touch_region(self.session, self.region.id)

    def _by_name(self, name: str) -> list[Partner]:
        wanted = folded(name)
        return [row for row in self.by_id.values() if folded(row.name) == wanted]

    def _called(self, partner: Partner | None) -> str:
        return "" if partner is None else partner.email.strip().lower() or partner.name

    def _belong(self, actor: Actor, row: Partner, values: Values, clock: Clock) -> None:
        if not values["organisation"]:
            organisations.leave(self.session, actor, row.id, clock)
        elif (house := self.resolve(values["organisation"])) is not None:
            organisations.join(self.session, actor, row.id, house.id, clock)

    def _publish(self, actor: Actor, row: Partner, values: Values, clock: Clock) -> None:
        if values["public"] == _NOT_PUBLIC:
            publicity.take_back(self.session, actor, row, clock)
        else:
            publicity.allow(self.session, actor, row, clock, named=values["public"] == _NAMED)


def _public(row: Partner) -> str:
    if row.public_since is None:
        return _NOT_PUBLIC
    return _NAMED if row.public_name else "yes"
