"""Whom the network reached, by groups of schools: requests met of those asked, and what the plan gives."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.disclosure import wilson, withheld, withheld_in_both
from matchmaker.queries.equity.asked import Asked
from matchmaker.queries.equity.outlook import Change, Outlook, SchoolShare, mean_share
from matchmaker.queries.fairness import SchoolStanding
from models import School

UNKNOWN = "unknown"
PARTS = {
    4: ("quarter_1", "quarter_2", "quarter_3", "quarter_4"),
    3: ("third_1", "third_2", "third_3"),
    2: ("half_1", "half_2"),
    1: ("all",),
}
"""Groups by documented need, the most first, by how many there are."""
_LOCALES = {kind: kind for kind in ("city", "suburban", "town", "rural")}
_LOCALES_JOINED = {"city": "city_suburban", "suburban": "city_suburban", "town": "town_rural", "rural": "town_rural"}
_DIGITS = 9
"""Needs that differ by less are equal."""

Table = dict[str, frozenset[int]]
"""Ids of the schools of each group."""


@dataclass(frozen=True)
class Group:
    """A group of schools. ``low`` and ``high`` are the 95 % interval of met of asked; ``plan`` the share that its open
    requests get of what they would have if nobody else asked, None where none is open or too few schools ask.

    ``withheld``: too few schools to be told of, here or by subtraction; every figure but ``code`` is then empty.
    """

    code: str
    schools: int
    asked: int
    met: int
    low: float
    high: float
    plan: Change | None
    withheld: bool = False


def both(
    schools: Sequence[School],
    standings: Mapping[int, SchoolStanding],
    requests: Sequence[Asked],
    outlook: Outlook | None,
    *,
    publish: bool,
) -> tuple[list[Group], list[Group]]:
    """The schools of a region by documented need and by locale, small groups withheld.

    In public nothing is told of few schools that asked, by neither table nor by both together: of a group of many where
    one asked, every figure is that one's.
    """
    compared = outlook.comparison.schools if outlook and outlook.comparison else ()
    asking = frozenset(each.school_id for each in requests) if publish else None
    planned = frozenset(each.school_id for each in compared) if publish else None
    tables = max(
        itertools.product(
            (by_need(schools, standings, parts) for parts in PARTS),
            (by_locale(schools, kinds) for kinds in (_LOCALES, _LOCALES_JOINED)),
        ),
        key=lambda pair: _told(pair, _hidden(pair, asking)),
    )
    need, locale = (
        [
            _withheld(code) if away else _group(code, members, requests, () if unsaid else compared)
            for (code, members), away, unsaid in zip(table.items(), *hidden, strict=True)
        ]
        for table, *hidden in zip(tables, _hidden(tables, asking), _hidden(tables, planned), strict=True)
    )
    return need, locale


def by_need(schools: Sequence[School], standings: Mapping[int, SchoolStanding], parts: int) -> Table:
    """So many groups of schools by documented need, the most first; schools of equal need stand together.

    Those of which nothing is documented are a group of their own.
    """
    needs = {id_: round(each.need.value, _DIGITS) for id_, each in standings.items()}
    unknown = frozenset(id_ for id_, each in standings.items() if len(each.need.unknown) == len(each.need.parts))
    ordered = sorted((school.id for school in schools if school.id not in unknown), key=lambda id_: (-needs[id_], id_))
    ordered_needs = np.array([needs[id_] for id_ in ordered])
    ends = np.array([0, *(np.flatnonzero(np.diff(ordered_needs)) + 1), len(ordered)])
    cuts = [int(ends[np.abs(ends - part * len(ordered) / parts).argmin()]) for part in range(parts + 1)]
    filled = [frozenset(ordered[start:end]) for start, end in itertools.pairwise(cuts) if end > start]
    table = dict(zip(PARTS[max(len(filled), 1)], filled, strict=False))
    return {**table, UNKNOWN: unknown} if unknown else table


def by_locale(schools: Sequence[School], kinds: Mapping[str, str]) -> Table:
    """City, suburb, town and countryside, or two of them joined; and schools whose locale is not known."""
    named = [(school.id, kinds[school.locale.partition("-")[0]] if school.locale else UNKNOWN) for school in schools]
    table = {
        kind: frozenset(id_ for id_, own in named if own == kind) for kind in (*dict.fromkeys(kinds.values()), UNKNOWN)
    }
    return {kind: group for kind, group in table.items() if group}


def _hidden(tables: tuple[Table, Table], among: frozenset[int] | None) -> tuple[list[bool], list[bool]]:
    """Which groups are withheld: those of few schools, and in public where few are among those a figure is made of."""
    small = [withheld(list(table.values())) for table in tables]
    if among is None:
        return small[0], small[1]
    need, locale = ([members & among for members in table.values()] for table in tables)
    few = withheld_in_both(need, locale)
    first, second = ([a or b for a, b in zip(one, other, strict=True)] for one, other in zip(small, few, strict=True))
    return first, second


def _told(tables: tuple[Table, Table], hidden: tuple[list[bool], list[bool]]) -> tuple[int, int]:
    """How many schools two tables tell of, then how finely; coarsely where they tell of none."""
    told = [
        len(members)
        for table, away in zip(tables, hidden, strict=True)
        for members, gone in zip(table.values(), away, strict=True)
        if not gone
    ]
    return sum(told), len(told) or -sum(len(table) for table in tables)


def _withheld(code: str) -> Group:
    return Group(code, 0, 0, 0, 0.0, 1.0, None, withheld=True)


def _group(code: str, schools: frozenset[int], requests: Sequence[Asked], compared: Sequence[SchoolShare]) -> Group:
    own = [each for each in requests if each.school_id in schools]
    met = sum(each.met for each in own)
    plan = mean_share([each for each in compared if each.school_id in schools])
    return Group(code, len(schools), len(own), met, *wilson(met, len(own)), plan)
