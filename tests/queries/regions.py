"""Small regions whose figures can be counted by hand: schools with requests, and a plan in effect over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from models import IntroductionState, LearningRequest, Partner, Plan, Region, RequestState, School
from tests import factories as f

CERTIFICATE = {
    "quality": 0.981, "most_boost": 0.08, "boost_limit": 0.1, "overload": 0, "empty": [], "softened": 0,
}  # fmt: skip


def schools(region: Region, count: int, spread: float = 2, **facts: Any) -> list[School]:
    """Schools whose documented poverty falls from the first to the last by ``spread`` percent each."""
    return [
        f.SchoolFactory(
            region=region,
            name=f"Named School {at}",
            poverty_value=46 - spread * at,
            poverty_measure="direct certification",
            poverty_year=2025,
            poverty_source="State table 7",
            **facts,
        )
        for at in range(count)
    ]


def asks(school: School, days: float = 2, *, met: bool = False, **facts: Any) -> LearningRequest:
    """A request of a school, posted so many days ago; ``met`` if somebody came."""
    region = f.current().get_one(Region, school.region_id)
    teacher = f.TeacherFactory(region=region, school=school)
    posted = f.NOW - timedelta(days=days)
    request = f.LearningRequestFactory(region=region, asked_by=teacher, posted_at=posted, **facts)
    if met:
        f.IntroductionFactory(region=region, suggested__of=request, state=IntroductionState.MET)
        request.state = RequestState.DONE
    f.current().flush()
    return request


def in_effect(
    region: Region,
    shares: Sequence[tuple[School, int, float, float]] = (),
    *,
    groups: Sequence[dict[str, float]] = (),
    lorenz: tuple[Sequence[float], Sequence[float]] | None = None,
    picked: Sequence[LearningRequest] = (),
    places: Sequence[tuple[LearningRequest, Partner]] = (),
    **certificate: Any,
) -> Plan:
    """A plan in effect; ``shares`` gives each school's requests, and their share before and after."""
    even = [at / 10 for at in range(11)]
    requests = sum(each[1] for each in shares)
    comparison = {
        "requests": requests,
        "met": {"before": requests - 1.0, "after": float(requests)},
        "worst_tenth": {"before": 0.4, "after": 0.6},
        "gini": {"before": 0.3, "after": 0.2},
        "lorenz": dict(zip(("before", "after"), lorenz or (even, even), strict=True)),
        "schools": [
            {"school_id": school.id, "requests": count, "before": before, "after": after}
            for school, count, before, after in shares
        ],
        "groups": list(groups),
    }
    plan: Plan = f.PlanFactory(
        region=region,
        started_at=f.NOW - timedelta(hours=7),
        figures={
            "requests": requests,
            "people": 12,
            "certificate": {**CERTIFICATE, **certificate},
            "used": {"oldest_days": 10.0},
            "picked": [request.id for request in picked],
            "comparison": comparison,
        },
    )
    for request, partner in places:
        f.PlannedPlaceFactory(region=region, made=plan, of=request, who=partner)
    region.plan_id = plan.id
    f.current().flush()
    return plan
