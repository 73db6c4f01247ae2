"""What counts as a decision about relevance, what does not, and how much."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.queries import decisions
from matchmaker.services import proposals
from matchmaker.services.proposals import PassReason
from models import Again, IntroductionState, NotNowReason, Proposal, ProposalState, Ranking, Side
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting

FEATURES = ("lexical", "subject")


@pytest.fixture
def shown(session: Session, cast: Cast) -> list[Proposal]:
    """Five people on the desk for one request of Ana's."""
    people = [f.PartnerFactory(region=cast.region) for _ in range(5)]
    rows = [
        {"partner_id": one.id, "evidence": {"lexical": 1.0 - at / 10, "subject": 0.0}} for at, one in enumerate(people)
    ]
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    ranking = f.RankingFactory(region=cast.region, of=request, candidates=rows, eligible=5)
    fund = f.FundFactory(region=cast.region, owner=people[0])
    return [
        f.ProposalFactory(
            region=cast.region, of=request, found_in=ranking, who=one, what=fund, rank=at + 1, rank_before=at + 1
        )
        for at, one in enumerate(people)
    ]


def read(session: Session, cast: Cast) -> decisions.Decisions:
    session.flush()
    return decisions.of_region(session, cast.region.id, FEATURES)


def gains(found: decisions.Decisions) -> dict[int, float]:
    [group] = found.groups
    return dict(zip(group.partners, group.gains.tolist(), strict=True))


def come_to(cast: Cast, proposal: Proposal, state: IntroductionState, reason: NotNowReason | None = None) -> None:
    f.IntroductionFactory(region=cast.region, suggested=proposal, state=state, not_now_reason=reason)


@pytest.mark.parametrize(
    ("state", "reason", "gain"),
    [
        (IntroductionState.INVITED, None, decisions.APPROVED),
        (IntroductionState.LAPSED, None, decisions.APPROVED),
        (IntroductionState.ACCEPTED, None, decisions.ACCEPTED),
        (IntroductionState.CANCELLED, None, decisions.ACCEPTED),
        (IntroductionState.REFLECTED, None, decisions.MET),
        (IntroductionState.NOT_NOW, NotNowReason.BUSY, decisions.APPROVED),
        (IntroductionState.NOT_NOW, NotNowReason.FAR, decisions.APPROVED),
        (IntroductionState.NOT_NOW, NotNowReason.NOT_MINE, decisions.OFF_TOPIC),
    ],
)
def test_how_far_both_sides_took_it(
    session: Session,
    cast: Cast,
    shown: list[Proposal],
    state: IntroductionState,
    reason: NotNowReason | None,
    gain: float,
) -> None:
    come_to(cast, shown[1], state, reason)
    assert gains(read(session, cast)) == {one.partner_id: gain if one is shown[1] else 0.0 for one in shown}


@pytest.mark.parametrize(
    ("teacher", "partner", "gain"),
    [
        ((True, Again.YES), None, decisions.AGAIN),
        ((True, Again.YES), (True, Again.PERHAPS), decisions.AGAIN),
        ((True, Again.PERHAPS), None, decisions.MET),
        ((True, Again.NO), None, decisions.NOT_AGAIN),
        ((True, Again.NO), (True, Again.PERHAPS), decisions.NOT_AGAIN),
        ((True, Again.NO), (True, Again.YES), decisions.ACCEPTED),
        ((False, None), (False, Again.NO), decisions.ACCEPTED),
        ((True, Again.YES), (False, Again.NO), decisions.AGAIN),
        (None, None, decisions.MET),
    ],
)
def test_what_those_who_met_say_afterwards(
    session: Session,
    cast: Cast,
    shown: list[Proposal],
    teacher: tuple[bool, Again | None] | None,
    partner: tuple[bool, Again | None] | None,
    gain: float,
) -> None:
    met = f.IntroductionFactory(region=cast.region, suggested=shown[1], state=IntroductionState.MET)
    for side, said in ((Side.TEACHER, teacher), (Side.PARTNER, partner)):
        if said is not None:
            f.ReflectionFactory(region=cast.region, of=met, side=side, took_place=said[0], again=said[1])
    assert gains(read(session, cast))[shown[1].partner_id] == gain


def test_an_approval_taken_back_says_nothing(session: Session, cast: Cast, shown: list[Proposal]) -> None:
    come_to(cast, shown[0], IntroductionState.UNDONE)
    shown[0].state = ProposalState.SUPERSEDED
    assert read(session, cast).groups == ()
    come_to(cast, shown[1], IntroductionState.ACCEPTED)
    assert shown[0].partner_id not in gains(read(session, cast))


@pytest.mark.parametrize("reason", list(PassReason))
def test_only_the_wrong_topic_speaks_against_somebody(
    session: Session, cast: Cast, shown: list[Proposal], clock: Clock, reason: PassReason
) -> None:
    come_to(cast, shown[0], IntroductionState.ACCEPTED)
    proposals.pass_over(session, acting(cast.marisol), shown[2].id, reason, "because", clock)
    found = gains(read(session, cast))
    if reason is PassReason.NOT_CLOSE:
        assert found[shown[2].partner_id] == decisions.OFF_TOPIC
    else:
        assert shown[2].partner_id not in found


def test_a_list_nobody_decided_on_teaches_nothing(session: Session, cast: Cast, shown: list[Proposal]) -> None:
    found = read(session, cast)
    assert (found.groups, found.requests, found.decided, found.left_out) == ((), 0, 0, 0)


def test_a_choice_by_hand_counts_until_it_is_taken_back(session: Session, cast: Cast, shown: list[Proposal]) -> None:
    steer = f.SteerFactory(region=cast.region, of=shown[0].request, who=shown[3].partner)
    shown[3].steer_id = steer.id
    found = read(session, cast)
    assert gains(found)[shown[3].partner_id] == decisions.APPROVED
    # Found by other means than reading down the list, so its place says nothing of how far people read.
    assert found.groups[0].weights is not None and found.groups[0].weights[3] == 1.0
    steer.released_at = f.NOW
    assert read(session, cast).groups == ()


def test_a_decision_far_down_counts_for_those_not_looked_at(
    session: Session, cast: Cast, shown: list[Proposal]
) -> None:
    come_to(cast, shown[4], IntroductionState.ACCEPTED)
    found = read(session, cast)
    weights = found.groups[0].weights
    assert weights is not None and weights.tolist()[:4] == [1.0] * 4
    assert weights[4] == pytest.approx(1.0 / found.examination[4])
    assert list(found.examination) == sorted(found.examination, reverse=True)


def test_evidence_is_that_of_the_snapshot(session: Session, cast: Cast, shown: list[Proposal]) -> None:
    come_to(cast, shown[0], IntroductionState.ACCEPTED)
    [group] = read(session, cast).groups
    assert {name: values.tolist() for name, values in group.evidence.items()} == {
        "lexical": [1.0, 0.9, 0.8, 0.7, 0.6],
        "subject": [0.0] * 5,
    }


def test_rankings_made_with_other_features_are_left_out(session: Session, cast: Cast, shown: list[Proposal]) -> None:
    come_to(cast, shown[0], IntroductionState.ACCEPTED)
    session.flush()
    found = decisions.of_region(session, cast.region.id, [*FEATURES, "a_new_one"])
    assert (found.groups, found.left_out) == ((), 1)


def test_one_beloved_partner_does_not_teach_the_ranker_alone(session: Session, cast: Cast) -> None:
    people = [f.PartnerFactory(region=cast.region) for _ in range(14)]
    fund = f.FundFactory(region=cast.region, owner=people[0])
    chosen = [people[0]] * 12 + people[2:]
    for who in chosen:
        request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=[])
        rows = [{"partner_id": one.id, "evidence": dict.fromkeys(FEATURES, 0.5)} for one in (who, people[1])]
        ranking = f.RankingFactory(region=cast.region, of=request, candidates=rows)
        first, _ = (
            f.ProposalFactory(region=cast.region, of=request, found_in=ranking, who=one, what=fund, rank=at)
            for at, one in enumerate((who, people[1]), start=1)
        )
        f.IntroductionFactory(region=cast.region, suggested=first, state=IntroductionState.LAPSED)
    found = read(session, cast)
    held = [(group.partners[0], float(group.counts[0])) for group in found.groups]
    beloved = sum(weight for partner_id, weight in held if partner_id == people[0].id)
    assert beloved == pytest.approx(decisions.MOST_SHARE * sum(weight for _, weight in held))


def test_another_region_s_decisions_are_not_read(session: Session, cast: Cast, shown: list[Proposal]) -> None:
    come_to(cast, shown[0], IntroductionState.ACCEPTED)
    session.flush()
    assert decisions.of_region(session, cast.next_door.id, FEATURES).groups == ()
    assert session.query(Ranking).count() == 1
    assert np.count_nonzero(read(session, cast).groups[0].gains) == 1
