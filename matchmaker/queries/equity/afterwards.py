"""What came of the visits of this school year, by documented need: held or not, and who would do it again.

What people answered is private. So both pages tell the same groups, of at least five schools each in every figure: no
page, and no two of them together, tell more than the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.disclosure import wilson, withheld
from matchmaker.queries.equity import service
from matchmaker.queries.fairness import SchoolStanding
from matchmaker.queries.reflections import HELD
from models import Again, Introduction, IntroductionState, LearningRequest, Reflection, Region, School, Visit

_CAME_TO_ITS_DAY = HELD | {IntroductionState.NOT_HELD, IntroductionState.CANCELLED}


@dataclass(frozen=True)
class Came:
    """One agreed visit whose day has come, or that was called off: at which school, and what its two sides answered."""

    school_id: int
    held: bool
    again: tuple[Again, ...]


@dataclass(frozen=True)
class Share:
    """So many ``of`` so many, with its 95 % interval. ``withheld``: too few schools to be told of."""

    met: int
    of: int
    low: float
    high: float
    withheld: bool = False


@dataclass(frozen=True)
class Group:
    """A group of schools by documented need: visits held of those agreed, and answers that would do it again."""

    code: str
    held: Share
    again: Share


def read(session: Session, region: Region, since: datetime, now: datetime) -> list[Came]:
    """Every visit of a region whose date lies between two instants, with the answers of both sides; one query."""
    rows = session.execute(
        select(Visit.id, LearningRequest.school_id, Introduction.state, Reflection.again)
        .join(Introduction, Introduction.id == Visit.introduction_id)
        .join(LearningRequest, LearningRequest.id == Introduction.request_id)
        .outerjoin(Reflection, (Reflection.introduction_id == Introduction.id) & Reflection.took_place)
        .where(
            Visit.region_id == region.id,
            Visit.starts_at >= since,
            Visit.starts_at <= now,
            Introduction.state.in_(_CAME_TO_ITS_DAY),
        )
        .order_by(Visit.id)
    )
    found: dict[int, Came] = {}
    for visit_id, school_id, state, again in rows:
        before = found[visit_id].again if visit_id in found else ()
        found[visit_id] = Came(school_id, state in HELD, (*before, again) if again is not None else before)
    return list(found.values())


def by_need(schools: Sequence[School], standings: Mapping[int, SchoolStanding], visits: Sequence[Came]) -> list[Group]:
    """The schools of a region by documented need, in as many groups as tell of most schools."""
    tables = [list(service.by_need(schools, standings, parts).items()) for parts in service.PARTS]
    return max((_groups(table, visits) for table in tables), key=_told)


def _groups(table: Sequence[tuple[str, frozenset[int]]], visits: Sequence[Came]) -> list[Group]:
    members = [schools for _, schools in table]
    held = _shares(members, [(each.school_id, each.held) for each in visits])
    answers = [(each.school_id, said is Again.YES) for each in visits for said in each.again]
    return [Group(code, *pair) for (code, _), *pair in zip(table, held, _shares(members, answers), strict=True)]


def _shares(members: Sequence[frozenset[int]], said: Sequence[tuple[int, bool]]) -> list[Share]:
    """The share of each group. Whoever has said nothing is no member: of five schools where one answered, every figure
    would be that one's."""
    asked = frozenset(school_id for school_id, _ in said)
    hidden = withheld([schools & asked for schools in members])
    return [
        Share(0, 0, 0.0, 1.0, withheld=True) if away else _share([yes for id_, yes in said if id_ in schools])
        for schools, away in zip(members, hidden, strict=True)
    ]


def _share(said: Sequence[bool]) -> Share:
    return Share(sum(said), len(said), *wilson(sum(said), len(said)))


def _told(groups: Sequence[Group]) -> tuple[int, int]:
    """How many visits and answers are told of, then in how many groups; coarsely where none are."""
    told = sum(group.held.of + group.again.of for group in groups)
    return told, len(groups) if told else -len(groups)
