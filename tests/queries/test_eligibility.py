"""The hard rules: each excludes whom it should, a missing fact excludes nobody, and the funnel counts once."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from random import Random

import numpy as np
import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import eligibility, roll
from matchmaker.services.recall import Recall
from matchmaker.web import labels
from models import Clearance, IntroductionState, LearningRequest, Partner, ProposalState, SteerKind
from tests import factories as f
from tests.cast import Cast
from tests.queries.rules import RULES, Rule, Write

UNSAID = [
    pytest.param(rule, unknown, id=f"{rule}-{number}")
    for rule in RULES
    for number, unknown in enumerate(rule.unknown, start=1)
]


@pytest.fixture
def request_(cast: Cast) -> LearningRequest:
    """Ana's request of a Tuesday and a Thursday in October, in English or Spanish."""
    request: LearningRequest = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    return request


def excluding(session: Session, request: LearningRequest, partner: Partner) -> str | None:
    session.flush()
    session.expire(request)
    return eligibility.excluded_by(session, request, partner.id, f.NOW)


def weighed(session: Session, request: LearningRequest) -> eligibility.Eligibility:
    return eligibility.for_request(session, request, roll.read(session, request.region_id), f.NOW)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_each_rule_excludes_by_its_name(session: Session, cast: Cast, request_: LearningRequest, rule: Rule) -> None:
    assert excluding(session, request_, cast.ramon) is None
    rule.speaks(cast, request_, cast.ramon)
    assert excluding(session, request_, cast.ramon) == rule.name
    found = weighed(session, request_)
    assert cast.ramon.id not in found.partner_ids
    assert found.excluded[rule.name] == 1


@pytest.mark.parametrize(("rule", "unknown"), UNSAID)
def test_a_missing_fact_never_excludes(
    session: Session, cast: Cast, request_: LearningRequest, rule: Rule, unknown: Write
) -> None:
    rule.speaks(cast, request_, cast.ramon)
    assert excluding(session, request_, cast.ramon) == rule.name
    unknown(cast, request_, cast.ramon)
    assert excluding(session, request_, cast.ramon) is None


def test_the_rules_tested_here_are_all_that_the_desk_can_name() -> None:
    assert {rule.name for rule in RULES} == set(labels.RULES)


def test_the_funnel_counts_each_partner_once_by_the_first_rule(
    session: Session, cast: Cast, request_: LearningRequest
) -> None:
    for rule in RULES:
        partner = f.PartnerFactory(region=cast.region)
        if rule.name not in ("format", "distance"):
            rule.speaks(cast, request_, partner)
    cast.ramon.paused_at, cast.ramon.languages = f.NOW, ["ar"]
    session.flush()
    session.expire(request_)
    found = weighed(session, request_)
    expected = {rule.name: 1 for rule in RULES if rule.name not in ("format", "distance")}
    assert found.excluded == {**expected, "paused": 2}
    assert len(found.partner_ids) == 3
    assert len(found.full) == found.excluded["full"]


def test_nobody_of_another_region_is_counted(session: Session, cast: Cast, request_: LearningRequest) -> None:
    found = weighed(session, request_)
    assert set(found.partner_ids.tolist()) == {cast.esperanza.id, cast.ramon.id}
    assert found.excluded == {}


def test_distances_are_great_circle_miles(session: Session, cast: Cast, request_: LearningRequest) -> None:
    cast.school.latitude, cast.school.longitude = 32.2217, -110.9265  # Tucson
    cast.ramon.latitude, cast.ramon.longitude, cast.ramon.radius_miles = 33.4484, -112.0740, 200  # Phoenix
    cast.esperanza.latitude = None
    session.flush()
    found = weighed(session, request_)
    miles = dict(zip(found.partner_ids.tolist(), found.miles.tolist(), strict=True))
    assert miles[cast.ramon.id] == pytest.approx(107.6, abs=0.5)
    assert np.isnan(miles[cast.esperanza.id])


def test_the_edge_of_a_radius_is_inside(session: Session, cast: Cast, request_: LearningRequest) -> None:
    # One degree of latitude is 69.1 miles.
    cast.ramon.latitude, cast.ramon.longitude = cast.school.latitude + 1.0, cast.school.longitude
    for radius, expected in ((70, None), (69, "distance")):
        cast.ramon.radius_miles = radius
        assert excluding(session, request_, cast.ramon) == expected


def test_one_shared_language_or_day_is_enough(session: Session, cast: Cast, request_: LearningRequest) -> None:
    cast.ramon.languages, cast.ramon.weekdays = ["ood", "es"], [3]
    assert excluding(session, request_, cast.ramon) is None


def test_weekdays_are_the_regions(session: Session, cast: Cast) -> None:
    # Wednesday 01:00 in UTC is still Tuesday evening in Phoenix.
    start = datetime(2026, 10, 7, 1, tzinfo=UTC)
    request = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, windows=[(start, start + timedelta(hours=1))]
    )
    for weekday, expected in ((1, None), (2, "dates")):
        cast.ramon.weekdays = [weekday]
        assert excluding(session, request, cast.ramon) == expected


def test_a_past_date_does_not_make_anybody_free(session: Session, cast: Cast) -> None:
    ahead, behind = datetime(2026, 10, 6, 17, tzinfo=UTC), datetime(2026, 9, 11, 17, tzinfo=UTC)
    hour = timedelta(hours=1)
    request = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, windows=[(behind, behind + hour), (ahead, ahead + hour)]
    )
    cast.ramon.weekdays = [behind.weekday()]
    assert excluding(session, request, cast.ramon) == "dates"


def test_a_clearance_counts_on_the_day_of_the_visit(session: Session, cast: Cast, request_: LearningRequest) -> None:
    for ends, expected in ((date(2026, 10, 5), "clearance"), (date(2026, 10, 6), None)):
        cast.ramon.clearance_expires_on = ends
        assert excluding(session, request_, cast.ramon) == expected
    cast.ramon.clearance = Clearance.NONE
    assert excluding(session, request_, cast.ramon) == "clearance"
    cast.region.clearance_required = False
    assert excluding(session, request_, cast.ramon) is None


def test_another_requests_refusal_does_not_count(session: Session, cast: Cast, request_: LearningRequest) -> None:
    other = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=other, who=cast.ramon)
    f.IntroductionFactory(region=cast.region, suggested=proposal, state=IntroductionState.NOT_NOW)
    assert excluding(session, request_, cast.ramon) is None


def test_another_months_visits_do_not_fill_this_one(session: Session, cast: Cast, request_: LearningRequest) -> None:
    cast.ramon.monthly_capacity = 1
    introduction = f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon, state=IntroductionState.UNDONE)
    unit = f.CapacityUnitFactory(held_by=introduction, period=date(2026, 11, 1))
    assert excluding(session, request_, cast.ramon) is None
    unit.period = date(2026, 10, 1)
    assert excluding(session, request_, cast.ramon) == "full"
    unit.released_at = f.NOW
    assert excluding(session, request_, cast.ramon) is None


def test_who_gives_no_visits_is_full(session: Session, cast: Cast, request_: LearningRequest) -> None:
    cast.ramon.monthly_capacity = 0
    assert excluding(session, request_, cast.ramon) == "full"


def test_the_rules_over_a_roll_say_of_everybody_what_they_say_of_one(session: Session, cast: Cast) -> None:
    drawn = Random(3)
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, formats=["visit"], languages=["es", "vi"])
    for _ in range(60):
        place = drawn.choice([{"latitude": None, "longitude": None}, {"latitude": drawn.uniform(31.9, 32.5)}])
        f.PartnerFactory(
            region=cast.region,
            **place,
            formats=drawn.choice([[], ["visit"], ["host"], ["host", "visit"]]),
            languages=drawn.choice([[], ["en"], ["es", "en"], ["of no list"]]),
            weekdays=drawn.choice([[], [0], [1, 4], [3]]),
            radius_miles=drawn.choice([None, 5, 20]),
            online=drawn.random() < 0.2,
            monthly_capacity=drawn.choice([0, 2, 2, 2]),
            clearance=drawn.choice(list(Clearance)),
            clearance_expires_on=drawn.choice([None, date(2026, 10, 5), date(2027, 1, 1)]),
            paused_at=drawn.choice([None, None, None, f.NOW]),
            reviewed_at=drawn.choice([None, f.NOW, f.NOW, f.NOW]),
        )
    session.flush()
    everybody = roll.read(session, cast.region.id)
    found = eligibility.for_request(session, request, everybody, f.NOW)
    one_by_one = eligibility.verdicts(session, request, everybody.partner_ids.tolist(), f.NOW)
    fit = [each for each, verdict in one_by_one.items() if verdict.rule is None]
    assert sorted(fit) == found.partner_ids.tolist()
    assert Counter(verdict.rule for verdict in one_by_one.values() if verdict.rule) == found.excluded
    assert {"format", "language", "distance", "dates", "clearance", "full"} <= found.excluded.keys()
    assert (
        sorted(each for each, verdict in one_by_one.items() if verdict.rule == "full")
        == found.roll.partner_ids[found.full].tolist()
    )
    told = [one_by_one[each].distance for each in found.partner_ids.tolist()]
    assert found.miles == pytest.approx([np.nan if miles is None else miles for miles in told], nan_ok=True)


def test_a_remembered_roll_takes_up_whoever_changed_came_or_went(session: Session, cast: Cast) -> None:
    region, recall = cast.region, Recall()
    first = recall.roll(session, region)
    assert recall.roll(session, region) is first
    cast.ramon.paused_at, cast.ramon.languages = f.NOW, ["a language of their own"]
    cast.ramon.revision = region.revision = region.revision + 1
    session.flush()
    assert_equal(recall.roll(session, region), roll.read(session, region.id))
    newcomer = f.PartnerFactory(region=region)
    region.revision += 1
    session.flush()
    assert newcomer.id in recall.roll(session, region).partner_ids
    session.delete(newcomer)
    region.revision += 1
    session.flush()
    assert_equal(recall.roll(session, region), roll.read(session, region.id))


def assert_equal(one: roll.Roll, other: roll.Roll) -> None:
    for field in fields(roll.Roll):
        theirs = [getattr(each, field.name) for each in (one, other)]
        said = [
            [each.combinations[at] for at in each.which] if isinstance(each, roll.Choices) else each for each in theirs
        ]
        np.testing.assert_array_equal(*said)


def test_many_requests_at_once_are_judged_as_each_alone(session: Session, cast: Cast) -> None:
    """Whatever was said of one request or of its teacher excludes there, and nowhere else."""
    requests = [f.LearningRequestFactory(region=cast.region, asked_by=who) for who in (cast.ana, cast.tomas, cast.ana)]
    partners = [f.PartnerFactory(region=cast.region) for _ in range(6)]
    f.ProposalFactory(region=cast.region, of=requests[0], who=partners[0], state=ProposalState.PASSED)
    f.SteerFactory(region=cast.region, of=requests[1], who=partners[1], kind=SteerKind.SET_ASIDE)
    f.SteerFactory(region=cast.region, of=requests[2], who=partners[5])
    f.SteerFactory(region=cast.region, of=requests[2], who=partners[4])
    refused = f.ProposalFactory(region=cast.region, of=requests[1], who=partners[2])
    f.IntroductionFactory(region=cast.region, suggested=refused, state=IntroductionState.NOT_NOW)
    f.SeparationFactory(region=cast.region, teacher=cast.ana, partner=partners[3])
    session.flush()
    everybody = roll.read(session, cast.region.id)
    found = list(eligibility.for_each(session, cast.region, requests, everybody, f.NOW))
    for request, one in zip(requests, found, strict=True):
        alone = eligibility.for_request(session, request, everybody, f.NOW)
        assert one.partner_ids.tolist() == alone.partner_ids.tolist()
        assert (one.excluded, one.pinned, one.period) == (alone.excluded, alone.pinned, alone.period)
    assert [sum(one.excluded.values()) for one in found] == [2, 2, 1]
    assert [partner_id for partner_id, _ in found[2].pinned] == [partners[5].id, partners[4].id]
