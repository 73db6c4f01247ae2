"""Several obvious requests at once: what is approved together, what stays and why, and one undo for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import desk
from matchmaker.queries.desk.picks import picks
from matchmaker.services import bulk, proposals, requests
from matchmaker.services.bulk import NotObvious, Picked, TakenByAnother
from matchmaker.services.proposals import AlreadyApproved, NoLongerFree, RequestChanged
from models import (
    Backup,
    BackupState,
    CapacityUnit,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    Partner,
    Proposal,
    Region,
    RequestState,
)
from tests import factories as f
from tests.cast import Cast, assemble
from tests.databases import OwnDatabase
from tests.embedded.watching import until
from tests.services.conftest import acting, audited

LATER = f.NOW + timedelta(minutes=1)


def obvious(cast: Cast, who: Partner | None = None, others: Sequence[float] = (0.5, 0.4), **more: object) -> Picked:
    """A request with a clear lead, as its row would send it: the second and the third stand behind."""
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, **more)
    first = f.ProposalFactory(region=cast.region, of=request, **({"who": who} if who else {}))
    behind = [
        f.ProposalFactory(
            region=cast.region, of=request, found_in=first.ranking, rank=rank, rank_before=rank, relevance=relevance
        ).id
        for rank, relevance in enumerate(others, start=2)
    ]
    return Picked(request.id, first.ranking_id, first.id, tuple(behind))


@pytest.fixture
def marisol(cast: Cast) -> Actor:
    return acting(cast.marisol)


def of(session: Session, picked: Picked) -> LearningRequest:
    return session.get_one(LearningRequest, picked.request_id, populate_existing=True)


def why(outcome: bulk.Outcome) -> dict[int, type]:
    return {left.request_id: type(left.why) for left in outcome.left}


def test_all_are_approved_at_one_instant_each_with_its_backups(
    session: Session, cast: Cast, marisol: Actor, clock: Clock
) -> None:
    picked = [obvious(cast) for _ in range(3)]
    outcome = bulk.approve(session, marisol, cast.region, picked[::-1], clock)
    assert [each.request_id for each in outcome.approved] == [each.request_id for each in picked]
    assert outcome.left == ()
    assert {each.approved_at for each in outcome.approved} == {f.NOW}
    assert {of(session, each).state for each in picked} == {RequestState.PLACED}
    kept = session.execute(select(Backup.introduction_id, Backup.proposal_id).order_by(Backup.id)).all()
    expected = [(one.id, each) for one, pick in zip(outcome.approved, picked, strict=True) for each in pick.backups]
    assert kept == expected
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "invitation")) == 3
    assert audited(session).count("desk:proposal:approved") == 3


def test_the_same_batch_again_gives_the_same_introductions(session: Session, cast: Cast, marisol: Actor) -> None:
    picked = [obvious(cast) for _ in range(2)]
    first = bulk.approve(session, marisol, cast.region, picked, lambda: f.NOW)
    again = bulk.approve(session, marisol, cast.region, picked, lambda: LATER)
    assert (again.approved, again.left) == (first.approved, ())
    assert session.scalar(select(func.count(Introduction.id))) == 2


def test_one_free_place_wanted_twice_is_given_once(session: Session, cast: Cast, marisol: Actor, clock: Clock) -> None:
    wanted = f.PartnerFactory(region=cast.region, name="Wes Tsinajinnie", monthly_capacity=1)
    first, second = obvious(cast, wanted, title="How does a plane stay up?"), obvious(cast, wanted)
    outcome = bulk.approve(session, marisol, cast.region, [second, first], clock)
    assert [each.request_id for each in outcome.approved] == [first.request_id]
    assert why(outcome) == {second.request_id: TakenByAnother}
    assert outcome.left[0].why.facts == {"partner": "Wes Tsinajinnie", "title": "How does a plane stay up?"}
    assert of(session, second).state is RequestState.PROPOSED
    assert session.scalar(select(func.count(CapacityUnit.id)).where(CapacityUnit.partner_id == wanted.id)) == 1


def test_what_is_not_approved_says_why_and_holds_up_nothing(
    session: Session, cast: Cast, marisol: Actor, clock: Clock
) -> None:
    bens, withdrawn, anew, paused, close, fine = (obvious(cast) for _ in range(6))
    close = obvious(cast, others=(0.69,))
    proposals.approve(
        session, acting(cast.ben), request_id=bens.request_id, ranking_id=bens.ranking_id,
        proposal_id=bens.backups[0], clock=clock,
    )  # fmt: skip
    requests.withdraw(session, acting(cast.ana.account), withdrawn.request_id, clock)
    f.RankingFactory(region=cast.region, of=of(session, anew))
    session.get_one(Proposal, paused.proposal_id).partner.paused_at = f.NOW
    outcome = bulk.approve(session, marisol, cast.region, [bens, withdrawn, anew, paused, close, fine], clock)
    assert [each.request_id for each in outcome.approved] == [fine.request_id]
    assert why(outcome) == {
        bens.request_id: AlreadyApproved,
        withdrawn.request_id: RequestChanged,
        anew.request_id: RequestChanged,
        paused.request_id: NoLongerFree,
        close.request_id: NotObvious,
    }
    assert of(session, close).state is RequestState.PROPOSED
    assert session.scalar(select(func.count(CapacityUnit.id))) == 2


def test_another_than_the_leader_is_not_obvious(session: Session, cast: Cast, marisol: Actor, clock: Clock) -> None:
    row = obvious(cast)
    second = Picked(row.request_id, row.ranking_id, row.backups[0])
    assert why(bulk.approve(session, marisol, cast.region, [second], clock)) == {row.request_id: NotObvious}
    assert session.scalar(select(func.count(Introduction.id))) == 0


def test_another_regions_request_and_too_many_are_refused_whole(
    session: Session, cast: Cast, marisol: Actor, clock: Clock
) -> None:
    abroad = f.ProposalFactory(region=cast.next_door)
    here = obvious(cast)
    with pytest.raises(NotFound):
        bulk.approve(
            session, marisol, cast.region,
            [here, Picked(abroad.request_id, abroad.ranking_id, abroad.id)], clock,
        )  # fmt: skip
    with pytest.raises(Invalid):
        bulk.approve(session, marisol, cast.region, [here] * (bulk.MOST + 1), clock)
    assert session.scalar(select(func.count(Introduction.id))) == 0


def test_undo_takes_back_what_has_not_left_and_names_what_has(
    session: Session, cast: Cast, marisol: Actor, clock: Clock
) -> None:
    picked = [obvious(cast) for _ in range(3)]
    alone = bulk.approve(session, marisol, cast.region, [obvious(cast)], lambda: LATER).approved[0]
    outcome = bulk.approve(session, marisol, cast.region, picked, clock)
    left = outcome.approved[1]
    left.become(IntroductionState.INVITED, at=f.NOW)
    for _ in range(2):
        undone = bulk.undo(session, acting(cast.ben), outcome.approved[0].id, clock)
        assert undone.taken_back == (outcome.approved[0], outcome.approved[2])
        assert undone.gone == (left,)
    assert [of(session, each).state for each in picked] == [
        RequestState.PROPOSED,
        RequestState.PLACED,
        RequestState.PROPOSED,
    ]
    assert alone.state is IntroductionState.APPROVED, "what was approved at another time is another batch"
    waiting = session.scalar(select(func.count(Backup.id)).where(Backup.state == BackupState.WAITING))
    assert waiting == 4, "two behind each that stands"


def test_a_pick_keeps_the_backups_that_nothing_speaks_against(session: Session, cast: Cast, clock: Clock) -> None:
    row = obvious(cast, others=(0.6, 0.5, 0.4, 0.3), title="Who carries the water?")
    session.get_one(Proposal, row.backups[0]).partner.paused_at = f.NOW
    obvious(cast, others=(0.69,))
    session.flush()
    queue = desk.queue(session, cast.region, f.NOW)
    (found,) = picks(session, cast.region, queue.waiting, f.NOW, behind=2)
    assert (found.title, found.request_id, found.proposal_id) == (
        "Who carries the water?",
        row.request_id,
        row.proposal_id,
    )
    assert found.backups == row.backups[1:3]
    assert len(found.behind) == 2


def test_two_coordinators_with_crossing_batches_end_with_each_request_approved_once(
    own_database: OwnDatabase, clock: Clock
) -> None:
    with own_database.stored():
        cast = assemble()
        people = [f.PartnerFactory(region=cast.region, monthly_capacity=2) for _ in range(2)]
        # Ben's own two invite the same people in the other order; the middle one is picked by both.
        mine, shared, bens = (
            [obvious(cast, people[0]), obvious(cast, people[1])],
            obvious(cast),
            [obvious(cast, people[1]), obvious(cast, people[0])],
        )
        actors = [acting(cast.marisol), acting(cast.ben)]
    with own_database.session() as one, own_database.session() as two, ThreadPoolExecutor(1) as thread:
        region = two.get_one(Region, cast.region.id)
        first = bulk.approve(one, actors[0], one.get_one(Region, cast.region.id), [*mine, shared], clock)
        late = thread.submit(lambda: (bulk.approve(two, actors[1], region, [shared, *bens], clock), two.commit())[0])
        until(lambda: own_database.waiting() or late.done())
        assert not late.done(), "nobody waited"
        assert len(first.approved) == 3
        one.commit()
        second = late.result(timeout=30)
        assert why(second) == {shared.request_id: AlreadyApproved}
        assert len(second.approved) == 2
    with own_database.session() as session:
        assert session.scalar(select(func.count(Introduction.id))) == 5
        assert session.scalar(select(func.count(CapacityUnit.id))) == 5
