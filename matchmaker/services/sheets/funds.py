"""Funds of knowledge as rows of a spreadsheet, each with the partner whose it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import partners as service
from matchmaker.services.sheets.books import Book, Terms, Values
from matchmaker.services.sheets.faults import CellError, Problem
from matchmaker.services.sheets.glossary import folded
from matchmaker.services.sheets.partners import Partners
from models import Fund, KnowledgeKind, Partner, SheetKind

_REVIEWED = "reviewed"
"""Noted with a new fund whose partner the same import has marked as read."""


class Funds(Book):
    """The funds of a region's partners."""

    kind = SheetKind.FUNDS
    fixed = frozenset({"partner"})

    def stored(self) -> Iterable[Fund]:
        self.partners = Partners(self.session, self.region, self.now)
        self._counts: dict[int, int] = {}
        return self.session.scalars(
            select(Fund)
            .join(Partner, Partner.id == Fund.partner_id)
            .where(Fund.region_id == self.region.id, Partner.merged_into_id.is_(None))
            .order_by(Fund.partner_id, Fund.position, Fund.id)
        )

    def values(self, row: Fund) -> dict[str, Any]:
        return {
            "key": row.source_key or "",
            "partner": self._called(self.partners.by_id[row.partner_id]),
            "title": row.title,
            "text": row.text,
            "story": row.story,
            "language": row.language,
            "kind": row.kind.value,
            "subjects": tuple(row.subjects),
            "grades": tuple(row.grades),
        }

    def named(self, values: Values) -> Hashable | None:
        partner = self.partners.resolve(values.get("partner") or "")
        title = folded(values.get("title") or "")
        return (partner.id, title) if partner is not None and title else None

    def shown(self) -> Iterable[Partner]:
        return {row.partner_id: self.partners.by_id[row.partner_id] for row in self.by_id.values()}.values()

    def label(self, values: Values) -> str:
        return str(values["title"])

    @property
    def calls(self) -> Mapping[str, Callable[[str], Any]]:
        return {"partner": self.partners.resolve}

    def check(self, row: Fund | None, values: Values, changed: set[str]) -> Iterator[CellError]:
        partner = self.partners.resolve(values["partner"])
        if partner is None:
            yield CellError(Problem.NO_PARTNER, "partner")
        elif row is None:
            self._counts.setdefault(partner.id, self._stored_count(partner))
            self._counts[partner.id] += 1
            if self._counts[partner.id] > service.MOST_FUNDS:
                yield CellError(Problem.FULL, "title", most=service.MOST_FUNDS)

    def create(self, actor: Actor, values: Values, terms: Terms, clock: Clock) -> tuple[Fund, dict[str, str]]:
        partner = self._partner(values)
        row = service.save_fund(self.session, actor, partner, _draft(values), clock)
        row.source_key = values["key"] or None
        self.session.flush()
        read = terms.reviewed and partner.reviewed_at is None
        if read:
            self.session.expire(partner, ["funds"])
            service.review(self.session, actor, partner.id, clock)
        return row, {_REVIEWED: "yes"} if read else {}

    def change(self, actor: Actor, row: Fund, values: Values, changed: set[str], terms: Terms, clock: Clock) -> None:
        row.source_key = values["key"] or None
        service.save_fund(self.session, actor, self._partner(values), _draft(values), clock, fund_id=row.id)

    def remove(self, actor: Actor, row: Fund, noted: Mapping[str, str], clock: Clock) -> None:
        partner = self.partners.by_id[row.partner_id]
        if _REVIEWED in noted:
            partner.reviewed_at = partner.reviewed_by_id = None
        service.remove_fund(self.session, actor, partner, row.id, clock)

    def _partner(self, values: Values) -> Partner:
        partner = self.partners.resolve(values["partner"])
        assert partner is not None, "looked at before"
        return partner

    def _called(self, partner: Partner) -> str:
        """By what the partner is found again: the address, unless several share it; then the key, or the name."""
        for name in (partner.email.strip().lower(), partner.source_key or "", partner.name):
            if name and self.partners.resolve(name) is partner:
                return name
        return partner.name

    def _stored_count(self, partner: Partner) -> int:
        return self.session.scalar(select(func.count(Fund.id)).where(Fund.partner_id == partner.id)) or 0


def _draft(values: Values) -> service.FundDraft:
    return service.FundDraft(
        title=values["title"],
        # Where little was told, its name says it.
        text=values["text"] or values["title"],
        story=values["story"],
        language=values["language"],
        kind=KnowledgeKind(values["kind"]),
        subjects=tuple(values["subjects"]),
        grades=tuple(values["grades"]),
    )
