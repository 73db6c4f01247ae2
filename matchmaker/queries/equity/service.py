"""Whom the network reached, by groups of schools: requests met of those asked, and what the plan gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matching.disclosure import LEAST, wilson, withheld
from matchmaker.queries.equity.asked import Asked
from matchmaker.queries.equity.outlook import Change, Outlook, mean_share
from models import School

UNKNOWN = "unknown"
_PARTS = {4: ("quarter_1", "quarter_2", "quarter_3", "quarter_4"), 2: ("half_1", "half_2"), 1: ("all",)}
"""Groups by documented need, the most first, by how many there are."""


@dataclass(frozen=True)
class Group:
    """A group of schools. ``low`` and ``high`` are the 95 % interval of met of asked this school year; ``plan`` the
    share that its open requests get of what they would have if nobody else asked, None where none is open.

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


def by_need(
    schools: Sequence[School], needs: Mapping[int, float], requests: Sequence[Asked], outlook: Outlook | None
) -> list[Group]:
    """Quarters of the schools by documented need, the most first; halves where quarters would be too few schools."""
    ordered = sorted(schools, key=lambda school: (-needs[school.id], school.id))
    parts = next((parts for parts in (4, 2) if len(ordered) >= parts * LEAST), 1)
    cuts = [round(at * len(ordered) / parts) for at in range(parts + 1)]
    members = {
        code: frozenset(school.id for school in ordered[cuts[at] : cuts[at + 1]])
        for at, code in enumerate(_PARTS[parts])
    }
    return groups(members, requests, outlook)


def by_locale(schools: Sequence[School], requests: Sequence[Asked], outlook: Outlook | None) -> list[Group]:
    """City, suburb, town, countryside, and schools whose locale is not known."""
    kinds = ("city", "suburban", "town", "rural", UNKNOWN)
    members = {
        kind: frozenset(s.id for s in schools if (s.locale.partition("-")[0] if s.locale else UNKNOWN) == kind)
        for kind in kinds
    }
    return groups({kind: each for kind, each in members.items() if each}, requests, outlook)


def groups(members: Mapping[str, frozenset[int]], requests: Sequence[Asked], outlook: Outlook | None) -> list[Group]:
    """Figures of groups of schools that together are the region, the small ones withheld."""
    hidden = withheld(list(members.values()))
    return [
        Group(code, 0, 0, 0, 0.0, 1.0, None, withheld=True) if away else _group(code, schools, requests, outlook)
        for (code, schools), away in zip(members.items(), hidden, strict=True)
    ]


def _group(code: str, schools: frozenset[int], requests: Sequence[Asked], outlook: Outlook | None) -> Group:
    own = [each for each in requests if each.this_year and each.school_id in schools]
    met = sum(each.met for each in own)
    compared = outlook.comparison if outlook else None
    planned = [each for each in compared.schools if each.school_id in schools] if compared else []
    return Group(code, len(schools), len(own), met, *wilson(met, len(own)), mean_share(planned))
