"""Planning a region from a shell: here with a bar, or by leaving word for the planning process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import OutboxItem, Plan, PlanState, QueueName, Region
from tests import factories as f
from tests.cast import Cast

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    """A command as the shell would give it, in this test's transaction."""

    def called(*words: str) -> Result:
        session.commit()
        return app.test_cli_runner().invoke(args=list(words))

    return called


def ranked(cast: Cast) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    f.RankingFactory(region=cast.region, of=request, candidates=[{"partner_id": cast.esperanza.id, "relevance": 0.7}])


def plans(session: Session) -> list[Plan]:
    return list(session.scalars(select(Plan).order_by(Plan.id)))


def test_a_region_is_planned_here_and_the_certificate_printed(run: Run, session: Session, cast: Cast) -> None:
    ranked(cast)
    slug = cast.region.slug
    done = run("plan", slug, "--by", cast.marisol.email)
    assert done.exit_code == 0, done.output
    [plan] = plans(session)
    assert f"{slug}: plan {plan.id} is done; 1 requests, 1 people" in done.output
    assert "quality kept      1.0000" in done.output and "beyond capacity   0" in done.output
    assert (plan.state, plan.asked_by_id) == (PlanState.DONE, cast.marisol.id)
    assert session.scalars(select(Region.plan_id).where(Region.slug == slug)).one() == plan.id
    item = session.scalars(select(OutboxItem).where(OutboxItem.queue == QueueName.PLANNING)).one()
    assert item.done_at is not None


def test_without_a_region_each_is_planned(run: Run, session: Session, cast: Cast) -> None:
    ranked(cast)
    done = run("plan")
    assert done.exit_code == 0, done.output
    assert {plan.region_id for plan in plans(session)} == set(session.scalars(select(Region.id)))


def test_the_planning_process_can_be_asked_instead(run: Run, session: Session, cast: Cast) -> None:
    done = run("plan", cast.region.slug, "--queue")
    assert done.exit_code == 0 and "is waiting; the planning process makes it" in done.output
    assert [plan.state for plan in plans(session)] == [PlanState.WAITING]


def test_a_plan_that_was_cancelled_is_no_success(
    run: Run, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked(cast)
    f.PlanFactory(region=cast.region, state=PlanState.WAITING, finished_at=None, kind="asked", cancel_at=f.NOW)
    f.OutboxItemFactory(
        queue=QueueName.PLANNING, kind="plan", key=f"plan:{plans(session)[0].id}", payload={"plan_id": 0}
    )
    done = run("plan", cast.region.slug)
    assert done.exit_code == 1 and "is cancelled" in done.output


def test_a_region_that_does_not_exist_is_said_to(run: Run, cast: Cast) -> None:
    done = run("plan", "nowhere")
    assert done.exit_code == 1 and "There is no region called nowhere." in done.output
