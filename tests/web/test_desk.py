"""The approval desk: the queue, a decision, taking it back, and two coordinators at once."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    AuditEvent,
    CapacityUnit,
    Clearance,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    ProposalState,
    RequestState,
)
from tests import factories as f
from tests.cast import Cast
from tests.web.world import World


def decision(world: World, **changed: Any) -> dict[str, Any]:
    return {"ranking": world.ranking.id, "proposal": world.first.id, "view": "section=ready", **changed}


def approved(session: Session, world: World) -> list[Introduction]:
    query = select(Introduction).where(Introduction.request_id == world.asked.id).order_by(Introduction.id)
    return list(session.scalars(query))


def test_the_desk_shows_the_request_its_people_and_the_decision(cast: Cast, world: World, browse) -> None:
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}").get_data(as_text=True)
    for words in (world.asked.title, "Esperanza Ochoa", "Ramón Escalante", "Their words are close.", "Approve, next"):
        assert words in page
    assert re.search(rf'name="proposal" value="{world.first.id}"[^>]*checked', page)
    assert "Made with version 1 of the equity policy." in page


def test_the_desk_never_shows_contacts(cast: Cast, world: World, browse) -> None:
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert cast.esperanza.email not in page
    assert cast.esperanza.phone not in page


def test_approving_holds_a_place_and_goes_on(session: Session, cast: Cast, world: World, browse) -> None:
    second = f.ProposalFactory(region=cast.region, who=cast.ramon)
    browser = browse(cast.marisol)
    answer = browser.post(f"/desk/{world.asked.id}/approve", decision(world))
    assert answer.headers["Location"] == f"/desk/{second.request_id}?section=ready"
    (introduction,) = approved(session, world)
    assert (introduction.state, introduction.approved_by_id) == (IntroductionState.APPROVED, cast.marisol.id)
    assert introduction.due_at == f.NOW + timedelta(minutes=10)
    held = session.scalars(select(CapacityUnit).where(CapacityUnit.introduction_id == introduction.id)).one()
    assert held.period == date(2026, 10, 1)
    page = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Esperanza Ochoa is invited at 9:10 AM" in page
    assert f"/desk/introductions/{introduction.id}/undo" in page


def test_the_last_of_a_section_leads_back_to_the_queue(cast: Cast, world: World, browse) -> None:
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world))
    assert answer.headers["Location"] == "/desk?section=ready"


def test_approving_twice_is_approving_once(session: Session, cast: Cast, world: World, browse) -> None:
    browser = browse(cast.marisol)
    answers = [browser.post(f"/desk/{world.asked.id}/approve", decision(world)).status_code for _ in range(2)]
    assert answers == [302, 302]
    assert len(approved(session, world)) == 1
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "invitation")) == 1


def test_the_second_of_two_coordinators_is_told_who_and_when(
    session: Session, cast: Cast, world: World, browse
) -> None:
    browse(cast.ben).post(f"/desk/{world.asked.id}/approve", decision(world))
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world, proposal=world.second.id))
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Ben Yazzie approved this request at 9:00 AM. Nothing was sent twice." in page
    assert "Esperanza Ochoa" in page, "the request as it stands now"
    assert len(approved(session, world)) == 1


def test_a_list_made_anew_since_the_page_was_drawn_is_shown_instead(
    session: Session, cast: Cast, world: World, browse
) -> None:
    newer = f.RankingFactory(region=cast.region, of=world.asked)
    f.ProposalFactory(region=cast.region, of=world.asked, found_in=newer, who=cast.ramon)
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world))
    assert answer.status_code == 409
    assert "has changed since" in answer.get_data(as_text=True)
    assert approved(session, world) == []


def test_a_request_withdrawn_meanwhile_is_not_approved(session: Session, cast: Cast, world: World, browse) -> None:
    browse(cast.ana.account).post(f"/requests/{world.asked.id}/withdraw")
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world))
    assert answer.status_code == 409
    assert approved(session, world) == []


def test_a_partner_paused_meanwhile_is_not_asked(session: Session, cast: Cast, world: World, browse) -> None:
    cast.esperanza.paused_at = f.NOW
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world))
    assert answer.status_code == 409
    assert "cannot be asked any more" in answer.get_data(as_text=True)
    assert approved(session, world) == []


@pytest.mark.parametrize(
    "changed",
    [{"proposal": ""}, {"proposal": "x"}, {"ranking": "-1"}, {"ranking": str(2**33)}],
    ids=str,
)
def test_a_decision_that_cannot_be_read_is_refused(
    session: Session, cast: Cast, world: World, browse, changed: dict[str, Any]
) -> None:
    assert browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world, **changed)).status_code == 400
    assert approved(session, world) == []


def test_a_proposal_of_another_request_or_region_is_not_found(
    session: Session, cast: Cast, world: World, browse
) -> None:
    other = f.ProposalFactory(region=cast.region)
    abroad = f.ProposalFactory(region=cast.next_door)
    browser = browse(cast.marisol)
    for proposal in (other, abroad):
        answer = browser.post(f"/desk/{world.asked.id}/approve", decision(world, proposal=proposal.id))
        assert answer.status_code == 404
    assert browser.post(f"/desk/proposals/{abroad.id}/pass", {"reason": "dates"}).status_code == 404
    assert browser.get(f"/desk/{abroad.request_id}").status_code == 404


def test_undo_frees_the_place_and_puts_the_request_back(session: Session, cast: Cast, world: World, browse) -> None:
    browser = browse(cast.marisol)
    browser.post(f"/desk/{world.asked.id}/approve", decision(world))
    (introduction,) = approved(session, world)
    for _ in range(2):
        answer = browser.post(f"/desk/introductions/{introduction.id}/undo")
        assert answer.headers["Location"] == f"/desk/{world.asked.id}"
    session.expire_all()
    assert introduction.state is IntroductionState.UNDONE
    assert (world.asked.state, world.first.state) == (RequestState.PROPOSED, ProposalState.OPEN)
    held = session.scalars(select(CapacityUnit).where(CapacityUnit.introduction_id == introduction.id)).one()
    assert held.released_at is not None


def test_what_has_left_is_not_taken_back(session: Session, cast: Cast, world: World, browse) -> None:
    answer = browse(cast.marisol).post(f"/desk/introductions/{world.invited.id}/undo")
    assert answer.status_code == 409
    assert "has already left" in answer.get_data(as_text=True)


def test_passing_over_keeps_the_reason_and_asks_the_ranker(session: Session, cast: Cast, world: World, browse) -> None:
    browser = browse(cast.marisol)
    sent = {"reason": "asked_lately", "note": ""}
    assert browser.post(f"/desk/proposals/{world.first.id}/pass", sent).status_code == 302
    session.refresh(world.first)
    assert world.first.state is ProposalState.PASSED
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "propose")) == 1
    assert browser.post(f"/desk/proposals/{world.first.id}/pass", sent).status_code == 409


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"reason": "other", "note": " "}, "say in your words why"),
        ({"reason": "dislike"}, "Please choose one."),
        ({"reason": "dates", "note": "x" * 501}, "500"),
    ],
)
def test_a_reason_that_cannot_be_used_passes_nobody_over(
    session: Session, cast: Cast, world: World, browse, sent: dict[str, str], said: str
) -> None:
    answer = browse(cast.marisol).post(f"/desk/proposals/{world.first.id}/pass", sent)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    session.refresh(world.first)
    assert world.first.state is ProposalState.OPEN


def test_a_caution_moves_a_request_to_a_closer_look(session: Session, cast: Cast, world: World, browse) -> None:
    cast.esperanza.clearance_expires_on = date(2026, 10, 7)
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert "ends on Wednesday, October 7, before the last date offered" in page
    assert '/desk?section=closer" aria-current="true"' in page
    cast.esperanza.clearance = Clearance.IN_PROCESS
    assert "still in process" in browse(cast.marisol).get(f"/desk/{world.asked.id}").get_data(as_text=True)


def test_a_request_that_came_back_is_looked_at_closer(session: Session, cast: Cast, world: World, browse) -> None:
    f.IntroductionFactory(
        region=cast.region,
        suggested=f.ProposalFactory(region=cast.region, of=world.asked, found_in=world.ranking, rank=3, rank_before=3),
        state=IntroductionState.NOT_NOW,
    )
    world.asked.state = RequestState.PROPOSED
    session.commit()
    page = browse(cast.marisol).get("/desk?section=closer").get_data(as_text=True)
    assert world.asked.title in page


def test_where_nobody_fits_the_rules_are_counted_and_the_look_at_contacts_recorded(
    session: Session, cast: Cast, browse
) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.NONE_YET)
    f.RankingFactory(region=cast.region, of=asked, eligible=0, excluded={"full": 7, "paused": 2})
    page = browse(cast.marisol).get(f"/desk/{asked.id}").get_data(as_text=True)
    assert "Nobody eligible yet" in page
    assert "<b>7</b>" in page
    seen = session.scalars(select(AuditEvent).where(AuditEvent.tag == "people:contacts:seen")).all()
    assert [(event.actor_id, event.subject_id) for event in seen] == [(cast.marisol.id, asked.id)]


def test_an_empty_desk_says_so(cast: Cast, browse) -> None:
    assert "The desk is clear" in browse(cast.olga).get("/desk").get_data(as_text=True)


def test_a_long_queue_has_pages_and_few_questions(
    session: Session, cast: Cast, world: World, browse, queries: list[str]
) -> None:
    for number in range(24):
        asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title=f"Question {number}", windows=[])
        f.ProposalFactory(region=cast.region, of=asked)
    browser = browse(cast.marisol)
    session.commit()
    session.expunge_all()
    queries.clear()
    page = browser.get("/desk").get_data(as_text=True)
    assert page.count('class="q__t"') == 20
    assert len(queries) <= 12, queries
    session.expunge_all()
    assert browser.get("/desk?page=2").get_data(as_text=True).count('class="q__t"') == 5


def test_a_decided_request_can_still_be_read(cast: Cast, world: World, browse) -> None:
    page = browse(cast.marisol).get(f"/desk/{world.invited.request_id}").get_data(as_text=True)
    assert "Decided" in page
    assert "Approve, next" not in page


def test_the_queue_counts_in_the_menu(session: Session, cast: Cast, world: World, browse) -> None:
    page = browse(cast.marisol).get("/people").get_data(as_text=True)
    waiting = session.scalar(
        select(func.count(LearningRequest.id)).where(LearningRequest.state == RequestState.PROPOSED)
    )
    assert f'<span class="count">{waiting}' in page


def test_a_mail_put_aside_is_back_on_the_desk_with_what_to_do(
    session: Session, cast: Cast, world: World, browse
) -> None:
    approved = f.IntroductionFactory(region=cast.region, suggested__of__asked_by=cast.ana)
    f.OutboxItemFactory(
        region_id=cast.region.id,
        payload={"introduction_id": approved.id},
        failed_at=f.NOW,
        last_error="PermanentFailure: 550 no such mailbox",
    )
    page = browse(cast.marisol).get("/desk?section=closer").get_data(as_text=True)
    assert f"/desk/{approved.request_id}" in page
    page = browse(cast.marisol).get(f"/desk/{approved.request_id}").get_data(as_text=True)
    assert "could not be sent" in page
    assert "550 no such mailbox" in page


def test_an_empty_desk_says_how_many_are_still_being_read(session: Session, cast: Cast, browse) -> None:
    f.LearningRequestFactory(region=cast.next_door)
    assert "1 request is being read" in browse(cast.olga).get("/desk").get_data(as_text=True)
