"""The queue of the desk: places in line, sections and order."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from matchmaker.queries import desk
from models import IntroductionState, LearningRequest, RequestState
from tests import factories as f
from tests.cast import Cast

NEEDS = st.dictionaries(st.integers(1, 10_000), st.floats(0.2, 5.0), min_size=1, max_size=60)


@given(NEEDS)
def test_a_school_that_is_owed_more_never_stands_later(needs: dict[int, float]) -> None:
    places = desk.places_in_line(needs)
    for one, other in zip(sorted(needs, key=needs.__getitem__), sorted(needs, key=needs.__getitem__)[1:], strict=False):
        assert desk.LINES.index(places[other]) <= desk.LINES.index(places[one])


@given(NEEDS, st.floats(0.1, 10))
def test_only_the_order_of_needs_counts_and_equals_stand_together(needs: dict[int, float], scale: float) -> None:
    places = desk.places_in_line(needs)
    same = [places[key] for key in needs if needs[key] == next(iter(needs.values()))]
    assert len(set(same)) == 1
    ranks = {need: float(place) for place, need in enumerate(sorted(set(needs.values())))}
    assert desk.places_in_line({key: scale * (1 + ranks[need]) for key, need in needs.items()}) == places


def test_four_different_needs_are_the_four_places() -> None:
    places = desk.places_in_line({1: 1.0, 2: 1.1, 3: 1.2, 4: 1.3})
    assert places == {4: "first", 3: "next", 2: "near", 1: "at_share"}


def test_the_queue_is_ordered_by_place_then_age(session: Session, cast: Cast) -> None:
    wanted = [
        _waiting(cast, need=1.4, days=1),
        _waiting(cast, need=1.2, days=5),
        _waiting(cast, need=1.2, days=2),
        _waiting(cast, need=1.0, days=9),
    ]
    queue = desk.queue(session, cast.region, f.NOW)
    assert [item.id for item in queue.waiting] == [request.id for request in wanted]
    assert [item.waiting_days for item in queue.waiting] == [1, 5, 2, 9]


def test_each_request_has_one_section(session: Session, cast: Cast) -> None:
    ready = _waiting(cast)
    warned = _waiting(cast, who=f.PartnerFactory(region=cast.region, clearance_expires_on=date(2026, 10, 6)))
    full = _waiting(cast, who=f.PartnerFactory(region=cast.region, monthly_capacity=0))
    back = _waiting(cast)
    f.IntroductionFactory(
        region=cast.region,
        suggested=f.ProposalFactory(region=cast.region, of=back, found_in=_ranking(session, back), rank=2),
        state=IntroductionState.NOT_NOW,
    )
    back.state = RequestState.PROPOSED
    nobody = f.LearningRequestFactory(region=cast.region, state=RequestState.NONE_YET)
    held, held_before = _waiting(cast), ready
    held.held_until, held_before.held_until = f.NOW + timedelta(days=2), f.NOW - timedelta(minutes=1)
    f.LearningRequestFactory(region=cast.region, state=RequestState.POSTED)
    _waiting_next_door = f.ProposalFactory(region=cast.next_door)
    session.flush()
    queue = desk.queue(session, cast.region, f.NOW)
    assert {item.id for item in queue.section("ready")} == {ready.id}
    assert {item.id for item in queue.section("closer")} == {warned.id, full.id, back.id}
    assert {item.id for item in queue.section("none_yet")} == {nobody.id}
    assert {item.id for item in queue.section("held")} == {held.id}
    assert queue.counts == {"ready": 1, "closer": 3, "none_yet": 1, "held": 1}
    assert desk.waiting_count(session, cast.region.id, f.NOW) == 5


def test_dates_that_have_passed_need_a_closer_look(session: Session, cast: Cast) -> None:
    past = (f.NOW - timedelta(days=3), f.NOW - timedelta(days=3, minutes=-50))
    asked = f.LearningRequestFactory(region=cast.region, windows=[past])
    f.ProposalFactory(region=cast.region, of=asked)
    assert desk.queue(session, cast.region, f.NOW).item(asked.id).section == "closer"


def test_a_lead_is_clear_from_three_hundredths(session: Session, cast: Cast) -> None:
    clear, close, alone = _waiting(cast, score=0.84), _waiting(cast, score=0.82), _waiting(cast)
    for request in (clear, close):
        f.ProposalFactory(region=cast.region, of=request, found_in=_ranking(session, request), rank=2, score=0.80)
    queue = desk.queue(session, cast.region, f.NOW)
    leads = {item.id: item.lead for item in queue.waiting}
    assert leads == {clear.id: "clear_lead", close.id: "close_call", alone.id: None}


def test_an_older_list_of_people_is_not_looked_at(session: Session, cast: Cast) -> None:
    asked = _waiting(cast, score=0.9)
    f.ProposalFactory(region=cast.region, of=asked, found_in=f.RankingFactory(region=cast.region, of=asked), score=0.4)
    assert desk.queue(session, cast.region, f.NOW).item(asked.id).score == 0.4


def test_what_follows_is_the_next_of_the_section_then_its_first(session: Session, cast: Cast) -> None:
    one, two, three = (_waiting(cast, need=need).id for need in (1.4, 1.2, 1.0))
    queue = desk.queue(session, cast.region, f.NOW)
    seen = queue.seen(desk.View(section="ready"), cast.marisol.id)
    assert [seen.after(request_id) for request_id in (one, two, three)] == [two, three, one]
    assert queue.seen(desk.View(section="none_yet"), cast.marisol.id).after(one) is None


def _waiting(cast: Cast, *, days: int = 2, **proposal: object) -> LearningRequest:
    """A request with one person who fits."""
    asked = f.LearningRequestFactory(region=cast.region, posted_at=f.NOW - timedelta(days=days))
    f.ProposalFactory(region=cast.region, of=asked, **proposal)
    return asked


def _ranking(session: Session, request: LearningRequest) -> object:
    from matchmaker.queries import rankings

    return rankings.latest(session, request.id)
