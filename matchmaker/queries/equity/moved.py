"""Which schools gain by the plan and which give, each with the fact that explains it best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from matchmaker.queries import desk
from matchmaker.queries.equity.asked import Asked
from matchmaker.queries.equity.outlook import Outlook, SchoolShare
from matchmaker.queries.fairness import SchoolStanding
from models import School

ROWS, GAVE_ROWS = 9, 2
"""Schools shown at first; of them so many who give most."""
LEAST_MOVE = 0.005
"""A smaller change of a school's share is none."""


class Why(StrEnum):
    """Facts about a school, the first that holds is told."""

    CHOSE_FIRST = "chose_first"
    REACHED_LESS = "reached_less"
    DOCUMENTED = "documented"
    MADE_ROOM = "made_room"
    REACHED_MORE = "reached_more"
    CLOSER_ELSEWHERE = "closer_elsewhere"
    SAME = "same"


@dataclass(frozen=True)
class Moved:
    """A school with open requests: its place in line, and the share they get with the dial at 0 and by the plan."""

    school: School
    line: str
    requests: int
    before: float
    after: float
    why: Why

    @property
    def change(self) -> float:
        """What it gains; negative for what it gives."""
        return self.after - self.before


def of_plan(
    schools: Sequence[School], standings: Mapping[int, SchoolStanding], requests: Sequence[Asked], outlook: Outlook
) -> list[Moved]:
    """Every school of the plan, those that gain most first."""
    if outlook.comparison is None:
        return []
    lines = desk.places_in_line({id_: outlook.weights.get(id_, each.weight) for id_, each in standings.items()})
    first = {each.school_id for each in requests if each.id in outlook.picked}
    named = {school.id: school for school in schools}
    told = [
        Moved(
            named[each.school_id],
            lines[each.school_id],
            each.requests,
            each.before,
            each.after,
            _why(each, lines[each.school_id], standings[each.school_id], each.school_id in first),
        )
        for each in outlook.comparison.schools
        if each.school_id in named
    ]
    return sorted(told, key=lambda each: (-each.change, each.school.name))


def some(moved: Sequence[Moved], rows: int = ROWS) -> list[Moved]:
    """The schools that gain most and those that give most; of these two at least, where so many give."""
    if len(moved) <= rows:
        return list(moved)
    gain = sum(each.change >= LEAST_MOVE for each in moved)
    give = sum(each.change <= -LEAST_MOVE for each in moved)
    last = min(give, max(GAVE_ROWS, rows - gain))
    return [*moved[: rows - last], *moved[len(moved) - last :]]


def _why(share: SchoolShare, line: str, standing: SchoolStanding, chose_first: bool) -> Why:
    change = share.after - share.before
    if abs(change) < LEAST_MOVE:
        return Why.SAME
    if change < 0:
        return Why.REACHED_MORE if line == "at_share" and not standing.reached_less else Why.CLOSER_ELSEWHERE
    if chose_first:
        return Why.CHOSE_FIRST
    if standing.reached_less:
        return Why.REACHED_LESS
    return Why.DOCUMENTED if line == "first" else Why.MADE_ROOM
