"""Funds of knowledge as rows of a spreadsheet, each with the partner whose it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import partners as service
from matchmaker.services.sheets.books import Book, Change, Made, Terms, Values
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

    loads = (contains_eager(Fund.partner),)
    shows = (Partner, Fund.partner_id)

    def stored(self) -> Select[Any]:
        return (
            select(Fund)
            .join(Fund.partner)
            .where(Fund.region_id == self.region.id, Partner.merged_into_id.is_(None))
            .order_by(Fund.partner_id, Fund.position, Fund.id)
        )

    def values(self, row: Fund) -> dict[str, Any]:
        return {
            "key": row.source_key or "",
            "partner": self.partners.called(row.partner),
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
            self._counts[partner.id] += 1
            if self._counts[partner.id] > service.MOST_FUNDS:
                yield CellError(Problem.FULL, "title", most=service.MOST_FUNDS)

    def create(self, actor: Actor, new: Sequence[Values], terms: Terms, clock: Clock) -> Sequence[Made]:
        owners = [self._partner(values) for values in new]
        drafts = [_draft(values) for values in new]
        rows = service.add_funds(self.session, actor, list(zip(owners, drafts, strict=True)), clock)
        for row, values in zip(rows, new, strict=True):
            row.source_key = values["key"] or None
        first = {partner: row for partner, row in zip(reversed(owners), reversed(rows), strict=True)}
        unread = [partner for partner in first if terms.reviewed and partner.reviewed_at is None]
        read = service.review_all(self.session, actor, [partner.id for partner in unread], clock) if unread else []
        # With the first fund of each, that they were read is taken back.
        marked = {first[partner] for partner in read}
        return [Made(row, {_REVIEWED: "yes"} if row in marked else {}) for row in rows]

    def change(self, actor: Actor, changes: Sequence[Change], terms: Terms, clock: Clock) -> None:
        for each in changes:
            each.row.source_key = each.values["key"] or None
            partner = self._partner(each.values)
            service.save_fund(self.session, actor, partner, _draft(each.values), clock, fund_id=each.row.id)

    def remove(self, actor: Actor, row: Fund, noted: Mapping[str, str], clock: Clock) -> None:
        partner = row.partner
        if _REVIEWED in noted:
            partner.reviewed_at = partner.reviewed_by_id = None
        service.remove_fund(self.session, actor, partner, row.id, clock)

    def _partner(self, values: Values) -> Partner:
        partner = self.partners.resolve(values["partner"])
        assert partner is not None, "looked at before"
        return partner

    @cached_property
    def partners(self) -> Partners:
        """Whose the funds are."""
        return Partners(self.session, self.region, self.now)

    @cached_property
    def _counts(self) -> Counter[int]:
        """How many funds each partner has, with those of the file so far."""
        return Counter(row.partner_id for row in self.by_id.values())


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
