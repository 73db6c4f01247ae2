"""First choices with backups, requests for several people, and answers told to a coordinator."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.queries import rankings
from models import (
    AnswerVia,
    AuditEvent,
    Backup,
    BackupState,
    IntroductionState,
    NotNowReason,
    Proposal,
    RequestState,
    Visit,
)
from tests import factories as f
from tests.cast import Cast
from tests.web.test_desk import approved, decision
from tests.web.world import World


def more_people(cast: Cast, world: World, number: int) -> list[Proposal]:
    shared = {"region": cast.region, "of": world.asked, "found_in": world.ranking}
    return [f.ProposalFactory(**shared, rank=rank, rank_before=rank) for rank in range(3, 3 + number)]


def test_two_backups_that_nothing_speaks_against_are_marked_beforehand(cast: Cast, world: World, browse) -> None:
    third, fourth, fifth = more_people(cast, world, 3)
    third.partner.monthly_capacity = 0
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}").get_data(as_text=True)
    marked = re.findall(r'name="backup" value="(\d+)"[^>]* checked', page)
    assert marked == [str(world.second.id), str(fourth.id)]
    assert f'name="order" value="{world.second.id} {fourth.id}"' in page
    assert str(fifth.id) not in marked


@pytest.mark.parametrize(("order", "asked"), [("", "second third"), ("third second", "third second")])
def test_backups_are_kept_in_the_order_they_were_picked_else_of_the_list(
    session: Session, cast: Cast, world: World, browse, order: str, asked: str
) -> None:
    ids = {"second": world.second.id, "third": more_people(cast, world, 1)[0].id}
    sent = decision(
        world, backup=[world.first.id, *ids.values()], order=" ".join(str(ids[name]) for name in order.split())
    )
    assert browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", sent).status_code == 302
    kept = session.scalars(select(Backup).order_by(Backup.position)).all()
    assert [backup.proposal_id for backup in kept] == [ids[name] for name in asked.split()]
    page = browse(cast.ben).get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert "Asked if those before cannot." in page


def test_a_fourth_backup_is_one_too_many_and_what_was_marked_stays(
    session: Session, cast: Cast, world: World, browse
) -> None:
    ids = [world.second.id, *(each.id for each in more_people(cast, world, 3))]
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world, backup=ids))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Please choose 3 backups or fewer." in page
    assert len(re.findall(r'name="backup"[^>]* checked', page)) == 4
    assert approved(session, world) == []


@pytest.mark.parametrize("changed", [{"backup": "x"}, {"backup": str(2**40)}, {"order": "a b"}], ids=str)
def test_backups_that_cannot_be_read_are_refused(cast: Cast, world: World, browse, changed: dict[str, Any]) -> None:
    assert browse(cast.marisol).post(f"/desk/{world.asked.id}/approve", decision(world, **changed)).status_code == 400


def test_the_desk_tells_what_became_of_each_in_line(session: Session, cast: Cast, world: World, browse) -> None:
    browser = browse(cast.marisol)
    third = more_people(cast, world, 1)[0]
    browser.post(f"/desk/{world.asked.id}/approve", decision(world, backup=[world.second.id, third.id]))
    (first,) = approved(session, world)
    first.become(IntroductionState.INVITED, at=f.NOW)
    cast.ramon.monthly_capacity = 0
    browser.post(
        f"/desk/introductions/{first.id}/answer",
        {"answer": "not_now", "reason": "far", "via": "phone", "agreed": "y"},
    )
    page = browser.get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert "Not now: “It is far for me”." in page and "Answered by phone." in page
    assert "Not asked: has no free place that month any more." in page
    assert "The invitation leaves at 9:10 AM" in page, "the third is invited"


def test_a_request_for_several_stays_on_the_desk_until_enough_are_asked(
    session: Session, cast: Cast, world: World, browse
) -> None:
    world.asked.partners_wanted = 2
    third = more_people(cast, world, 1)[0]
    browser = browse(cast.marisol)
    assert "each approved alone" in browser.get(f"/desk/{world.asked.id}").get_data(as_text=True)
    answer = browser.post(f"/desk/{world.asked.id}/approve", decision(world, backup=world.second.id))
    assert answer.headers["Location"] == f"/desk/{world.asked.id}?section=ready", "the next person, here and now"
    page = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert "1 of 2 people asked." in page and "1 more is wanted." in page
    assert re.search(rf'name="proposal" value="{third.id}"[^>]* checked', page), "whoever stands behind nobody"
    assert "Backup already" in page
    assert world.asked.title in browser.get("/desk").get_data(as_text=True)
    browser.post(f"/desk/{world.asked.id}/approve", decision(world, proposal=third.id))
    assert len(approved(session, world)) == 2
    page = browser.get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert "2 of 2 people asked." in page and "Approve, next" not in page
    assert world.asked.title not in re.findall(
        r'class="q__t"[^>]*>([^<]*)<', browser.get("/desk").get_data(as_text=True)
    )


def told(**changed: Any) -> dict[str, Any]:
    return {"answer": "yes", "via": "phone", "agreed": "y", **changed}


def test_a_yes_told_by_phone_counts_as_the_partner_s_own(session: Session, cast: Cast, world: World, browse) -> None:
    browser, invited = browse(cast.ben), world.invited
    path = f"/desk/introductions/{invited.id}/answer"
    assert path in browser.get(f"/desk/{invited.request_id}").get_data(as_text=True)
    window = invited.request.windows[0]
    assert f'value="{window.id}"' in browser.get(path).get_data(as_text=True)
    assert browser.post(path, told(window=window.id)).headers["Location"] == f"/desk/{invited.request_id}"
    session.refresh(invited)
    assert (invited.state, invited.answered_via) == (IntroductionState.ACCEPTED, AnswerVia.PHONE)
    assert invited.answered_by_id == cast.ben.id
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag.like("%accepted"))).one()
    assert (event.actor_id, event.detail["via"]) == (cast.ben.id, "phone")
    assert "The answer is yes already." in browser.get(path).get_data(as_text=True)


def test_not_now_with_a_reason_and_a_pause_is_taken_down(session: Session, cast: Cast, world: World, browse) -> None:
    until = (f.NOW + timedelta(days=30)).date()
    sent = told(answer="not_now", reason="busy", pause_until=until.isoformat(), via="in_person")
    browse(cast.marisol).post(f"/desk/introductions/{world.invited.id}/answer", sent)
    session.refresh(world.invited)
    assert world.invited.not_now_reason is NotNowReason.BUSY
    assert world.invited.answered_via is AnswerVia.IN_PERSON
    assert world.invited.partner.paused_until == until


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"agreed": ""}, "Please ask them first"),
        ({"via": ""}, "Please say how they told you."),
        ({"via": "link"}, "Please choose one."),
        ({"answer": ""}, "Please choose one of the answers."),
        ({}, "Please choose one of the dates."),
        ({"answer": "other_times"}, "Please choose a time, or write one."),
    ],
    ids=str,
)
def test_without_consent_or_an_answer_nothing_is_taken_down(
    session: Session, cast: Cast, world: World, browse, changed: dict[str, str], said: str
) -> None:
    sent = {name: value for name, value in told(**changed).items() if value}
    answer = browse(cast.marisol).post(f"/desk/introductions/{world.invited.id}/answer", sent)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    session.refresh(world.invited)
    assert world.invited.state is IntroductionState.INVITED


def test_the_teacher_chooses_one_of_the_other_times_on_her_page(
    session: Session, cast: Cast, world: World, browse
) -> None:
    proposed = _other_time(cast, world)
    browser = browse(cast.ana.account)
    page = browser.get(f"/requests/{world.invited.request_id}").get_data(as_text=True)
    assert "Someone would gladly come, at another time." in page and world.invited.partner.name not in page
    path = f"/requests/introductions/{world.invited.id}/times"
    answer = browser.post(path)
    assert answer.status_code == 422 and "Please choose a time" in answer.get_data(as_text=True)
    assert browser.post(path, {"time": proposed.id}).status_code == 302
    assert session.scalars(select(Visit.starts_at).where(Visit.introduction_id == world.invited.id)).one() == (
        proposed.starts_at
    )
    session.refresh(world.invited)
    assert world.invited.state is IntroductionState.ACCEPTED


def test_where_no_time_fits_the_next_person_is_asked(session: Session, cast: Cast, world: World, browse) -> None:
    _other_time(cast, world)
    behind = f.ProposalFactory(
        region=cast.region,
        of=world.invited.request,
        found_in=rankings.latest(session, world.invited.request_id),
        rank=2,
    )
    backup = f.BackupFactory(region=cast.region, behind=world.invited, suggested=behind)
    world.invited.request.state = RequestState.PLACED
    browser = browse(cast.ana.account)
    browser.post(f"/requests/introductions/{world.invited.id}/times", {"time": "none"})
    session.refresh(backup)
    assert backup.state is BackupState.PROMOTED
    page = browser.get(f"/requests/{world.invited.request_id}").get_data(as_text=True)
    assert "The person we asked cannot come. The next one was chosen" in page
    assert behind.partner.name not in page


def _other_time(cast: Cast, world: World) -> Any:
    world.invited.become(IntroductionState.OTHER_TIMES, at=f.NOW)
    return f.OtherTimeFactory(region=cast.region, of=world.invited)
