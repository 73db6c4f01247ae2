"""Several obvious requests at once on the desk: what is asked first, what is done, what is said, and one undo."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Introduction, IntroductionState, LearningRequest, Partner
from tests import factories as f
from tests.cast import Cast


def obvious(cast: Cast, title: str, who: Partner | None = None, behind: int = 2) -> str:
    """A request with a clear lead; gives what its row sends."""
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title=title)
    first = f.ProposalFactory(region=cast.region, of=request, **({"who": who} if who else {}))
    for rank in range(2, behind + 2):
        f.ProposalFactory(
            region=cast.region, of=request, found_in=first.ranking, rank=rank, rank_before=rank, relevance=0.7 / rank
        )
    return f"{request.id}:{first.ranking_id}:{first.id}"


def confirmed(row: str) -> str:
    """The same as the question sends it, with the two who stand behind."""
    proposal = int(row.rsplit(":", 1)[1])
    return f"{row}:{proposal + 1},{proposal + 2}"


def count(session: Session, state: IntroductionState) -> int:
    return session.scalar(select(func.count(Introduction.id)).where(Introduction.state == state)) or 0


def test_only_clear_leads_can_be_picked(cast: Cast, browse) -> None:
    clear, close = obvious(cast, "Who carries the water?"), obvious(cast, "Who reads clouds?", behind=0)
    page = browse(cast.marisol).get("/desk").get_data(as_text=True)
    assert f'name="picked" value="{clear}"' in page
    assert close not in page
    assert "1 has a clear lead and no cautions." in page


def test_the_question_names_everybody_and_asks_little_of_the_database(
    session: Session, cast: Cast, browse, queries: list[str]
) -> None:
    rows = [obvious(cast, f"Question {number}") for number in range(20)]
    browser = browse(cast.marisol)
    session.commit()
    session.expunge_all()
    queries.clear()
    page = browser.get("/desk/bulk", query_string={"picked": rows}).get_data(as_text=True)
    assert len(queries) <= 12, queries
    assert "Approve 20 requests?" in page
    assert page.count(" is invited first. Backups: ") == 20
    assert all(f'value="{confirmed(row)}"' in page for row in rows)
    assert len(page.encode()) < 60_000


def test_what_changed_since_it_was_picked_is_left_out_of_the_question(session: Session, cast: Cast, browse) -> None:
    stays, changed = obvious(cast, "Who carries the water?"), obvious(cast, "Who reads clouds?")
    request = session.get_one(LearningRequest, int(changed.split(":")[0]))
    f.ProposalFactory(region=cast.region, of=request)
    browser = browse(cast.marisol)
    page = browser.get("/desk/bulk", query_string={"picked": [stays, changed]}).get_data(as_text=True)
    assert "Approve 1 request?" in page
    assert "1 more was picked, but has changed since" in page
    page = browser.get("/desk/bulk", query_string={"picked": [changed]}).get_data(as_text=True)
    assert "Nothing to approve together" in page
    assert "Approve 1 request?" in browser.get("/desk/bulk?all=1&section=ready").get_data(as_text=True)


def test_a_batch_is_approved_twice_is_once_and_taken_back_by_one_undo(session: Session, cast: Cast, browse) -> None:
    rows = [confirmed(obvious(cast, f"Question {number}")) for number in range(3)]
    browser = browse(cast.marisol)
    for _ in range(2):
        answer = browser.post("/desk/bulk", {"picked": rows, "view": "section=ready&order=oldest"})
        assert answer.headers["Location"] == "/desk?section=ready&order=oldest"
    assert count(session, IntroductionState.APPROVED) == 3
    page = browser.get("/desk").get_data(as_text=True)
    assert "3 approved. The invitations leave at 9:10 AM; nothing is sent before." in page
    newest = max(session.scalars(select(Introduction.id)))
    assert f'action="/desk/introductions/{newest}/undo-batch"' in page
    assert "3 invitations leave at 9:10 AM" in browser.get("/desk").get_data(as_text=True)
    browser.post(f"/desk/introductions/{newest}/undo-batch")
    assert count(session, IntroductionState.UNDONE) == 3
    assert "3 approvals taken back." in browser.get("/desk").get_data(as_text=True)


def test_each_that_was_not_approved_is_named_with_why(session: Session, cast: Cast, browse) -> None:
    cast.esperanza.monthly_capacity = 1
    first = confirmed(obvious(cast, "Who carries the water?", cast.esperanza))
    second = confirmed(obvious(cast, "Who reads clouds?", cast.esperanza))
    browser = browse(cast.marisol)
    answer = browser.post("/desk/bulk", {"picked": [second, first], "view": "section=ready"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "1 approved. The invitation leaves" in page
    assert "1 was not approved:" in page
    assert "in that month went to “Who carries the water?”, which you picked too." in page
    browse(cast.ben).post("/desk/bulk", {"picked": [second]})
    answer = browse(cast.ben).post("/desk/bulk", {"picked": [first]})
    assert answer.status_code == 409
    assert "Marisol Vega approved this request at 9:00 AM." in answer.get_data(as_text=True)
    assert count(session, IntroductionState.APPROVED) == 1


def test_an_undo_names_those_whose_invitation_had_left(session: Session, cast: Cast, browse) -> None:
    rows = [
        confirmed(obvious(cast, "Who carries the water?", cast.ramon)),
        confirmed(obvious(cast, "Who reads clouds?")),
    ]
    browser = browse(cast.marisol)
    browser.post("/desk/bulk", {"picked": rows})
    left, stays = session.scalars(select(Introduction).order_by(Introduction.id))
    left.become(IntroductionState.INVITED, at=f.NOW)
    browser.post(f"/desk/introductions/{stays.id}/undo-batch")
    page = browser.get("/desk").get_data(as_text=True)
    assert "1 approval taken back." in page
    assert "Invitations that had left already: Ramón Escalante." in page


def test_what_was_approved_later_is_not_taken_back_with_a_batch(session: Session, cast: Cast, browse) -> None:
    rows = [confirmed(obvious(cast, f"Question {number}")) for number in range(3)]
    browser = browse(cast.marisol)
    browser.post("/desk/bulk", {"picked": rows[:2]})
    with time_machine.travel(f.NOW + timedelta(minutes=1), tick=False):
        browser.post("/desk/bulk", {"picked": rows[2:]})
        alone = max(session.scalars(select(Introduction.id)))
        assert f'action="/desk/introductions/{alone}/undo"' in browser.get("/desk").get_data(as_text=True)
        browser.post(f"/desk/introductions/{alone}/undo-batch")
    assert (count(session, IntroductionState.UNDONE), count(session, IntroductionState.APPROVED)) == (1, 2)


@pytest.mark.parametrize(
    "sent", ["", "1", "1:2", "1:2:x", "0:1:1", "1:1:1:0", "1:1:1:2,", f"{2**33}:1:1", "1:1:1:" + ",".join("9" * 40)]
)
def test_a_batch_that_cannot_be_read_is_refused(cast: Cast, browse, sent: str) -> None:
    status: Any = browse(cast.marisol).post("/desk/bulk", {"picked": sent}).status_code
    assert status in (400, 404), sent


def test_more_than_fifty_or_of_another_region_are_refused(session: Session, cast: Cast, browse) -> None:
    abroad = f.ProposalFactory(region=cast.next_door)
    browser = browse(cast.marisol)
    row = f"{abroad.request_id}:{abroad.ranking_id}:{abroad.id}"
    assert browser.post("/desk/bulk", {"picked": row}).status_code == 404
    assert browser.post("/desk/bulk", {"picked": [row] * 51}).status_code == 400
    assert count(session, IntroductionState.APPROVED) == 0
