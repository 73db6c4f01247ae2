"""What everybody reads of a fund and of a pairing: nothing that says who somebody is, unless they want it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matchmaker.queries import public_face, stories
from matchmaker.web.requests import around
from models import Fund

LOOKED_THROUGH = 60
"""Funds looked through for some that read well on a landing page."""
SHORTEST, LONGEST = 60, 420
"""Characters of a text that does."""


@dataclass(frozen=True)
class Shown:
    """A fund as everybody reads it. ``text`` is empty where it says whose it is; ``may_ask``: whether a class could ask
    for a visit now."""

    fund: Fund
    text: str
    name: str
    area: str
    may_ask: bool

    @property
    def grades(self) -> list[tuple[int, int]]:
        """The grades as spans, each with its first and last."""
        spans: list[tuple[int, int]] = []
        for grade in sorted(set(self.fund.grades)):
            if spans and spans[-1][1] == grade - 1:
                spans[-1] = (spans[-1][0], grade)
            else:
                spans.append((grade, grade))
        return spans


@dataclass(frozen=True)
class Pair:
    """What met what: two stories of one visit, or one with what is known of the other side; else a fund."""

    teacher: stories.Story | None = None
    partner: stories.Story | None = None
    fund: Shown | None = None


def funds(rows: Iterable[Fund], areas: public_face.Areas) -> list[Shown]:
    """What may be shown of some funds; of one whose title says whose it is, nothing."""
    return [_shown(fund, areas.of(fund.partner.neighbourhood)) for fund in around.titles(rows)]


def held_back(rows: Iterable[Fund]) -> list[Fund]:
    """Those of which everybody would read less than there is, because their words say whose they are."""
    return [fund for fund in rows if around.tells_who(fund.partner, f"{fund.title} {fund.text}")]


def pairs(session: Session, region_id: int, most: int) -> list[Pair]:
    """What says what a network is: stories that both sides share, then those of one, then funds; real ones alone."""
    told = [Pair(teacher=each.teacher, partner=each.partner) for each in stories.pairs(session, region_id, most)]
    if len(told) >= most:
        return told
    return [*told, *(Pair(fund=each) for each in _reading_well(session, region_id, most - len(told)))]


def _reading_well(session: Session, region_id: int, most: int) -> list[Shown]:
    """Funds of different people, in as many languages as there are."""
    rows = session.scalars(public_face.funds(region_id, public_face.Wanted()).limit(LOOKED_THROUGH)).all()
    nowhere = public_face.Areas({}, 0)
    seen: set[int] = set()
    good: list[Shown] = []
    for each in funds(rows, nowhere):
        if SHORTEST <= len(each.text) <= LONGEST and each.fund.partner_id not in seen:
            seen.add(each.fund.partner_id)
            good.append(each)
    firsts = {each.fund.language: each for each in reversed(good)}
    return [*firsts.values(), *(each for each in good if each not in firsts.values())][:most]


def _shown(fund: Fund, area: public_face.Area | None) -> Shown:
    partner = fund.partner
    return Shown(
        fund=fund,
        text="" if fund.text == fund.title or around.tells_who(partner, fund.text) else fund.text,
        name=public_face.name_of(partner),
        area=area.name if area else "",
        may_ask=partner.paused_at is None and partner.monthly_capacity > 0,
    )
