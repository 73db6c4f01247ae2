"""Two of a process that is meant to be there once: nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from matchmaker.clock import utc_now
from matchmaker.services import ranker
from models import AuditEvent, Introduction, IntroductionState, LearningRequest, OutboxItem, Ranking, RequestState
from tests.cast import Cast
from tests.embedded.watching import until
from tests.faults.conftest import House, ask
from tests.services.conftest import set_desk

pytestmark = pytest.mark.full


def test_two_clocks_and_two_mailers_send_each_letter_once(
    house: House, people: Cast, accepted: Callable[[int], list[int]]
) -> None:
    for name in ("clock", "second clock", "mailer", "second mailer"):
        house.start(name)
    for child in house.children.values():
        child.wait_until_ready()
    with house.database.stored() as session:
        desk = set_desk(people, starts_at=utc_now() + timedelta(days=21))
        desk.approve(session, utc_now)
    accepted(6)
    until(lambda: house.unfinished() == 0, seconds=120)
    counted = Counter(mail["Message-ID"] for mail in house.mails)
    assert counted.total() == len(counted) == 13
    assert house.count(Introduction.state == IntroductionState.INVITED) == 1
    assert house.count(Introduction.state == IntroductionState.SCHEDULED) == 6
    assert house.count(AuditEvent.tag == "mail:introduction:introduced", of=AuditEvent) == 6


def test_two_rankers_rank_each_request_once(house: House, people: Cast) -> None:
    for name in ("ranker", "second ranker"):
        house.start(name)
    for child in house.children.values():
        child.wait_until_ready()
    with house.database.stored() as session:
        for number in range(8):
            ranker.ask(session, ask(people, number), "posted", utc_now())
    house.start("clock")
    until(lambda: house.unfinished() == 0, seconds=120)
    assert house.count(of=Ranking) == 8
    assert house.count(LearningRequest.state == RequestState.PROPOSED, of=LearningRequest) == 8
    assert house.count(OutboxItem.attempts > 0, of=OutboxItem) == 0
