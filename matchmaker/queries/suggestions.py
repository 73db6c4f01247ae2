"""Which subjects and grades a fund of knowledge might serve, read off what was asked and told in words like its own.

A web process has no model at hand, and needs none for this: whoever ticks the boxes knows better. Words count by their
stems in the fund's language; a word that many texts hold says nothing and is left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, String, bindparam, text
from sqlalchemy.orm import Session

from models import Fund

MOST_WORDS = 300
"""Words of a fund that are looked at."""
RECENT = 400
"""Requests, and as many funds, that are looked through: the newest."""
CLOSEST = 8
"""Texts that are asked which classes they are for."""
COMMON = 0.1
"""A word held by more than this share of the texts says nothing."""
FEW = 5
"""A word held by so few texts always says something, however small the region."""
LEAST_WORDS = 2
"""Words that a text must share to be close."""
SUBJECT_SHARE = 0.4
GRADE_SHARE = 0.5
"""A subject or a grade is suggested when this share of the closest texts' weight names it: few, and rarely wrong."""

_STEMMERS = {"es": "spanish"}
_STEMS = text("""
    SELECT word, (tsvector_to_array(to_tsvector(CAST(:stemmer AS regconfig), folded(word))))[1]
    FROM unnest(CAST(:words AS text[])) AS word
""").bindparams(bindparam("words", type_=ARRAY(String)))
_TEXTS = text("""
    SELECT asked, subjects, grades, ARRAY(
        SELECT unnest(tsvector_to_array(to_tsvector(CAST(:stemmer AS regconfig), folded(words))))
        INTERSECT SELECT unnest(CAST(:stems AS text[]))
    )
    FROM (
        (SELECT true AS asked, array_remove(ARRAY[subject::text], NULL) AS subjects,
            array_remove(ARRAY[grade], NULL) AS grades, title || ' ' || text AS words
        FROM learning_request
        WHERE region_id = :region AND posted_at IS NOT NULL AND (subject IS NOT NULL OR grade IS NOT NULL)
        ORDER BY posted_at DESC LIMIT :recent)
        UNION ALL
        (SELECT false, fund.subjects, fund.grades, concat_ws(' ', fund.title, fund.text, fund.story)
        FROM fund JOIN partner ON partner.id = fund.partner_id
        WHERE fund.region_id = :region AND fund.partner_id <> :partner AND partner.reviewed_at IS NOT NULL
            AND (fund.subjects <> '{}' OR fund.grades <> '{}')
        ORDER BY fund.id DESC LIMIT :recent)
    ) AS told
""").bindparams(bindparam("stems", type_=ARRAY(String)))


@dataclass(frozen=True)
class Suggestions:
    """What to offer ticked, and why.

    Attributes
    ----------
    requests, funds
        How many of the closest texts were asked by teachers, and told by neighbours.
    words
        The fund's own words that they share, as they are written there, the most telling first.
    """

    subjects: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()
    requests: int = 0
    funds: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Text:
    """A request or a fund with the stems it shares, and what they weigh together."""

    asked: bool
    subjects: Sequence[str]
    grades: Sequence[int]
    stems: frozenset[str]
    weight: float


def for_fund(session: Session, fund: Fund) -> Suggestions:
    """Subjects and grades for one fund; nothing where nothing close was asked or told. Two queries."""
    stemmer = _STEMMERS.get(fund.language, "english")
    written = dict.fromkeys(re.findall(r"[^\W\d_]{3,}", f"{fund.title} {fund.text} {fund.story}"))
    found = session.execute(_STEMS, {"stemmer": stemmer, "words": list(written)[:MOST_WORDS]})
    stems: dict[str, str] = {}
    for word, stem in found:
        if stem:
            stems.setdefault(stem, word.lower())
    facts = {"region": fund.region_id, "partner": fund.partner_id, "recent": RECENT}
    rows = session.execute(_TEXTS, {"stemmer": stemmer, "stems": list(stems), **facts}).all()
    weights = _weights([row[3] for row in rows])
    texts = [_weighed(*row[:3], shared=row[3], weights=weights) for row in rows]
    return _read_off(_closest(texts), stems, weights)


def _weights(shared: Sequence[Collection[str]]) -> dict[str, float]:
    """What each stem says: more, the fewer texts hold it; nothing when too many do."""
    held = Counter(stem for stems in shared for stem in stems)
    texts = len(shared) + 1
    most = max(COMMON * texts, FEW)
    return {stem: math.log(texts / count) ** 2 for stem, count in held.items() if count <= most}


def _weighed(
    asked: bool, subjects: Sequence[str], grades: Sequence[int], *, shared: Sequence[str], weights: Mapping[str, float]
) -> _Text:
    telling = frozenset(shared) & weights.keys()
    return _Text(asked, subjects, grades, frozenset(telling), sum(weights[stem] for stem in telling))


def _closest(texts: Sequence[_Text]) -> list[_Text]:
    """The texts that share enough, and at least half of what the closest one shares."""
    close = sorted((each for each in texts if len(each.stems) >= LEAST_WORDS), key=lambda each: -each.weight)
    return [each for each in close[:CLOSEST] if each.weight >= close[0].weight / 2]


def _read_off(closest: Sequence[_Text], stems: Mapping[str, str], weights: Mapping[str, float]) -> Suggestions:
    subjects: Counter[str] = Counter()
    grades: Counter[int] = Counter()
    for each in closest:
        subjects.update(dict.fromkeys(each.subjects, each.weight))
        grades.update(dict.fromkeys(each.grades, each.weight))
    total = sum(each.weight for each in closest)
    shared = sorted({stem for each in closest for stem in each.stems}, key=lambda stem: (-weights[stem], stem))
    return Suggestions(
        subjects=tuple(code for code, weight in subjects.most_common() if weight >= SUBJECT_SHARE * total),
        grades=tuple(sorted(grade for grade, weight in grades.items() if weight >= GRADE_SHARE * total)),
        requests=sum(each.asked for each in closest),
        funds=sum(not each.asked for each in closest),
        words=tuple(stems[stem] for stem in shared),
    )
