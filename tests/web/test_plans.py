"""The plan of the region as a job on the desk: asked for, followed, cancelled, and told when it has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, OutboxItem, Plan, PlanKind, PlanState
from tests import factories as f
from tests.cast import Cast

UNDER_WAY = {"finished_at": None, "kind": PlanKind.ASKED}


def shown(browser, path: str = "/desk/plan") -> str:
    return str(browser.get(path).get_data(as_text=True))


def test_a_coordinator_asks_for_a_plan_and_sees_it_on_the_desk(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.marisol)
    assert "Plan the region now" in shown(browser, "/desk")
    answer = browser.post("/desk/plan")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/plan")
    plan = session.scalars(select(Plan)).one()
    assert (plan.state, plan.kind, plan.asked_by_id) == (PlanState.WAITING, PlanKind.ASKED, cast.marisol.id)
    for page in (shown(browser), shown(browser, "/desk")):
        assert "<progress" in page and "waiting for its turn" in page and "Cancel the plan" in page
        assert "Since Mon, Sep 14, 9:00 AM." in page
        assert "Plan the region now" not in page


def test_asking_twice_is_asking_once(session: Session, cast: Cast, browse) -> None:
    for person in (cast.marisol, cast.marisol, cast.ben):
        assert browse(person).post("/desk/plan").status_code == 302
    assert len(session.scalars(select(Plan)).all()) == 1
    assert len(session.scalars(select(OutboxItem).where(OutboxItem.kind == "plan")).all()) == 1


def test_the_card_says_what_how_many_and_since_when(cast: Cast, browse) -> None:
    f.PlanFactory(
        region=cast.region,
        state=PlanState.RUNNING,
        started_at=f.NOW - timedelta(minutes=10),
        heartbeat_at=f.NOW,
        rounds=20,
        rounds_done=7,
        figures={"requests": 318, "people": 214},
        **UNDER_WAY,
    )
    page = shown(browse(cast.marisol))
    assert '<progress id="plan-progress" max="20" value="7">7 of 20 rounds</progress>' in page
    assert "318 requests. 214 people who could come. Since Mon, Sep 14, 8:50 AM." in page
    assert 'data-follow="/desk/plan"' in page and "Look again" in page


def test_a_heart_that_stopped_is_told(cast: Cast, browse) -> None:
    f.PlanFactory(region=cast.region, state=PlanState.RUNNING, heartbeat_at=f.NOW - timedelta(minutes=10), **UNDER_WAY)
    assert "No sign of life since 8:50 AM." in shown(browse(cast.marisol))


def test_cancelling_a_plan_that_waits_ends_it(session: Session, cast: Cast, browse) -> None:
    plan = f.PlanFactory(region=cast.region, state=PlanState.WAITING, **UNDER_WAY)
    browser = browse(cast.ben)
    assert browser.post(f"/desk/plan/{plan.id}/cancel").status_code == 302
    assert (plan.state, plan.cancelled_by_id) == (PlanState.CANCELLED, cast.ben.id)
    assert "The plan was cancelled on Mon, Sep 14, 9:00 AM; nothing was changed." in shown(browser)
    assert "Plan the region now" in shown(browser)
    assert browser.post(f"/desk/plan/{plan.id}/cancel").status_code == 302
    assert session.scalars(select(AuditEvent.tag)).all() == ["planning:plan:cancelled"]


def test_a_plan_that_runs_is_cancelled_after_the_round_in_hand(cast: Cast, browse) -> None:
    plan = f.PlanFactory(region=cast.region, state=PlanState.RUNNING, heartbeat_at=f.NOW, **UNDER_WAY)
    browser = browse(cast.marisol)
    browser.post(f"/desk/plan/{plan.id}/cancel")
    assert (plan.state, plan.cancel_at) == (PlanState.RUNNING, f.NOW)
    page = shown(browser)
    assert "It ends with the round in hand." in page and "Cancel the plan" not in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (PlanState.DONE, "The region was planned on Mon, Sep 14, 3:00 AM: 2 requests."),
        (PlanState.OVERTAKEN, "another plan or policy took effect"),
        (PlanState.FAILED, "could not be made"),
    ],
)
def test_what_became_of_the_newest_plan_is_told(cast: Cast, browse, state: PlanState, said: str) -> None:
    f.PlanFactory(region=cast.region, state=state, figures={"requests": 2, "people": 3})
    page = shown(browse(cast.marisol), "/desk")
    assert said in page and 'data-follow="/desk/plan"' not in page


def test_renewing_is_followed_to_its_end(cast: Cast, browse) -> None:
    plan = f.PlanFactory(region=cast.region)
    f.OutboxItemFactory(kind="renew", key=f"renew:{plan.id}", payload={"done": 120, "of": 318})
    page = shown(browse(cast.marisol))
    assert 'max="318" value="120"' in page and 'data-follow="/desk/plan"' in page


def test_a_trial_is_no_job_of_the_desk(cast: Cast, browse) -> None:
    f.PlanFactory(region=cast.region, state=PlanState.RUNNING, kind=PlanKind.TRIAL, finished_at=None)
    assert "<progress" not in shown(browse(cast.marisol))


def test_another_region_sees_nothing_of_it(cast: Cast, browse) -> None:
    f.PlanFactory(region=cast.region, state=PlanState.WAITING, **UNDER_WAY)
    assert "<progress" not in shown(browse(cast.olga))
