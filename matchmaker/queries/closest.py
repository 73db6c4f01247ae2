"""Who comes closest to a yes where nobody is eligible: they know of it, and one thing alone stands between."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from matchmaker.queries import eligibility
from models import Fund, LearningRequest, Partner

MOST = 3
MOVABLE = ("format", "language", "distance", "dates", "clearance", "full")
"""Hard rules that a change of the request, a renewal or another month can lift."""
MOST_WORDS = 40
"""Words of a request that are looked for, the first ones."""
_CONFIGURATIONS: tuple[ColumnElement[Any], ...] = (
    literal_column("'english'::regconfig"),
    literal_column("'spanish'::regconfig"),
)


@dataclass(frozen=True)
class Closest:
    """Somebody, the one rule that keeps them from this request, and how far they live, where known."""

    partner: Partner
    rule: str
    miles: float | None


def of_request(session: Session, request: LearningRequest, now: datetime) -> list[Closest]:
    """Up to three, those first whose funds hold most of the request's words; one query.

    A web process has no model at hand: words stand in for meaning here, and a person reads on.
    """
    words = dict.fromkeys(re.findall(r"[^\W\d_]{4,}", f"{request.title} {request.text}".lower()))
    if not words:
        return []
    asked = _any_of(list(words)[:MOST_WORDS])
    told = func.search_words(Fund.title, Fund.text, Fund.story)
    best = (
        select(Fund.partner_id, func.max(func.ts_rank(told, asked)).label("rank"))
        .where(Fund.region_id == request.region_id, told.op("@@")(asked))
        .group_by(Fund.partner_id)
        .subquery()
    )
    one, rule, miles = eligibility.kept_by_one(session, request, MOVABLE, now)
    rows = session.execute(
        select(Partner, rule, miles)
        .join(best, best.c.partner_id == Partner.id)
        .where(Partner.region_id == request.region_id, one)
        .order_by(best.c.rank.desc(), Partner.id)
        .limit(MOST)
    )
    return [Closest(partner, excluding, away) for partner, excluding, away in rows if excluding is not None]


def _any_of(words: list[str]) -> ColumnElement[Any]:
    english, spanish = (func.to_tsquery(each, func.folded(" | ".join(words))) for each in _CONFIGURATIONS)
    either: ColumnElement[Any] = english.op("||")(spanish)
    return either
