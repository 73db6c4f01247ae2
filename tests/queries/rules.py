"""Each hard rule with a fact that makes it speak, and the missing fact that must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from models import Clearance, IntroductionState, LearningRequest, Partner, ProposalState, SteerKind
from tests import factories as f
from tests.cast import Cast

Write = Callable[[Cast, LearningRequest, Partner], None]


@dataclass(frozen=True)
class Rule:
    """``speaks`` makes the rule exclude a partner from a request; each of ``unknown`` leaves a fact unsaid."""

    name: str
    speaks: Write
    unknown: tuple[Write, ...] = ()

    def __str__(self) -> str:
        return self.name


def of_partner(**facts: Any) -> Write:
    """Say these things of the partner."""

    def write(cast: Cast, request: LearningRequest, partner: Partner) -> None:
        for name, value in facts.items():
            setattr(partner, name, value)

    return write


def of_request(**facts: Any) -> Write:
    """Say these things of the request."""

    def write(cast: Cast, request: LearningRequest, partner: Partner) -> None:
        for name, value in facts.items():
            setattr(request, name, value)

    return write


def both(*writes: Write) -> Write:
    def write(cast: Cast, request: LearningRequest, partner: Partner) -> None:
        for each in writes:
            each(cast, request, partner)

    return write


def place_of_school(latitude: float | None, longitude: float | None) -> Write:
    def write(cast: Cast, request: LearningRequest, partner: Partner) -> None:
        cast.school.latitude, cast.school.longitude = latitude, longitude

    return write


def no_dates(cast: Cast, request: LearningRequest, partner: Partner) -> None:
    for window in request.windows:
        f.current().delete(window)
    f.current().flush()
    f.current().expire(request)


def passed(cast: Cast, request: LearningRequest, partner: Partner) -> None:
    f.ProposalFactory(region=cast.region, of=request, who=partner, state=ProposalState.PASSED)


def set_aside(cast: Cast, request: LearningRequest, partner: Partner) -> None:
    f.SteerFactory(region=cast.region, of=request, who=partner, kind=SteerKind.SET_ASIDE)


def said_not_now(cast: Cast, request: LearningRequest, partner: Partner) -> None:
    proposal = f.ProposalFactory(region=cast.region, of=request, who=partner)
    f.IntroductionFactory(region=cast.region, suggested=proposal, state=IntroductionState.NOT_NOW)
    proposal.state, request.state = ProposalState.SUPERSEDED, "proposed"


def asked(cast: Cast, request: LearningRequest, partner: Partner) -> None:
    proposal = f.ProposalFactory(region=cast.region, of=request, who=partner)
    f.IntroductionFactory(region=cast.region, suggested=proposal, state=IntroductionState.INVITED)
    proposal.state, request.state = ProposalState.SUPERSEDED, "proposed"


def must_not_meet(cast: Cast, request: LearningRequest, partner: Partner) -> None:
    f.SeparationFactory(region=cast.region, teacher=request.teacher, partner=partner)


def full(cast: Cast, request: LearningRequest, partner: Partner) -> None:
    partner.monthly_capacity = 1
    f.IntroductionFactory(region=cast.region, suggested__who=partner)


FAR = {"latitude": 34.0, "longitude": -110.95}
RULES = (
    Rule("not_reviewed", of_partner(reviewed_at=None)),
    Rule("paused", of_partner(paused_at=f.NOW)),
    Rule("passed", passed),
    Rule("set_aside", set_aside),
    Rule("said_not_now", said_not_now),
    Rule("asked", asked),
    Rule("must_not_meet", must_not_meet),
    Rule(
        "format",
        both(of_partner(formats=["host"]), of_request(formats=["visit", "series"])),
        (of_partner(formats=[]), of_request(formats=[])),
    ),
    Rule("language", of_partner(languages=["ar"]), (of_partner(languages=[]), of_request(languages=[]))),
    Rule(
        "distance",
        of_partner(**FAR),
        (
            of_partner(latitude=None, longitude=None),
            of_partner(radius_miles=None),
            place_of_school(None, None),
            of_partner(online=True),
        ),
    ),
    Rule("dates", of_partner(weekdays=[0, 4]), (of_partner(weekdays=[]), no_dates)),
    Rule(
        "clearance",
        of_partner(clearance_expires_on=date(2026, 10, 5)),
        (
            of_partner(clearance_expires_on=None),
            of_partner(clearance=Clearance.UNKNOWN, clearance_expires_on=None),
            of_partner(clearance=Clearance.IN_PROCESS, clearance_expires_on=None),
        ),
    ),
    Rule("full", full),
)
