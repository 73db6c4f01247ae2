"""Drafts that a teacher has stored, and earlier requests used again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import OutboxItem, RequestState, Window
from tests import factories as f
from tests.cast import Cast
from tests.web.test_requests import form, posted
from tests.web.world import World


def test_a_draft_is_stored_for_its_teacher_alone_and_nobody_is_asked(session: Session, cast: Cast, browse) -> None:
    sent = form(**{"do": "save", "windows-0-date": "", "windows-0-starts": ""})
    where = browse(cast.ana.account).post("/requests/new", sent).headers["Location"]
    (draft,) = posted(session, cast)
    assert (draft.state, draft.posted_at, draft.windows) == (RequestState.DRAFT, None, [])
    assert session.scalar(select(func.count(OutboxItem.id))) == 0
    page = browse(cast.ana.account).get(where).get_data(as_text=True)
    assert "This is a draft. Nobody has seen it." in page
    assert f"/requests/new?draft={draft.id}" in page
    for other in (cast.tomas.account, cast.marisol, cast.ada):
        assert browse(other).get(where).status_code == 403
        assert browse(other).post(f"{where}/withdraw").status_code == 403
    assert browse(cast.marisol).get(f"/desk/{draft.id}").status_code == 404


def test_a_form_has_one_draft_and_posting_it_makes_no_second_request(session: Session, cast: Cast, browse) -> None:
    browser, sent = browse(cast.ana.account), form(do="save")
    browser.post("/requests/new", sent)
    browser.post("/requests/new", {**sent, "title": "Who measured dust?", "windows-0-date": "2026-10-07"})
    (draft,) = posted(session, cast)
    assert draft.title == "Who measured dust?"
    assert session.scalar(select(func.count(Window.id))) == 1
    page = browser.get(f"/requests/new?draft={draft.id}").get_data(as_text=True)
    assert 'value="2026-10-07"' in page and 'value="09:20"' in page and sent["form_key"] in page
    browser.post(f"/requests/new?draft={draft.id}", {**sent, "do": ""})
    (request,) = posted(session, cast)
    assert (request.id, request.state, request.title) == (draft.id, RequestState.POSTED, sent["title"])
    browser.post("/requests/new", {**sent, "title": "Too late"})
    assert posted(session, cast)[0].title == sent["title"], "what is posted is not written over"


def test_a_draft_with_a_student_s_name_is_not_stored(session: Session, cast: Cast, browse) -> None:
    answer = browse(cast.ana.account).post("/requests/new", form(do="save", text="Mateo G. keeps a diary."))
    assert answer.status_code == 422
    assert posted(session, cast) == []


def test_a_draft_is_thrown_away(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ana.account)
    browser.post("/requests/new", form(do="save"))
    (draft,) = posted(session, cast)
    assert browser.post(f"/requests/{draft.id}/withdraw").headers["Location"] == "/requests"
    assert posted(session, cast) == []
    assert session.scalar(select(func.count(Window.id))) == 0


def test_an_earlier_request_is_used_again_without_its_dates(cast: Cast, world: World, browse) -> None:
    browser, earlier = browse(cast.ana.account), world.asked
    path = f"/requests/new?again={earlier.id}"
    assert path in browser.get(f"/requests/{earlier.id}").get_data(as_text=True)
    page = browser.get(path).get_data(as_text=True)
    assert earlier.text.splitlines()[0] in page
    assert 'type="date" value=""' in page
    assert earlier.form_key is None or earlier.form_key not in page


@pytest.mark.parametrize("source", ["again", "draft"])
def test_nobody_fills_a_form_with_what_is_not_theirs(cast: Cast, browse, source: str) -> None:
    others = f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas, title="What Tomás asks")
    browser = browse(cast.ana.account)
    assert browser.get(f"/requests/new?{source}={others.id}").status_code == 403
    assert browser.get(f"/requests/new?{source}=999999999").status_code == 404
    assert browser.get(f"/requests/new?{source}=99999999999999").status_code == 200
    assert browser.get(f"/requests/new?{source}=x").status_code == 200
