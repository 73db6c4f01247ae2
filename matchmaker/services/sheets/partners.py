"""Partners as rows of a spreadsheet. Whoever is new in it is read by a coordinator like everybody else."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased, joinedload

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import organisations, publicity, revisions
from matchmaker.services import partners as service
from matchmaker.services.sheets.books import Book, Change, Kept, Made, Terms, Values
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

    loads = (joinedload(Partner.organisation),)
    shows = (Partner, Partner.id)

    def stored(self) -> Select[Any]:
        return select(Partner).where(*self._here).order_by(Partner.id)

    def values(self, row: Partner) -> dict[str, Any]:
        return {
            "key": row.source_key or "",
            "kind": row.kind.value,
            "contact_name": row.contact_name or "",
            "organisation": self._house(row),
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

    def create(self, actor: Actor, new: Sequence[Values], terms: Terms, clock: Clock) -> Sequence[Made]:
        now = clock()
        rows = [self._new(values) for values in new]
        self.session.add_all(rows)
        self.session.flush()
        people = []
        for row, values in zip(rows, new, strict=True):
            audit.record(self.session, actor, audit.Tag.PARTNER_ENTERED, row, at=now, during="import")
            revisions.renew(self.session, row, now)
            self._publish(actor, row, values, clock)
            if values["organisation"] and (house := self.resolve(values["organisation"])) is not None:
                people.append((row, house.id))
        organisations.bring(self.session, actor, people, clock)
        return [Made(row) for row in rows]

    def change(self, actor: Actor, changes: Sequence[Change], terms: Terms, clock: Clock) -> None:
        for each in changes:
            row, values = each.row, each.values
            row.source_key, row.email, row.joined_on = values["key"] or None, values["email"], values["joined_on"]
            said: dict[str, Any] = {name: values[name] for name in (*_PLAIN, *_SEVERAL)}
            kind, contact = PartnerKind(values["kind"]), values["contact_name"] or None
            logistics = service.Logistics(kind=kind, contact_name=contact, **said)
            service.save_logistics(self.session, actor, row, logistics, clock)
            if "public" in each.changed:
                self._publish(actor, row, values, clock)
            if "organisation" in each.changed:
                self._belong(actor, row, values, clock)

    def keeps(self, row: Partner) -> Kept | None:
        if row.account_id is not None:
            return Kept.ACCOUNT
        if row.reviewed_at is not None:
            return Kept.REVIEWED
        return self._depended_on.get(row.id)

    def remove(self, actor: Actor, row: Partner, noted: Mapping[str, str], clock: Clock) -> None:
        # Read by nobody, so the ranker has never seen this profile and need not hear of it.
        self.session.delete(row)

    def resolve(self, name: str) -> Partner | None:
        """The partner that a cell calls by an address, a key or a name; None for nobody, or for several."""
        if (keyed := self._keys.get(name)) is not None:
            return keyed
        called = self._names.get(name.lower(), []) if "@" in name else self._called_so.get(folded(name), [])
        return called[0] if len(called) == 1 else None

    def called(self, partner: Partner) -> str:
        """By what a partner is found again: the address, unless it is not theirs alone; then the key, or the name."""
        address = partner.email.strip().lower()
        return address if address and address not in self._shared else partner.source_key or partner.name

    @cached_property
    def _called_so(self) -> Mapping[str, list[Partner]]:
        names: defaultdict[str, list[Partner]] = defaultdict(list)
        for row in self.by_id.values():
            names[folded(row.name)].append(row)
        return names

    @cached_property
    def _shared(self) -> frozenset[str]:
        """Addresses of several, and those that are the key of somebody else. Asked, so that nobody need be read."""
        address = func.lower(func.trim(Partner.email))
        several = select(address).where(*self._here).group_by(address).having(func.count() > 1)
        other = aliased(Partner)
        keyed = select(address).join(other, (other.region_id == Partner.region_id) & (other.source_key == address))
        return frozenset(self.session.scalars(several.union(keyed.where(*self._here, other.id != Partner.id))))

    @property
    def _here(self) -> tuple[ColumnElement[bool], ...]:
        return Partner.region_id == self.region.id, Partner.merged_into_id.is_(None)

    @cached_property
    def _depended_on(self) -> Mapping[int, Kept]:
        why: dict[int, Kept] = {}
        for table, kept in ((Separation, Kept.NOTES), (Note, Kept.NOTES), (Fund, Kept.FUNDS)):
            ids = select(table.partner_id).where(table.region_id == self.region.id).distinct()
            why |= {partner_id: kept for partner_id in self.session.scalars(ids) if partner_id is not None}
        return why

    def _house(self, row: Partner) -> str:
        return self.called(self.session.get_one(Partner, row.organisation_id)) if row.organisation_id else ""

    def _new(self, values: Values) -> Partner:
        return Partner(
            region_id=self.region.id,
            source_key=values["key"] or None,
            kind=PartnerKind(values["kind"]),
            contact_name=values["contact_name"] or None,
            email=values["email"],
            joined_on=values["joined_on"],
            **{name: values[name] for name in _PLAIN},
            **{name: list(values[name]) for name in _SEVERAL},
        )

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
