"""What waits for a person, who waits for whom, and what partners see of their own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.web.desk import task_words
from models import Account, AuditEvent, IntroductionState, TaskKind
from tests import factories as f
from tests.cast import Cast
from tests.web.world import World


def test_one_s_own_tasks_come_first_with_whom_to_call(session: Session, cast: Cast, world: World, browse) -> None:
    world.task.partner_id, world.task.due_on = cast.ramon.id, date(2026, 9, 1)
    f.TaskFactory(region=cast.region, owner=cast.ben, kind=TaskKind.NO_DATE)
    f.TaskFactory(region=cast.next_door, owner=cast.olga)
    browser = browse(cast.marisol)
    mine = browser.get("/desk/tasks").get_data(as_text=True)
    assert "Overdue since" in mine and cast.ramon.phone in mine
    assert "They were introduced and have no date yet." not in mine
    seen = session.scalars(select(AuditEvent).where(AuditEvent.tag == "people:contacts:seen")).all()
    assert [(event.actor_id, event.subject_id) for event in seen] == [(cast.marisol.id, cast.ramon.id)]
    every = browser.get("/desk/tasks?whose=all").get_data(as_text=True)
    assert "They were introduced and have no date yet." in every and every.count('class="todo__t"') == 2
    assert browser.get("/desk/tasks?whose=theirs").status_code == 404


def test_a_task_is_shown_beside_its_request_and_counted_on_the_desk(cast: Cast, world: World, browse) -> None:
    page = browse(cast.ben).get(f"/desk/{world.approved.request_id}").get_data(as_text=True)
    assert "Everybody who was asked cannot come" in page and "Marisol Vega, by Wednesday, September 16" in page
    assert 'For a person <span class="count">1</span>' in page


def test_done_and_handed_over(session: Session, cast: Cast, world: World, browse) -> None:
    browser, path = browse(cast.marisol), f"/desk/tasks/{world.task.id}"
    back = {"back": f"/desk/{world.asked.id}"}
    assert browser.post(f"{path}/hand-over", {"owner": cast.ana.account_id}).status_code == 400
    answer = browser.post(f"{path}/hand-over", {"owner": cast.ben.id, **back})
    assert answer.headers["Location"] == back["back"]
    session.refresh(world.task)
    assert world.task.owner_id == cast.ben.id
    answer = browser.post(f"{path}/done", {"back": "https://elsewhere.example"})
    assert answer.headers["Location"] == "/desk/tasks"
    session.refresh(world.task)
    assert (world.task.done_at, world.task.done_by_id) == (f.NOW, cast.marisol.id)
    assert "Nothing waits for a person" in browser.get("/desk/tasks").get_data(as_text=True)


@pytest.mark.parametrize("kind", list(TaskKind))
def test_every_kind_of_task_has_its_sentence(app, cast: Cast, kind: TaskKind) -> None:
    task = f.TaskFactory(region=cast.region, owner=cast.ben, kind=kind)
    with app.test_request_context():
        assert task_words.sentence(task) == str(task_words.SENTENCES[kind])


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        (TaskKind.NO_ANSWER, {"waits": "partner"}, "the teacher has not chosen"),
        (TaskKind.NO_ANSWER, {"waits": "teacher"}, "write to the teacher"),
        (TaskKind.NOBODY_LEFT, {"state": "lapsed"}, "did not answer"),
        (TaskKind.CANCELLED, {"by": "teacher"}, "The teacher called"),
        (TaskKind.MAIL_CAME_BACK, {"side": "partner"}, "to the partner"),
    ],
)
def test_a_sentence_says_what_is_known(app, cast: Cast, kind: TaskKind, detail: dict[str, str], said: str) -> None:
    task = f.TaskFactory(region=cast.region, owner=cast.ben, kind=kind, detail=detail)
    with app.test_request_context():
        assert said in task_words.sentence(task)


def test_who_waits_for_whom_the_oldest_first(session: Session, cast: Cast, world: World, browse) -> None:
    older = f.IntroductionFactory(
        region=cast.region, state=IntroductionState.INVITED, invited_at=f.NOW - timedelta(days=3)
    )
    planned, soon = (f.IntroductionFactory(region=cast.region, state=IntroductionState.SCHEDULED) for _ in range(2))
    span = {"starts_at": f.NOW + timedelta(days=2), "ends_at": f.NOW + timedelta(days=2, hours=1)}
    f.VisitFactory(region=cast.region, of=planned, planned_at=f.NOW, **span)
    f.VisitFactory(region=cast.region, of=soon, **span)
    browser = browse(cast.marisol)
    page = browser.get("/desk/waiting").get_data(as_text=True)
    assert page.index(older.partner.name) < page.index(world.invited.partner.name)
    unplanned = browser.get("/desk/waiting?section=unplanned").get_data(as_text=True)
    assert soon.partner.name in unplanned and planned.partner.name not in unplanned
    assert "Nobody waits here." in browser.get("/desk/waiting?section=no_date").get_data(as_text=True)
    assert browser.get("/desk/waiting?section=x").status_code == 404


def test_a_partner_sees_what_was_asked_and_answers_from_there(session: Session, cast: Cast, browse) -> None:
    suggested = f.ProposalFactory(region=cast.region, who=cast.esperanza)
    asked = f.IntroductionFactory(
        region=cast.region, suggested=suggested, state=IntroductionState.INVITED, answer_by=f.NOW + timedelta(days=4)
    )
    someone = f.IntroductionFactory(region=cast.region, state=IntroductionState.INVITED)
    browser = browse(session.get_one(Account, cast.esperanza.account_id))
    page = browser.get("/profile/visits").get_data(as_text=True)
    assert asked.request.title in page and f"/profile/visits/{asked.id}" in page
    where = browser.get(f"/profile/visits/{asked.id}").headers["Location"]
    assert where.startswith("/i/")
    assert browser.get(where).status_code == 200
    assert browser.get(f"/profile/visits/{someone.id}").status_code == 403
