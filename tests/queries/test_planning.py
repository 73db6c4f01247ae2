"""What a plan is made of: whom each open request could have now, free units by month, needs, groups and waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from matching.equity import Policy
from matchmaker.queries import planning
from models import (
    IntroductionState,
    KnowledgeKind,
    LearningRequest,
    Partner,
    RequestState,
    SteerKind,
)
from tests import factories as f
from tests.cast import Cast
from tests.queries.rules import RULES, Rule

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def ranked(cast: Cast, relevance: dict[Partner, float], **facts: object) -> LearningRequest:
    """An open request of Ana's with its newest ranking, and an older one that says nothing any more."""
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, **facts)
    f.RankingFactory(region=cast.region, of=request, candidates=candidates({cast.ramon: 0.99}))
    f.RankingFactory(region=cast.region, of=request, candidates=candidates(relevance))
    return request


def candidates(relevance: dict[Partner, float]) -> list[dict[str, object]]:
    return [{"partner_id": partner.id, "relevance": rho} for partner, rho in relevance.items()]


def gathered(session: Session, cast: Cast) -> planning.Gathered:
    session.flush()
    session.expire_all()
    return planning.gather(session, cast.region, Policy(), f.NOW)


def could_have(found: planning.Gathered, request: LearningRequest) -> dict[int, float]:
    """Partner ids and relevances of a request's row, in its order."""
    row = found.request_ids.index(request.id)
    pairs = zip(found.instance.candidates[row].tolist(), found.instance.relevance[row].tolist(), strict=True)
    return {found.partner_ids[node]: pytest.approx(rho, abs=1e-6) for node, rho in pairs if node >= 0}


def free(found: planning.Gathered) -> dict[tuple[int, date], int]:
    return dict(zip(zip(found.partner_ids, found.months, strict=True), found.instance.capacity.tolist(), strict=True))


def test_requests_bring_the_candidates_of_their_newest_ranking_closest_first(session: Session, cast: Cast) -> None:
    third = f.PartnerFactory(region=cast.region)
    request = ranked(cast, {cast.ramon: 0.4, cast.esperanza: 0.7, third: 0.5})
    found = gathered(session, cast)
    assert found.request_ids == [request.id]
    assert list(could_have(found, request).items()) == [
        (cast.esperanza.id, 0.7),
        (third.id, 0.5),
        (cast.ramon.id, 0.4),
    ]
    assert found.instance.slots == 3
    assert found.instance.waiting_days is not None
    assert found.instance.waiting_days.tolist() == [2.0]


def test_only_open_requests_are_planned_and_one_without_a_ranking_has_nobody(session: Session, cast: Cast) -> None:
    open_ones = [ranked(cast, {cast.ramon: 0.4}, state=state) for state in
                 (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)]  # fmt: skip
    unranked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    for state in (RequestState.PLACED, RequestState.WITHDRAWN, RequestState.DONE):
        ranked(cast, {cast.ramon: 0.4}, state=state)
    f.LearningRequestFactory(region=cast.next_door, asked_by=cast.otto)
    found = gathered(session, cast)
    assert found.request_ids == [*[request.id for request in open_ones], unranked.id]
    assert could_have(found, unranked) == {}


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_whom_a_hard_rule_excludes_by_now_is_left_out(session: Session, cast: Cast, rule: Rule) -> None:
    request = ranked(cast, {cast.esperanza: 0.7, cast.ramon: 0.6})
    rule.speaks(cast, request, cast.ramon)
    request.state = RequestState.PROPOSED
    assert cast.ramon.id not in could_have(gathered(session, cast), request)


def test_a_partner_stands_once_a_month_with_the_units_that_are_free_there(session: Session, cast: Cast) -> None:
    start = datetime(2026, 11, 3, 16, 0, tzinfo=UTC)
    cast.esperanza.monthly_capacity = 3
    october = ranked(cast, {cast.esperanza: 0.7})
    november = ranked(cast, {cast.esperanza: 0.6}, windows=[(start, start + timedelta(hours=1))])
    for state in (IntroductionState.APPROVED, IntroductionState.INVITED):
        held = f.ProposalFactory(region=cast.region, who=cast.esperanza, of__asked_by=cast.tomas)
        introduction = f.IntroductionFactory(region=cast.region, suggested=held, state=IntroductionState.UNDONE)
        f.CapacityUnitFactory(held_by=introduction, unit=1 + (state is IntroductionState.INVITED))
        introduction.state = state
    found = gathered(session, cast)
    assert {october.id, november.id} <= set(found.request_ids)
    assert free(found) == {(cast.esperanza.id, OCTOBER): 1, (cast.esperanza.id, NOVEMBER): 3}
    assert found.people == 1


def test_who_is_put_forward_by_hand_keeps_a_unit_and_is_not_planned_again(session: Session, cast: Cast) -> None:
    pinned = ranked(cast, {cast.esperanza: 0.7, cast.ramon: 0.6})
    other = ranked(cast, {cast.esperanza: 0.8, cast.ramon: 0.6})
    f.SteerFactory(region=cast.region, of=pinned, who=cast.esperanza)
    f.SteerFactory(region=cast.region, of=other, who=cast.ramon, kind=SteerKind.SET_ASIDE)
    found = gathered(session, cast)
    assert list(could_have(found, pinned)) == [cast.ramon.id]
    assert list(could_have(found, other)) == [cast.esperanza.id]
    assert free(found) == {(cast.esperanza.id, OCTOBER): 1, (cast.ramon.id, OCTOBER): 2}


def test_what_is_approved_or_invited_counts_as_had_by_the_school(session: Session, cast: Cast) -> None:
    ranked(cast, {cast.ramon: 0.4})
    before = gathered(session, cast).instance
    introduction = f.IntroductionFactory(
        region=cast.region,
        suggested__region=cast.region,
        suggested__of=f.LearningRequestFactory(region=cast.region, asked_by=cast.ana),
        suggested__relevance=0.6,
        state=IntroductionState.INVITED,
    )
    found = gathered(session, cast)
    at = found.school_ids.index(cast.school.id)
    assert before.past_weight is not None and found.instance.past_weight is not None and found.instance.past is not None
    assert introduction.request_id not in found.request_ids
    assert (before.past_weight[at], found.instance.past_weight[at]) == (0.0, 1.0)
    assert found.instance.past[at] == pytest.approx(0.6)


def test_schools_bring_their_documented_need(session: Session, cast: Cast) -> None:
    facts = {"poverty_measure": "lunch", "poverty_year": 2025, "poverty_source": "State"}
    canyon = f.SchoolFactory(region=cast.region, poverty_value=90.0, locale="rural-remote", **facts)
    ranked(cast, {cast.ramon: 0.4})
    f.LearningRequestFactory(region=cast.region, asked_by=f.TeacherFactory(region=cast.region, school=canyon))
    for name, value in {**facts, "poverty_value": 5.0, "locale": "city-large"}.items():
        setattr(cast.school, name, value)
    found = gathered(session, cast)
    need = dict(zip(found.school_ids, found.instance.need.tolist(), strict=True))
    assert need[canyon.id] > need[cast.school.id] >= 1.0
    assert [found.school_ids[at] for at in found.instance.school] == [cast.school.id, canyon.id]


@pytest.mark.parametrize(
    ("kinds", "joined", "group"),
    [
        ((KnowledgeKind.CREDENTIALED,), date(2025, 1, 1), 0),
        ((KnowledgeKind.CREDENTIALED,), date(2026, 9, 1), 1),
        ((KnowledgeKind.PRACTICE,), date(2025, 1, 1), 2),
        ((), date(2026, 9, 1), 3),
        ((KnowledgeKind.PRACTICE, KnowledgeKind.CREDENTIALED), date(2025, 1, 1), 4),
        ((KnowledgeKind.PRACTICE, KnowledgeKind.CREDENTIALED), date(2026, 9, 1), 5),
    ],
)
def test_groups_are_how_people_know_and_whether_they_are_new(
    session: Session, cast: Cast, kinds: tuple[KnowledgeKind, ...], joined: date, group: int
) -> None:
    partner = f.PartnerFactory(region=cast.region, joined_on=joined)
    for kind in kinds:
        f.FundFactory(region=cast.region, owner=partner, kind=kind)
    ranked(cast, {partner: 0.5})
    assert gathered(session, cast).instance.group.tolist() == [group]


def test_a_region_where_nothing_is_open_gives_an_empty_instance(session: Session, cast: Cast) -> None:
    found = gathered(session, cast)
    assert (found.request_ids, found.people, found.instance.candidates.shape) == ([], 0, (0, 0))


def test_what_is_asked_of_the_database_does_not_grow_with_the_requests(session: Session, cast: Cast) -> None:
    def queries() -> int:
        sent: list[str] = []
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note := lambda *given: sent.append(given[2]))
        gathered(session, cast)
        event.remove(connection, "before_cursor_execute", note)
        return len(sent)

    ranked(cast, {cast.ramon: 0.4})
    few = queries()
    for _ in range(5):
        ranked(cast, {cast.ramon: 0.4, cast.esperanza: 0.5})
    assert queries() <= few


def test_the_last_month_is_looked_at_as_if_everybody_were_still_free(session: Session, cast: Cast) -> None:
    known = {cast.ramon: 0.4, cast.esperanza: 0.7}
    placed, alone = (ranked(cast, known, state=state) for state in (RequestState.PLACED, RequestState.NONE_YET))
    unranked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    for state in (RequestState.DRAFT, RequestState.WITHDRAWN):
        ranked(cast, known, state=state)
    earlier = ranked(cast, known, posted_at=f.NOW - timedelta(days=31))
    suggested = f.ProposalFactory(region=cast.region, of=earlier, who=cast.ramon)
    f.IntroductionFactory(region=cast.region, suggested=suggested, coordinator=cast.marisol)
    session.flush()
    found = planning.last_month(session, cast.region, Policy(), f.NOW)
    assert found.request_ids == [placed.id, alone.id, unranked.id]
    assert could_have(found, placed) == {cast.esperanza.id: 0.7, cast.ramon.id: 0.4}
    assert could_have(found, unranked) == {}
    assert dict(zip(found.partner_ids, found.instance.capacity.tolist(), strict=True))[cast.ramon.id] == (
        cast.ramon.monthly_capacity
    )
    assert found.instance.past is None and found.instance.waiting_days is None
