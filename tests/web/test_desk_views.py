"""Views of the queue that somebody keeps: named, followed, replaced, removed, and nobody else's."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import saved_views
from models import AuditEvent, SavedView, ViewedPage
from tests import factories as f
from tests.cast import Cast
from tests.web.world import World


def kept(session: Session) -> list[tuple[int, str, str]]:
    rows = session.scalars(select(SavedView).order_by(SavedView.id))
    return [(each.account_id, each.name, each.query) for each in rows]


def test_a_view_is_kept_shown_to_its_owner_alone_and_removed(
    session: Session, cast: Cast, world: World, browse
) -> None:
    session.delete(world.kept)
    f.ProposalFactory(region=cast.region)
    browser = browse(cast.marisol)
    sent = {"name": " Science, mine ", "view": "section=ready&subject=science&whose=me"}
    answer = browser.post("/desk/views", sent)
    assert answer.headers["Location"] == "/desk?section=ready&subject=science&whose=me"
    assert kept(session) == [(cast.marisol.id, "Science, mine", "section=ready&subject=science&whose=me")]
    page = browser.get("/desk").get_data(as_text=True)
    assert 'href="/desk?section=ready&amp;subject=science&amp;whose=me">Science, mine</a>' in page
    assert "Science, mine" not in browse(cast.ben).get("/desk").get_data(as_text=True)
    view = session.scalars(select(SavedView)).one()
    assert browse(cast.ben).post(f"/desk/views/{view.id}/remove").status_code == 404
    assert (
        browser.post(f"/desk/views/{view.id}/remove", {"view": "order=oldest"})
        .headers["Location"]
        .endswith("/desk?order=oldest")
    )
    assert kept(session) == []
    tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag.startswith("desk:view")))
    assert list(tags) == ["desk:view:kept", "desk:view:removed"]


def test_only_what_a_view_can_ask_for_is_stored(session: Session, cast: Cast, world: World, browse) -> None:
    session.delete(world.kept)
    browse(cast.marisol).post(
        "/desk/views", {"name": "Old", "view": "over=7&note=call+her&subject=<b>&section=x&order=oldest"}
    )
    assert kept(session) == [(cast.marisol.id, "Old", "order=oldest&over=7")]


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "two\x07"])
def test_a_view_needs_a_name_that_fits(session: Session, cast: Cast, world: World, browse, name: str) -> None:
    answer = browse(cast.marisol).post("/desk/views", {"name": name, "view": ""})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert len(kept(session)) == 1


def test_the_same_name_again_replaces_and_the_thirteenth_is_refused(
    session: Session, cast: Cast, world: World, browse
) -> None:
    browser = browse(cast.marisol)
    for number in range(saved_views.MOST - 1):
        assert browser.post("/desk/views", {"name": f"View {number:02}", "view": ""}).status_code == 302
    again = browser.post("/desk/views", {"name": world.kept.name, "view": "over=14"})
    assert (again.status_code, len(kept(session))) == (302, saved_views.MOST)
    session.refresh(world.kept)
    assert world.kept.query == "over=14"
    answer = browser.post("/desk/views", {"name": "One more", "view": ""})
    assert answer.status_code == 409
    assert "You keep 12 views of this page already." in answer.get_data(as_text=True)
    assert browse(cast.ben).post("/desk/views", {"name": "One more", "view": ""}).status_code == 302


def test_pages_keep_their_views_apart(session: Session, cast: Cast, clock) -> None:
    from matchmaker.policies import Actor

    actor = Actor(cast.marisol.id, frozenset())
    for page in ViewedPage:
        saved_views.keep(session, actor, cast.region, page, "Mine", f"page={page}", clock)
    f.SavedViewFactory(region=cast.next_door, owner=cast.marisol)
    for page in ViewedPage:
        assert [each.query for each in saved_views.of(session, actor, cast.region, page)] == [f"page={page}"]
