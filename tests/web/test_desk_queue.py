"""The queue of the desk as a coordinator narrows it: filters, order, what waits too long, what is put aside, pages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import LearningRequest, RequestState
from tests import factories as f
from tests.cast import Cast


@pytest.fixture
def narrowed(session: Session, cast: Cast) -> dict[str, LearningRequest]:
    """Four requests that differ in all that can be filtered by."""
    north = f.DistrictFactory(region=cast.region, name="North")
    far = f.SchoolFactory(region=cast.region, name="Las Norias", district_id=north.id)
    teacher = f.TeacherFactory(region=cast.region, school=far)
    made = {
        "flood": waiting(cast, title="Floods", asked_by=cast.ana, days=2, relevance=0.5),
        "song": waiting(cast, title="Songs", asked_by=teacher, subject="music", grade=3, days=5, relevance=0.9),
        "loom": waiting(cast, title="Looms", asked_by=teacher, languages=["ood"], grade=11, days=4, relevance=0.7),
        "gears": waiting(cast, title="Gears", asked_by=cast.ana, days=30, relevance=0.6),
    }
    made["song"].assigned_to_id, made["loom"].assigned_to_id = cast.marisol.id, cast.ben.id
    session.commit()
    return made


def waiting(cast: Cast, *, days: int, relevance: float = 0.7, **about: Any) -> LearningRequest:
    asked = f.LearningRequestFactory(region=cast.region, posted_at=f.NOW - timedelta(days=days), **about)
    f.ProposalFactory(region=cast.region, of=asked, relevance=relevance)
    return asked


def titles(page: str) -> list[str]:
    return re.findall(r'class="q__t"[^>]*>([^<]+)<', page)


def shown(browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return str(answer.get_data(as_text=True))


def test_filters_narrow_the_queue_and_say_so(cast: Cast, narrowed: dict[str, LearningRequest], browse) -> None:
    browser = browse(cast.marisol)
    school, district = narrowed["song"].school_id, narrowed["song"].school.district_id
    for given, found in {
        f"where=school-{school}": {"Songs", "Looms"},
        f"where=district-{district}": {"Songs", "Looms"},
        "subject=music": {"Songs"},
        "band=high": {"Looms"},
        "band=elementary": {"Songs"},
        "language=ood": {"Looms"},
        "whose=me": {"Songs"},
        "whose=nobody": {"Floods", "Gears"},
        f"whose={cast.ben.id}": {"Looms"},
        "over=3": {"Songs", "Looms", "Gears"},
        "over=promised": {"Gears"},
        f"where=district-{district}&over=3&whose=me": {"Songs"},
    }.items():
        page = shown(browser, f"/desk?section=ready&{given}")
        assert set(titles(page)) == found, given
        assert f"<strong>{len(found)} of 4</strong>" in page, given
        assert '<a class="link-target" href="/desk?section=ready">Show all</a>' in page


def test_what_no_address_of_ours_says_is_not_asked_for(cast: Cast, narrowed, browse) -> None:
    given = "section=elsewhere&order=x&where=school-1e9&subject=%3Cb%3E&band=4&language=klingon&whose=-1&over=2&more=1"
    page = shown(browse(cast.marisol), f"/desk?{given}")
    assert len(titles(page)) == 4
    assert "Show all" not in page


@pytest.mark.parametrize(
    ("order", "first"), [("oldest", ["Gears", "Songs"]), ("closest", ["Songs", "Looms"]), ("line", ["Gears", "Songs"])]
)
def test_the_queue_has_three_orders(cast: Cast, narrowed, browse, order: str, first: list[str]) -> None:
    page = shown(browse(cast.marisol), f"/desk?order={order}")
    assert titles(page)[:2] == first
    assert re.search(rf'<option value="{order}" selected>', page)


def test_the_filters_stay_through_a_decision_and_back(cast: Cast, narrowed, browse) -> None:
    browser = browse(cast.marisol)
    song, loom = narrowed["song"], narrowed["loom"]
    view = f"section=ready&order=closest&where=school-{song.school_id}"
    page = shown(browser, f"/desk/{song.id}?{view}")
    hidden = re.search(r'name="view" value="([^"]+)"', page)
    assert hidden and hidden[1].replace("&amp;", "&") == view
    proposal = re.search(r'name="proposal" value="(\d+)"', page)
    ranking = re.search(r'name="ranking" value="(\d+)"', page)
    assert proposal and ranking
    sent = {"proposal": proposal[1], "ranking": ranking[1], "view": view}
    answer = browser.post(f"/desk/{song.id}/approve", sent)
    assert answer.headers["Location"] == f"/desk/{loom.id}?{view}", "the next one that passes the filters"
    page = shown(browser, answer.headers["Location"])
    undo = re.search(r'action="(/desk/introductions/\d+/undo)"', page)
    assert undo
    assert browser.post(undo[1], {"view": view}).headers["Location"] == f"/desk/{song.id}?{view}"


def test_the_last_that_passes_the_filters_leads_back_to_them(cast: Cast, narrowed, browse) -> None:
    browser = browse(cast.marisol)
    page = shown(browser, f"/desk/{narrowed['song'].id}?section=ready&subject=music")
    sent = {name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("proposal", "ranking")}
    answer = browser.post(f"/desk/{narrowed['song'].id}/approve", {**sent, "view": "section=ready&subject=music"})
    assert answer.headers["Location"] == "/desk?section=ready&subject=music"
    page = shown(browser, answer.headers["Location"])
    assert "Nothing here passes these filters." in page and "<strong>0 of 3</strong>" in page
    assert '<option value="music" selected>(none left)</option>' in page, "what is asked for stays asked for"


def test_how_long_each_waits_and_who_waits_longer_than_promised(cast: Cast, narrowed, browse) -> None:
    page = shown(browse(cast.marisol), "/desk?order=oldest")
    assert "4 to review, oldest 30 days" in page
    assert page.count("30 days, longer than promised") == 1
    row = page[page.index('class="queue__list"') :].split("</li>")[0]
    assert "Gears" in row and "30 days, longer than promised" in row


def test_what_is_put_aside_says_until_when_and_by_whom(session: Session, cast: Cast, narrowed, browse) -> None:
    browser = browse(cast.marisol)
    assert "On hold" not in shown(browser, "/desk").split("<article")[0], "no section that holds nothing"
    narrowed["loom"].held_until, narrowed["loom"].held_by_id = f.NOW + timedelta(days=3), cast.ben.id
    session.commit()
    page = shown(browser, "/desk?section=held")
    assert titles(page) == ["Looms"]
    assert "On hold until Thu, Sep 17, by Ben Yazzie" in page
    assert "3 to review" in page, "it comes back by itself"


def test_one_request_has_neither_order_nor_filters(session: Session, cast: Cast, browse) -> None:
    waiting(cast, days=1)
    session.commit()
    page = shown(browse(cast.marisol), "/desk")
    assert "1 to review, waiting 1 day" in page
    assert 'name="order"' not in page.split('id="decide"')[0] and "Filters" not in page


def test_more_than_twenty_have_pages_in_their_order(session: Session, cast: Cast, browse) -> None:
    asked = [waiting(cast, days=number, title=f"Question {number}", asked_by=cast.ana) for number in range(1, 24)]
    session.commit()
    browser = browse(cast.marisol)
    page = shown(browser, "/desk?order=oldest")
    assert titles(page) == [f"Question {number}" for number in range(23, 3, -1)]
    assert 'href="/desk?section=ready&amp;order=oldest&amp;page=2"' in page
    assert titles(shown(browser, "/desk?order=oldest&page=2")) == ["Question 3", "Question 2", "Question 1"]
    assert "Question 1" in titles(shown(browser, f"/desk/{asked[0].id}?order=oldest")), "the page that holds it"


@pytest.mark.parametrize("many", [20, 60])
def test_the_desk_asks_little_however_many_wait(
    session: Session, cast: Cast, browse, queries: list[str], many: int
) -> None:
    browser = browse(cast.marisol)
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.NONE_YET)
    asked = [waiting(cast, days=number, asked_by=cast.ana, windows=[]) for number in range(many)]
    session.commit()
    for path in ("/desk", "/desk?order=closest&over=3", f"/desk/{asked[0].id}?section=ready"):
        session.expunge_all()
        queries.clear()
        assert len(titles(shown(browser, path))) >= 16
        assert len(queries) <= 10, (path, queries)
