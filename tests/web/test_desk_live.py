"""What changes on the desk while somebody looks at it: who else is there, what is new, what became of the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from redis import Redis
from sqlalchemy.orm import Session

from models import LearningRequest, RequestState
from tests import factories as f
from tests.cast import Cast
from tests.web.world import World


@pytest.fixture(autouse=True)
def nobody_looks(app: Flask) -> Iterator[None]:
    """Ids of requests come again from test to test; what Redis remembers of them must not."""
    redis: Redis = app.extensions["redis"]
    for key in redis.scan_iter("desk:looking:*"):
        redis.delete(key)
    yield


def follows(page: str) -> str:
    """Where the page asks for news."""
    found = re.search(r'data-part="news" data-follow="([^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def opened(browser: Any, request: LearningRequest, view: str = "") -> str:
    return str(browser.get(f"/desk/{request.id}{view}").get_data(as_text=True))


def heard(browser: Any, page: str) -> str:
    answer = browser.get(follows(page))
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_a_colleague_who_has_it_open_is_named_for_a_minute(cast: Cast, world: World, browse) -> None:
    marisol, ben = browse(cast.marisol), browse(cast.ben)
    page = opened(marisol, world.asked)
    assert "has this open" not in page, "nobody is told of themselves"
    assert "Marisol Vega has this open." in opened(ben, world.asked)
    assert "Ben Yazzie has this open." in heard(marisol, page)
    with time_machine.travel(f.NOW + timedelta(seconds=50), tick=False):
        assert "Ben Yazzie has this open." in heard(marisol, page)
        heard(marisol, page)
    with time_machine.travel(f.NOW + timedelta(seconds=70), tick=False):
        assert "has this open" not in heard(marisol, page), "Ben has asked for nothing since"
        assert "Marisol Vega has this open." in opened(ben, world.asked), "who keeps asking stays"


def test_presence_is_gone_from_redis_by_itself(app: Flask, cast: Cast, world: World, browse) -> None:
    opened(browse(cast.ben), world.asked)
    left = app.extensions["redis"].ttl(f"desk:looking:{world.asked.id}")
    assert 0 < left <= 60


@pytest.mark.full
def test_without_redis_the_desk_names_nobody_and_works(cast: Cast, world: World, browse, app: Flask) -> None:
    opened(browse(cast.ben), world.asked)
    there, app.extensions["redis"] = app.extensions["redis"], Redis(host="127.0.0.1", port=1)
    try:
        page = opened(browse(cast.marisol), world.asked)
        assert "Approve, next" in page and "has this open" not in page
        assert "has this open" not in heard(browse(cast.marisol), page)
    finally:
        app.extensions["redis"] = there


def test_a_request_withdrawn_while_open_says_so_and_switches_the_decision_off(
    session: Session, cast: Cast, world: World, browse
) -> None:
    marisol = browse(cast.marisol)
    page = opened(marisol, world.asked)
    assert "data-off" not in heard(marisol, page)
    with time_machine.travel(f.NOW + timedelta(minutes=14), tick=False):
        browse(cast.ana.account).post(f"/requests/{world.asked.id}/withdraw")
        fresh = heard(marisol, page)
        assert "Ana Luisa Robles withdrew this at 9:14 AM." in fresh
        assert "Nothing can be decided from this page any more." in re.search(r"<span data-off>(.*)</span>", fresh)[1]
        assert f'href="/desk/{world.asked.id}?section=ready">Show as it is now' in fresh
        page = opened(marisol, world.asked)
        assert "Ana Luisa Robles withdrew this at 9:14 AM." in page, "without a script, at the next load"
        assert "Approve, next" not in page


def test_what_a_colleague_approved_is_told(session: Session, cast: Cast, world: World, browse) -> None:
    marisol = browse(cast.marisol)
    page = opened(marisol, world.asked)
    with time_machine.travel(f.NOW + timedelta(minutes=15), tick=False):
        sent = {"ranking": world.ranking.id, "proposal": world.first.id, "view": "section=ready"}
        assert browse(cast.ben).post(f"/desk/{world.asked.id}/approve", sent).status_code == 302
        fresh = heard(marisol, page)
    assert "Ben Yazzie approved this at 9:15 AM." in fresh and "data-off" in fresh


def test_a_list_made_anew_is_told(cast: Cast, world: World, browse) -> None:
    marisol = browse(cast.marisol)
    page = opened(marisol, world.asked)
    newer = f.RankingFactory(region=cast.region, of=world.asked)
    f.ProposalFactory(region=cast.region, of=world.asked, found_in=newer, who=cast.ramon)
    fresh = heard(marisol, page)
    assert "Its list of people was made anew since you opened this." in fresh and "data-off" in fresh


def test_a_hold_by_a_colleague_is_told_and_leaves_the_decision_open(cast: Cast, world: World, browse) -> None:
    marisol = browse(cast.marisol)
    page = opened(marisol, world.asked)
    world.asked.held_until, world.asked.held_by_id = f.NOW + timedelta(days=3), cast.ben.id
    fresh = heard(marisol, page)
    assert "Ben Yazzie put this on hold until Thursday, September 17." in fresh and "data-off" not in fresh


def test_counts_follow_and_what_is_new_is_counted(session: Session, cast: Cast, world: World, browse) -> None:
    marisol = browse(cast.marisol)
    page = opened(marisol, world.asked)
    assert "new since" not in heard(marisol, page)
    with time_machine.travel(f.NOW + timedelta(minutes=1), tick=False):
        for number in range(2):
            asked = f.LearningRequestFactory(region=cast.region, title=f"New {number}")
            f.ProposalFactory(region=cast.region, of=asked)
            asked.state = RequestState.POSTED
            asked.become(RequestState.PROPOSED, at=f.NOW + timedelta(seconds=30))
        elsewhere = f.LearningRequestFactory(region=cast.next_door)
        elsewhere.become(RequestState.NONE_YET, at=f.NOW + timedelta(seconds=30))
        fresh = heard(marisol, page)
    assert "2 new since you opened this." in fresh
    before, after = (int(re.search(r">\s*(\d+) to review", each)[1]) for each in (page, fresh))
    assert after == before + 2
    assert 'data-part="sections"' in fresh and "New 0" not in fresh, "the list itself stays as it was"


def test_the_news_are_told_in_few_questions(
    session: Session, cast: Cast, world: World, browse, queries: list[str]
) -> None:
    marisol = browse(cast.marisol)
    pages = [opened(marisol, world.asked), opened(marisol, world.invited.request)]
    for page in pages:
        session.commit()
        session.expunge_all()
        queries.clear()
        heard(marisol, page)
        assert len(queries) <= 6, queries


@pytest.mark.parametrize("given", ["request=0", "request=x", "request=99999999999", "since=-1", "request=2147483647"])
def test_news_of_what_cannot_be_are_not_found(cast: Cast, world: World, browse, given: str) -> None:
    assert browse(cast.marisol).get(f"/desk/live?{given}").status_code == 404


def test_news_of_another_region_are_not_told(cast: Cast, world: World, browse) -> None:
    abroad = f.ProposalFactory(region=cast.next_door)
    assert browse(cast.marisol).get(f"/desk/live?request={abroad.request_id}").status_code == 404
