"""The ranker is killed in the middle of a request: after a restart the request is proposed."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from matchmaker.clock import utc_now
from matchmaker.services import ranker
from models import LearningRequest, OutboxItem, Proposal, Ranking, RequestState
from tests.cast import Cast
from tests.embedded.watching import until
from tests.faults.conftest import House, ask


@pytest.mark.full
def test_a_ranker_killed_in_the_middle_ranks_after_its_restart(house: House, people: Cast) -> None:
    with house.database.stored() as session:
        requests = [ask(people, number) for number in range(3)]
        for request in requests:
            ranker.ask(session, request, "posted", utc_now())
    with house.database.session() as barrier:
        # Whoever wants to write a ranking waits here: the ranker is caught with an item in its hands.
        barrier.execute(text("LOCK TABLE ranking IN SHARE MODE"))
        house.start("ranker")
        until(lambda: house.database.waiting() == 1, seconds=120)
        house.kill("ranker")
    assert house.unfinished() == 3
    assert house.count(LearningRequest.state == RequestState.POSTED, of=LearningRequest) == 3
    house.start("ranker")
    until(lambda: house.unfinished() == 0, seconds=120)
    assert house.count(LearningRequest.state == RequestState.PROPOSED, of=LearningRequest) == 3
    assert house.count(of=Ranking) == 3
    assert house.count(of=Proposal) == 6
    assert house.count(OutboxItem.attempts > 0, of=OutboxItem) == 0
