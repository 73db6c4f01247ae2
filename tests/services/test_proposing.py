"""The real ranker with the real model on a small region: what is stored, in which order, and what is embedded."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import select

from matching.score import Weights
from matchmaker.clock import Clock
from matchmaker.embedding import Encoder
from matchmaker.index import Index
from matchmaker.queries import rankings
from matchmaker.services import partners, requests
from matchmaker.services.requests import RequestDraft
from models import (
    Clearance,
    IntroductionState,
    ProposalState,
    RequestState,
    StateChange,
)
from tests import factories as f
from tests.queries.rules import FAR, RULES
from tests.services.conftest import acting, audited
from tests.services.valley import WATER, Valley


def test_the_closest_comes_first_and_everybody_is_weighed(valley: Valley) -> None:
    asked = {
        "Ximena": valley.ask("Why does our arroyo flood?", "We want to see where the water comes from."),
        "Rafael": valley.ask("Circuits you can hear", "We build a simple circuit and want to see one mended."),
        "Petra": valley.ask("Chemistry in the kitchen", "Reactions with yeast and heat, in bread we can bake."),
        "Moisés": valley.ask("Scale drawing on a wall", "We want to paint a big mural from a small grid."),
    }
    for name, request in asked.items():
        ranking = valley.propose(request)
        assert ranking is not None and ranking.eligible == 4
        assert valley.proposed(request)[0] == name
        assert sorted(valley.proposed(request)) == sorted(asked)


def test_a_ranking_is_kept_with_all_parts_of_its_scores(valley: Valley) -> None:
    request = valley.ask()
    ranking = valley.propose(request)
    assert ranking is not None
    proposals = valley.proposals(request)
    assert [candidate["partner_id"] for candidate in ranking.candidates] == [p.partner_id for p in proposals]
    scores = [candidate["score"] for candidate in ranking.candidates]
    assert scores == sorted(scores, reverse=True)
    for rank, (proposal, candidate) in enumerate(zip(proposals, ranking.candidates, strict=True), start=1):
        assert proposal.rank == rank
        parts = ("rank_before", "relevance", "need", "deficit", "boost", "price", "score")
        assert [getattr(proposal, part) for part in parts] == [candidate[part] for part in parts]
        worth = proposal.need * proposal.deficit * proposal.relevance + proposal.boost - proposal.price
        assert proposal.score == pytest.approx(worth, abs=1e-5)
        given = rankings.whole(candidate, ranking.versions)["contributions"]
        assert set(candidate["evidence"]) == set(given) == set(Weights().formula.coefficients)
        assert Weights().formula.rho(np.sum([*given.values()])) == pytest.approx(proposal.relevance, abs=1e-5)
        assert proposal.features["distance_miles"] == pytest.approx(1.8, abs=0.1)
        assert proposal.fund is not None and proposal.fund.partner_id == proposal.partner_id
    assert sorted(p.rank_before for p in proposals) == [1, 2, 3, 4]
    assert (ranking.request_version, ranking.versions["policy"], ranking.ranked_at) == (1, 1, f.NOW)
    assert request.state is RequestState.PROPOSED
    assert audited(valley.session) == ["ranking:request:ranked"]


def test_the_reasons_are_written_in_both_languages(valley: Valley) -> None:
    request = valley.ask("Circuits you can hear", "We build a simple circuit and want to see old radios.")
    valley.propose(request)
    first = valley.proposals(request)[0]
    assert set(first.why) == {"en", "es"}
    assert "“Mending tube radios”" in first.why["en"] and "«Mending tube radios»" in first.why["es"]
    assert first.why["en"] != first.why["es"]
    assert first.reasons[0]["params"]["fund"] == "Mending tube radios"
    for proposal in valley.proposals(request):
        assert all("%(" not in why and why for why in proposal.why.values())


def test_each_hard_rule_keeps_its_person_from_the_desk(valley: Valley) -> None:
    request = valley.ask()
    for rule in RULES:
        partner = valley.add(f"kept out by {rule.name}", WATER)
        if rule.name == "format":
            partner.formats, request.formats = ["host"], ["visit"]
        else:
            rule.speaks(valley.cast, request, partner)
    valley.session.flush()
    valley.session.expire(request)
    ranking = valley.propose(request)
    assert ranking is not None
    assert ranking.excluded == {rule.name: 1 for rule in RULES} | {"not_reviewed": 3}
    assert sorted(valley.proposed(request)) == ["Moisés", "Petra", "Rafael", "Ximena"]


def test_who_has_said_nothing_but_what_they_know_is_proposed(valley: Valley) -> None:
    request = valley.ask()
    silent = valley.add(
        "Nobody knows where",
        WATER,
        languages=[],
        latitude=None,
        longitude=None,
        radius_miles=None,
        clearance=Clearance.UNKNOWN,
        clearance_expires_on=None,
    )
    valley.propose(request)
    assert silent.name in valley.proposed(request)
    [proposal] = [p for p in valley.proposals(request) if p.partner_id == silent.id]
    assert proposal.features["distance_miles"] is None


def test_where_nobody_is_left_the_desk_is_told_so(valley: Valley) -> None:
    for partner in valley.people.values():
        partner.paused_at = f.NOW
    request = valley.ask()
    ranking = valley.propose(request)
    assert ranking is not None
    assert (request.state, ranking.eligible, ranking.candidates) == (RequestState.NONE_YET, 0, [])
    assert ranking.excluded == {"paused": 4, "not_reviewed": 2}
    valley.people["Ximena"].paused_at = None
    valley.propose(request)
    assert (request.state, valley.proposed(request)) == (RequestState.PROPOSED, ["Ximena"])


def test_a_region_without_partners_has_none_yet(valley: Valley) -> None:
    for partner in valley.people.values():
        partner.reviewed_at = None
    request = valley.ask()
    assert valley.propose(request) is not None
    assert request.state is RequestState.NONE_YET


def test_a_later_ranking_takes_the_place_of_the_earlier(valley: Valley) -> None:
    request = valley.ask()
    first = valley.propose(request)
    earlier = valley.proposals(request)
    second = valley.propose(request)
    assert first is not None and second is not None and second.id > first.id
    assert {proposal.state for proposal in earlier} == {ProposalState.SUPERSEDED}
    assert {proposal.ranking_id for proposal in valley.proposals(request)} == {second.id}
    changes = valley.session.scalars(select(StateChange.after).where(StateChange.request_id == request.id)).all()
    assert changes == ["proposed"]


def test_what_was_changed_is_ranked_by_what_it_asks_now(valley: Valley) -> None:
    request = valley.ask()
    first = valley.propose(request)
    other = RequestDraft(title="Who restores old tube radios?", text="Circuits and capacitors.", languages=("en", "es"))
    requests.change(valley.session, acting(valley.cast.ana.account), request.id, 1, other, valley.clock)
    second = valley.propose(request)
    assert first is not None and second is not None
    assert (first.request_version, second.request_version) == (1, 2)
    assert first.candidates[0]["partner_id"] == valley.people["Ximena"].id
    assert valley.proposed(request)[0] == "Rafael"
    assert request.posted_at == f.NOW - timedelta(days=2), "and no place in line is lost"


def test_the_same_question_again_gives_the_same_answer(valley: Valley, encoder: Encoder) -> None:
    request = valley.ask()
    first = valley.propose(request)
    again = valley.propose(request, Index(encoder))
    assert first is not None and again is not None
    relevance = [[(c["partner_id"], c["relevance"]) for c in each.candidates] for each in (first, again)]
    assert relevance[0] == relevance[1]


def test_equal_people_keep_their_order(valley: Valley) -> None:
    twins = [valley.add(f"Twin {number}", WATER) for number in range(3)]
    request = valley.ask()
    for _ in range(2):
        valley.propose(request)
        names = [name for name in valley.proposed(request) if name.startswith("Twin")]
        assert names == [twin.name for twin in twins]


def test_a_busy_partner_gives_way_to_a_free_one_who_knows_the_same(valley: Valley) -> None:
    busy = valley.people["Ximena"]
    free = valley.add("Zoila", WATER)
    request = valley.ask()
    valley.propose(request)
    assert valley.proposed(request)[:2] == ["Ximena", "Zoila"]
    f.IntroductionFactory(region=valley.cast.region, suggested__who=busy)
    valley.propose(request)
    assert valley.proposed(request)[:2] == ["Zoila", "Ximena"]
    first, second = valley.proposals(request)[:2]
    assert (first.partner_id, first.price) == (free.id, 0.0)
    assert second.price > 0 and (second.rank_before, second.rank) == (1, 2)


@pytest.mark.parametrize("state", [RequestState.WITHDRAWN, RequestState.DONE])
def test_what_no_longer_waits_is_not_ranked(valley: Valley, state: RequestState) -> None:
    request = valley.ask()
    request.state = state
    assert valley.propose(request) is None
    assert (request.state, valley.proposals(request)) == (state, [])


@pytest.mark.parametrize("wanted", [1, 2])
def test_a_placed_request_is_ranked_only_while_it_wants_more_people(valley: Valley, wanted: int) -> None:
    request = valley.ask()
    request.partners_wanted = wanted
    valley.propose(request)
    first = valley.proposals(request)[0]
    f.IntroductionFactory(region=valley.cast.region, suggested=first)
    again = valley.propose(request)
    assert (again is None, request.state) == (wanted == 1, RequestState.PLACED)
    assert wanted == 1 or first.partner.name not in valley.proposed(request)


def test_after_a_not_now_the_next_ranking_is_without_that_person(valley: Valley) -> None:
    request = valley.ask()
    valley.propose(request)
    first = valley.proposals(request)[0]
    f.IntroductionFactory(region=valley.cast.region, suggested=first, state=IntroductionState.NOT_NOW)
    request.state = RequestState.PROPOSED
    valley.propose(request)
    assert first.partner.name not in valley.proposed(request)


def test_a_new_partner_is_found_once_reviewed(valley: Valley, clock: Clock) -> None:
    request = valley.ask("Beekeeping", "How do bees find the flowers of the desert?")
    valley.propose(request)
    keeper = valley.add("Abeja", ("Keeping bees", "I keep desert bees and know their flowers."), reviewed_at=None)
    partners.review(valley.session, acting(valley.cast.marisol), keeper.id, clock)
    valley.propose(request)
    assert valley.proposed(request)[0] == "Abeja"


def test_far_away_but_online_is_no_obstacle(valley: Valley) -> None:
    request = valley.ask()
    valley.add("Faraway", WATER, online=True, **FAR)
    valley.add("Too far", WATER, **FAR)
    valley.propose(request)
    assert "Faraway" in valley.proposed(request) and "Too far" not in valley.proposed(request)


def test_a_full_month_lifts_the_request_that_wanted_them(valley: Valley) -> None:
    request = valley.ask()
    valley.propose(request)
    assert {proposal.deficit for proposal in valley.proposals(request)} == {1.0}
    ximena = valley.people["Ximena"]
    ximena.monthly_capacity = 1
    f.CapacityUnitFactory(
        held_by=f.IntroductionFactory(region=valley.cast.region, suggested__who=ximena, state=IntroductionState.UNDONE),
        period=date(2026, 10, 1),
    )
    valley.propose(request)
    assert "Ximena" not in valley.proposed(request)
    assert all(proposal.deficit > 1.0 for proposal in valley.proposals(request))


def test_nobody_of_another_region_is_proposed(valley: Valley, encoder: Encoder) -> None:
    valley.cast.paz.monthly_capacity = 9
    request = valley.ask()
    ranking = valley.propose(request)
    assert ranking is not None
    assert valley.cast.paz.id not in {candidate["partner_id"] for candidate in ranking.candidates}
