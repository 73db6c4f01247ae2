"""Searching a region's partners for one request: the words match, the hard rules are told, nobody is left out.

Words are compared without accents and case, each as the beginning of a word, and by its English and its Spanish stem;
all of them must be found, in the profile or in any of the funds. Words that say nothing and stand beside others
("for", "los") are passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, false, func, literal, literal_column, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from matchmaker.queries import capacity, cautions, eligibility
from models import Fund, LearningRequest, Partner, Proposal, ProposalState, Ranking, Region, Steer

ELIGIBLE = "eligible"
"""The filter that leaves those whom no hard rule excludes."""
MOST_WORDS = 8
# Written out, not bound: only then does the planner know the words it plans for, and uses the indexes.
_AS_IT_STANDS: ColumnElement[Any] = literal_column("'simple'::regconfig")
_LANGUAGES: tuple[ColumnElement[Any], ...] = (
    literal_column("'english'::regconfig"),
    literal_column("'spanish'::regconfig"),
)
_ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True)
class Found:
    """One partner beside a request.

    ``fund`` is the one that the words match best and ``others`` how many more there are; ``place`` is the ranker's in
    the newest ranking, None beyond what that keeps; ``proposed`` whether they are on the desk.
    """

    partner: Partner
    fund: Fund | None
    others: int
    verdict: eligibility.Verdict
    place: int | None
    proposed: bool
    steer: Steer | None
    places: capacity.Places


def people(
    session: Session, request: LearningRequest, ranked: Sequence[int], words: str, only: str, now: datetime
) -> Select[Partner]:
    """Partners of the request's region who match the words: names first, then as they were ranked, then by name.

    ``ranked`` are the ids of the newest ranking; ``only`` is a hard rule, or ELIGIBLE, or empty for everybody.
    """
    told = tokens(words)
    query = select(Partner).where(
        Partner.region_id == request.region_id, Partner.merged_into_id.is_(None), *telling(request.region_id, told)
    )
    if only:
        query = query.where(eligibility.excludes(session, request, None if only == ELIGIBLE else only, now))
    name = func.to_tsvector(_AS_IT_STANDS, func.folded(Partner.name))
    named = [or_(*(name.op("@@")(_query(token)) for token in told)).desc()] if told else []
    place = func.array_position(cast(array(ranked), ARRAY(Integer)), Partner.id) if ranked else literal(None)
    return query.order_by(*named, place.asc().nulls_last(), func.folded(Partner.name), Partner.id)


def found(
    session: Session,
    request: LearningRequest,
    region: Region,
    ranking: Ranking | None,
    ranked: Sequence[int],
    partners: Sequence[Partner],
    words: str,
    now: datetime,
) -> list[Found]:
    """What a coordinator sees of some partners. ``request`` has its windows and its steers loaded."""
    ids = [partner.id for partner in partners]
    verdicts = eligibility.verdicts(session, request, ids, now)
    funds = _funds(session, ids, tokens(words))
    place = {partner_id: at for at, partner_id in enumerate(ranked, start=1)}
    proposed = _proposed(session, ranking) if ranking else set()
    steers = {steer.partner_id: steer for steer in request.steers}
    period = cautions.days([window.starts_at for window in request.windows], region, now).period
    taken = capacity.months(session, ids, [period])
    return [
        Found(
            partner=partner,
            fund=next(iter(funds.get(partner.id, [])), None),
            others=max(len(funds.get(partner.id, [])) - 1, 0),
            verdict=verdicts[partner.id],
            place=place.get(partner.id),
            proposed=partner.id in proposed,
            steer=steers.get(partner.id),
            places=capacity.places(taken, partner.id, partner.monthly_capacity, period),
        )
        for partner in partners
    ]


def tokens(words: str) -> list[str]:
    """The words to look for, without accents and case."""
    return re.findall(r"[^\W_]+", _ACCENTS.sub("", unicodedata.normalize("NFD", words)).lower())[:MOST_WORDS]


def telling(region_id: int, told: Sequence[str]) -> list[ColumnElement[bool]]:
    """Whether a partner's profile or funds hold the words, as ``tokens`` gives them: a condition a word."""
    return [_matches(region_id, token, alone=len(told) == 1) for token in told]


def _matches(region_id: int, token: str, *, alone: bool) -> ColumnElement[bool]:
    """Whether the word is found in a partner's profile or in any of their funds."""
    query = _query(token)
    profiles = select(Partner.id).where(Partner.region_id == region_id, _profile().op("@@")(query))
    funds = select(Fund.partner_id).where(Fund.region_id == region_id, _fund().op("@@")(query))
    says_nothing = false() if alone else or_(*(func.numnode(stem) == 0 for stem in _stems(token)))
    return or_(says_nothing, Partner.id.in_(union(profiles, funds).scalar_subquery()))


def _query(token: str) -> ColumnElement[Any]:
    query: ColumnElement[Any] = func.to_tsquery(_AS_IT_STANDS, f"{token}:*")
    for stem in _stems(token):
        query = query.op("||")(stem)
    return query


def _stems(token: str) -> list[ColumnElement[Any]]:
    return [func.plainto_tsquery(language, token) for language in _LANGUAGES]


def _profile() -> ColumnElement[Any]:
    """Exactly what ix_partner_search holds."""
    return func.search_words(Partner.name, Partner.neighbourhood, Partner.about)


def _fund() -> ColumnElement[Any]:
    """Exactly what ix_fund_search holds."""
    return func.search_words(Fund.title, Fund.text, Fund.story)


def _funds(session: Session, partner_ids: Sequence[int], told: Sequence[str]) -> dict[int, list[Fund]]:
    """The funds of each partner, those first that hold most of the words."""
    query = select(Fund).where(Fund.partner_id.in_(partner_ids))
    if told:
        either = _query(told[0])
        for token in told[1:]:
            either = either.op("||")(_query(token))
        query = query.order_by(func.ts_rank(_fund(), either).desc())
    by_partner: dict[int, list[Fund]] = {}
    for fund in session.scalars(query.order_by(Fund.position, Fund.id)):
        by_partner.setdefault(fund.partner_id, []).append(fund)
    return by_partner


def _proposed(session: Session, ranking: Ranking) -> set[int]:
    return set(
        session.scalars(
            select(Proposal.partner_id).where(Proposal.ranking_id == ranking.id, Proposal.state == ProposalState.OPEN)
        )
    )
