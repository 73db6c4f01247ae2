"""What the neighbors of a school know: how many may fit a draft, and their funds of knowledge to start from.

A web process has no model at hand, so this counts words: those of a draft by their English and Spanish stems, in the
funds of a region. A word that many funds hold says nothing. It is an estimate, and is called one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    any_,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager

from matchmaker.queries import eligibility
from models import Fund, LearningRequest, Partner, School, Separation, Teacher

MOST_WORDS = 18
"""Words of a draft that are looked for: the first different ones of some length."""
SHORTEST = 4
LEAST_WORDS = 2
"""Words that a fund must share with a draft to be close to it."""
COMMON = 0.2
"""A word held by more than this share of the region's funds says nothing."""
FEW = 5
"""A word held by so few funds always says something, however small the region."""
MOST_HELD = 2000
"""A word held by more funds than this says nothing either, in a region of any size: it would have to be counted."""
MOST_CLOSE = 200
"""People counted at most."""
HIDDEN_UNDER = 5
"""A neighborhood with fewer partners is not named: its name would be as good as theirs."""
STEP_MILES = 5
_LANGUAGES: tuple[ColumnElement[Any], ...] = (
    literal_column("'english'::regconfig"),
    literal_column("'spanish'::regconfig"),
)


@dataclass(frozen=True)
class Reach:
    """How many people know something close to a draft, and how many of them could come as it asks.

    ``close`` is None while there are too few words to tell. ``funds`` are the closest ones, one a person, with their
    partners; of people who could come, where there are any.
    """

    close: int | None
    fitting: int = 0
    funds: tuple[Fund, ...] = ()

    @property
    def many(self) -> bool:
        """Whether counting stopped because there are so many."""
        return self.close is not None and self.close >= MOST_CLOSE


def reach(session: Session, draft: LearningRequest, now: datetime, most_funds: int) -> Reach:
    """Count the people for a draft that is in no table yet: a request without an id, with its windows."""
    words = telling(f"{draft.title} {draft.text}")
    if len(words) < LEAST_WORDS:
        return Reach(None)
    close = _close(session, draft.region_id, words)
    fits = eligibility.excludes(session, draft, None, now)
    people = (
        select(Fund, fits)
        .join(close, close.c.fund_id == Fund.id)
        .join(Partner, Partner.id == Fund.partner_id)
        .where(_findable())
        .order_by(close.c.weight.desc(), Fund.id)
        .limit(MOST_CLOSE)
        .options(contains_eager(Fund.partner))
    )
    rows = session.execute(people).all()
    fitting = [fund for fund, could in rows if could]
    shown = fitting or [fund for fund, _ in rows]
    return Reach(len(rows), len(fitting), tuple(shown[:most_funds]))


def telling(text: str) -> list[str]:
    """The words of a text that may say what it is about: long enough, each once."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return list(dict.fromkeys(word for word in words if len(word) >= SHORTEST))[:MOST_WORDS]


def ideas(teacher: Teacher, school: School, subject: str | None, grade: int | None) -> Select[Fund]:
    """The funds around a school that a teacher may start from, with their partners, the nearest first.

    Those of equal distance, by steps of STEP_MILES, stand in an order of their own, so that it tells nobody which are
    one person's.
    """
    steps = func.floor(eligibility.distance_miles(school) / STEP_MILES)
    query = (
        select(Fund)
        .join(Partner, Partner.id == Fund.partner_id)
        .where(Fund.region_id == school.region_id, _findable(), Partner.monthly_capacity > 0)
        .where(Partner.id.not_in(select(Separation.partner_id).where(Separation.teacher_id == teacher.id)))
        .order_by(steps.asc().nulls_last(), func.md5(func.concat(Fund.id, "around")))
        .options(contains_eager(Fund.partner))
    )
    if subject:
        query = query.where(_any_or_holds(Fund.subjects, subject))
    if grade is not None:
        query = query.where(_any_or_holds(Fund.grades, grade))
    return query


def idea(session: Session, teacher: Teacher, school: School, fund_id: int) -> Fund | None:
    """One of them, by its id."""
    return session.scalar(ideas(teacher, school, None, None).where(Fund.id == fund_id))


def nameable(session: Session, region_id: int, neighbourhoods: Sequence[str]) -> set[str]:
    """The neighborhoods that enough partners live in to be named."""
    return set(
        session.scalars(
            select(Partner.neighbourhood)
            .where(Partner.region_id == region_id, Partner.neighbourhood.in_(set(neighbourhoods) - {""}), _findable())
            .group_by(Partner.neighbourhood)
            .having(func.count() >= HIDDEN_UNDER)
        )
    )


def _findable() -> ColumnElement[bool]:
    return and_(Partner.reviewed_at.is_not(None), Partner.paused_at.is_(None))


def _any_or_holds(column: InstrumentedAttribute[Any], wanted: str | int) -> ColumnElement[bool]:
    return or_(func.cardinality(column) == 0, any_(column) == wanted)


def _close(session: Session, region_id: int, words: Sequence[str]) -> Subquery:
    """Funds that share enough telling words, by their weight; ``place`` counts those of one partner."""
    # Beyond that many it is the other bound that counts.
    some = select(Fund.id).where(Fund.region_id == region_id).limit(int(MOST_HELD / COMMON) + 1).subquery()
    funds = session.scalar(select(func.count()).select_from(some)) or 0
    hits = union_all(*(_holding(region_id, place, word) for place, word in enumerate(words))).cte("hits")
    held = func.count().over(partition_by=hits.c.word)
    weighed = select(hits, held.label("held")).cte("weighed")
    weight = func.sum(func.ln(1 + literal(float(funds)) / weighed.c.held))
    ranked = (
        select(
            weighed.c.fund_id,
            weight.label("weight"),
            func.row_number()
            .over(partition_by=weighed.c.partner_id, order_by=(weight.desc(), weighed.c.fund_id))
            .label("place"),
        )
        .where(weighed.c.held <= min(MOST_HELD, max(FEW, int(funds * COMMON))))
        .group_by(weighed.c.fund_id, weighed.c.partner_id)
        .having(func.count() >= LEAST_WORDS)
        .subquery()
    )
    # Some of them may be paused or not read yet; nobody further down would be counted or shown.
    first = ranked.c.place == 1
    return (
        select(ranked).where(first).order_by(ranked.c.weight.desc(), ranked.c.fund_id).limit(2 * MOST_CLOSE).subquery()
    )


def _holding(region_id: int, place: int, word: str) -> Select[int, int, int]:
    """The funds that hold a word; none for a word that says nothing in one of the languages."""
    stems = [func.plainto_tsquery(language, func.folded(word)) for language in _LANGUAGES]
    return (
        select(literal(place).label("word"), Fund.id.label("fund_id"), Fund.partner_id)
        .where(
            Fund.region_id == region_id,
            not_(or_(*(func.numnode(stem) == 0 for stem in stems))),
            func.search_words(Fund.title, Fund.text, Fund.story).bool_op("@@")(stems[0].op("||")(stems[1])),
        )
        .limit(MOST_HELD + 1)
    )
