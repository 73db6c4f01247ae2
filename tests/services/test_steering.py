"""What coordinators do by hand: it stands at once, stays as data, and the ranker keeps to it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.queries import eligibility
from matchmaker.queries import steering as reading
from matchmaker.services import proposals, proposing, steering
from matchmaker.services.scoring import PROPOSED
from models import ProposalState, RequestState, Steer, SteerKind
from tests import factories as f
from tests.cast import Cast
from tests.queries.rules import RULES, Rule
from tests.services.conftest import Desk, acting, audited, waiting
from tests.services.valley import WATER, Valley

EXCLUDING = [rule for rule in RULES if rule.name not in ("set_aside", "format")]


@pytest.fixture
def others(cast: Cast, desk: Desk) -> list[int]:
    """Partners whom nobody has proposed."""
    return [f.PartnerFactory(region=cast.region, name=name).id for name in ("Lupe", "Chayo")]


def test_a_pin_is_kept_with_who_when_and_why(
    session: Session, cast: Cast, desk: Desk, others: list[int], clock: Clock
) -> None:
    steer = steering.pin(session, desk.marisol, desk.request.id, others[0], clock, "  She asked me herself. ")
    assert (steer.kind, steer.by_id, steer.at) == (SteerKind.PINNED, cast.marisol.id, f.NOW)
    assert (steer.reason, steer.live) == ("She asked me herself.", True)
    assert waiting(session) == [f"propose:{desk.request.id}:pinned-{steer.id}"]
    assert audited(session) == ["desk:partner:pinned"]


def test_pinning_twice_is_pinning_once(session: Session, desk: Desk, others: list[int], clock: Clock) -> None:
    first = steering.pin(session, desk.marisol, desk.request.id, others[0], clock, "first")
    again = steering.pin(session, desk.ben, desk.request.id, others[0], clock, "second")
    assert (again.id, again.reason, again.by_id) == (first.id, "first", desk.marisol.account_id)
    assert len(waiting(session)) == len(audited(session)) == 1


@pytest.mark.parametrize("rule", EXCLUDING, ids=str)
def test_no_hand_is_stronger_than_a_hard_rule(
    session: Session, cast: Cast, desk: Desk, clock: Clock, rule: Rule
) -> None:
    partner = f.PartnerFactory(region=cast.region)
    rule.speaks(cast, desk.request, partner)
    desk.request.state = RequestState.PROPOSED
    session.flush()
    with pytest.raises(steering.NotEligible) as refused:
        steering.pin(session, desk.marisol, desk.request.id, partner.id, clock)
    assert refused.value.facts == {"partner": partner.name, "rule": rule.name}
    assert reading.live(session, desk.request.id, partner.id) is None


def test_set_aside_takes_somebody_off_the_desk_at_once(session: Session, cast: Cast, desk: Desk, clock: Clock) -> None:
    steer = steering.set_aside(session, desk.ben, desk.request.id, cast.esperanza.id, clock, "Ill this month")
    assert desk.first.state is ProposalState.SUPERSEDED
    assert eligibility.excluded_by(session, desk.request, cast.esperanza.id, f.NOW) == "set_aside"
    assert waiting(session) == [f"propose:{desk.request.id}:set_aside-{steer.id}"]
    with pytest.raises(proposals.RequestChanged):
        desk.approve(session, clock)
    again = steering.set_aside(session, desk.marisol, desk.request.id, cast.esperanza.id, clock, "other")
    assert (again.id, again.reason) == (steer.id, "Ill this month")


def test_whom_one_set_aside_another_may_put_forward_and_both_are_kept(
    session: Session, cast: Cast, desk: Desk, clock: Clock
) -> None:
    aside = steering.set_aside(session, desk.ben, desk.request.id, cast.ramon.id, clock)
    pinned = steering.pin(session, desk.marisol, desk.request.id, cast.ramon.id, clock)
    steering.set_aside(session, desk.ben, desk.request.id, cast.ramon.id, clock)
    session.refresh(aside)
    assert (aside.released_at, aside.released_by_id) == (f.NOW, cast.marisol.id)
    assert (pinned.live, pinned.released_by_id) == (False, cast.ben.id)
    history = session.scalars(select(Steer).where(Steer.partner_id == cast.ramon.id).order_by(Steer.id)).all()
    assert [(steer.kind, steer.live) for steer in history] == [
        (SteerKind.SET_ASIDE, False),
        (SteerKind.PINNED, False),
        (SteerKind.SET_ASIDE, True),
    ]


def test_a_release_asks_the_ranker_once(session: Session, cast: Cast, desk: Desk, clock: Clock) -> None:
    steer = steering.set_aside(session, desk.ben, desk.request.id, cast.ramon.id, clock)
    for _ in range(2):
        assert not steering.release(session, desk.marisol, steer.id, clock).live
    assert eligibility.excluded_by(session, desk.request, cast.ramon.id, f.NOW) is None
    assert waiting(session)[1:] == [f"propose:{desk.request.id}:released-{steer.id}"]
    assert audited(session) == ["desk:partner:set_aside", "desk:partner:released"]


@pytest.mark.parametrize("state", [RequestState.PLACED, RequestState.WITHDRAWN, RequestState.DONE])
def test_what_is_decided_takes_no_hand(
    session: Session, cast: Cast, desk: Desk, clock: Clock, state: RequestState
) -> None:
    desk.request.state = state
    session.flush()
    for verb in (steering.pin, steering.set_aside):
        with pytest.raises(steering.AlreadyDecided):
            verb(session, desk.marisol, desk.request.id, cast.ramon.id, clock)
    assert waiting(session) == []


def test_nobody_of_another_region_is_steered(session: Session, cast: Cast, desk: Desk, clock: Clock) -> None:
    for verb in (steering.pin, steering.set_aside):
        with pytest.raises(NotFound):
            verb(session, desk.marisol, desk.request.id, cast.paz.id, clock)


def test_the_database_keeps_one_live_steer_of_a_pair(session: Session, cast: Cast, desk: Desk) -> None:
    f.SteerFactory(region=cast.region, of=desk.request, who=cast.ramon, released_at=f.NOW)
    f.SteerFactory(region=cast.region, of=desk.request, who=cast.ramon)
    with pytest.raises(IntegrityError, match="uq_steer_live"):
        f.SteerFactory(region=cast.region, of=desk.request, who=cast.ramon, kind=SteerKind.SET_ASIDE)


def test_the_pinned_lead_in_their_own_order_and_the_ranking_keeps_the_rankers(valley: Valley, clock: Clock) -> None:
    marisol = acting(valley.cast.marisol)
    close = [valley.add(f"Close {number}", WATER).name for number in range(PROPOSED)]
    request = valley.ask()
    plain = valley.propose(request)
    assert plain is not None and plain.pinned == []
    own_order = [candidate["partner_id"] for candidate in plain.candidates]
    assert valley.proposed(request) == ["Ximena", *close[:-1]]
    first, second = valley.people["Petra"], valley.people["Moisés"]
    for partner in (first, second):
        steering.pin(valley.session, marisol, request.id, partner.id, clock)
    ranking = valley.propose(request)
    assert ranking is not None
    assert valley.proposed(request) == ["Petra", "Moisés", "Ximena", *close[:3]]
    assert [candidate["partner_id"] for candidate in ranking.candidates] == own_order
    assert [kept["partner_id"] for kept in ranking.pinned] == [first.id, second.id]
    assert [kept["place"] for kept in ranking.pinned] == [own_order.index(p.id) + 1 for p in (first, second)]
    listed = valley.proposals(request)
    assert [proposal.rank_after for proposal in listed] == [own_order.index(p.partner_id) + 1 for p in listed]
    assert [proposal.steer_id is not None for proposal in listed] == [True, True, False, False, False, False]


def test_somebody_beyond_what_a_ranking_keeps_can_be_put_forward(
    valley: Valley, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "KEPT", 2)
    request = valley.ask()
    valley.propose(request)
    last = valley.proposals(request)[-1].partner
    steering.pin(valley.session, acting(valley.cast.ben), request.id, last.id, clock)
    ranking = valley.propose(request)
    assert ranking is not None and len(ranking.candidates) == 2
    assert valley.proposed(request)[0] == last.name
    [kept] = ranking.pinned
    assert (kept["partner_id"], kept["place"]) == (last.id, 4)
    assert valley.proposals(request)[0].score == kept["score"]


def test_a_pinned_person_whom_a_rule_excludes_by_now_is_left_out(valley: Valley, clock: Clock) -> None:
    request = valley.ask()
    valley.propose(request)
    petra = valley.people["Petra"]
    steering.pin(valley.session, acting(valley.cast.ben), request.id, petra.id, clock)
    petra.paused_at = f.NOW
    ranking = valley.propose(request)
    assert ranking is not None and ranking.pinned == []
    assert "Petra" not in valley.proposed(request)


def test_more_hands_than_places_are_all_put_forward(valley: Valley, clock: Clock) -> None:
    asked = [valley.add(f"Asked {number}", WATER) for number in range(PROPOSED + 1)]
    request = valley.ask()
    for partner in asked:
        steering.pin(valley.session, acting(valley.cast.ben), request.id, partner.id, clock)
    valley.propose(request)
    assert valley.proposed(request) == [partner.name for partner in asked]


def test_whoever_is_set_aside_is_counted_and_comes_back_when_released(valley: Valley, clock: Clock) -> None:
    request = valley.ask()
    valley.propose(request)
    ben = acting(valley.cast.ben)
    steer = steering.set_aside(valley.session, ben, request.id, valley.people["Ximena"].id, clock)
    ranking = valley.propose(request)
    assert ranking is not None and ranking.excluded["set_aside"] == 1
    assert "Ximena" not in valley.proposed(request)
    steering.release(valley.session, ben, steer.id, clock)
    valley.propose(request)
    assert valley.proposed(request)[0] == "Ximena"
