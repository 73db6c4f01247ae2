"""Places in line: whose school the network owes most.

A request's *place in line* is its quarter by the planner's school need, ω·q (school need times request deficit, as the
ranker stored them with the newest proposal): of the requests now open, the quarter whose schools the network owes most
is *first*, then *next*, *near* and *at_share*. Equal needs share a place. A request that has no proposal takes the last
need known of its school, and stands in the middle when none is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Subquery, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from models import LearningRequest, Proposal, RequestState

LINES = ("first", "next", "near", "at_share")


def places_in_line(needs: dict[int, float]) -> dict[int, str]:
    """Each key's quarter by size of need: the middle of those that share it decides, so that equals stand together."""
    ordered = sorted(needs.values())
    places = {}
    for key, need in needs.items():
        below = (bisect_left(ordered, need) + bisect_right(ordered, need)) / 2 / len(ordered)
        places[key] = LINES[0 if below >= 0.75 else 1 if below >= 0.5 else 2 if below >= 0.25 else 3]
    return places


def last_needs(region_id: int) -> Subquery:
    """The newest ``need`` known of each school that has a request waiting without anybody."""
    without = select(LearningRequest.school_id).where(
        LearningRequest.region_id == region_id, LearningRequest.state == RequestState.NONE_YET
    )
    asking = aliased(LearningRequest)
    return (
        select(asking.school_id, (Proposal.need * Proposal.deficit).label("need"))
        .join(Proposal, Proposal.request_id == asking.id)
        .where(asking.school_id.in_(without))
        .ext(distinct_on(asking.school_id))
        .order_by(asking.school_id, Proposal.id.desc())
        .subquery("last_need")
    )


def needs_of(requests: Sequence[Row[Any]], firsts: dict[int, Row[Any]]) -> dict[int, float]:
    """The need of each request: its first candidate's, else its school's last, else the middle of all."""
    known = {row.id: firsts[row.id].need if row.id in firsts else row.last_need for row in requests}
    middle = _median(need for need in known.values() if need is not None)
    return {request_id: middle if need is None else need for request_id, need in known.items()}


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 1.0
