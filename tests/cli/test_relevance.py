"""What an administrator does with relevance from a shell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from models import AuditEvent, Ranking, Region
from tests import factories as f
from tests.cast import Cast
from tests.services.decided import decide

Run = Callable[..., Result]


@pytest.fixture
def region(cast: Cast) -> Region:
    return cast.region


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    """A command as the shell would give it, in this test's transaction."""

    def called(*words: str) -> Result:
        session.flush()
        return app.test_cli_runner().invoke(args=list(words))

    return called


def test_fit_then_look_then_activate_then_take_back(run: Run, session: Session, cast: Cast, region: Region) -> None:
    decide(session, cast, 80, seed=2)
    slug = region.slug
    fitted = run("fit", slug, "--note", "after the spring", "--by", cast.marisol.email)
    assert fitted.exit_code == 0 and "version 1, not active" in fitted.output, fitted.output
    shown = run("relevance", slug)
    assert f"{slug} ranks with the built-in weights" in shown.output
    assert "after the spring" in shown.output and "ndcg" in shown.output and "80 rankings" in shown.output
    assert run("relevance-activate", slug, "1").exit_code == 0
    assert f"{slug} ranks with version 1" in run("relevance", slug).output
    assert "(active)" in run("relevance", slug).output
    taken_back = run("relevance-rollback", slug)
    assert (taken_back.exit_code, "built-in weights again" in taken_back.output) == (0, True)
    assert run("relevance-rollback", slug).exit_code == 1
    actors = {event.tag: event.actor_id for event in session.query(AuditEvent).all()}
    assert actors["ranking:relevance:fitted"] == cast.marisol.id
    assert actors["ranking:relevance:activated"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "nowhere"), "no region called nowhere"),
        (("relevance-activate", "{slug}", "9"), "has no version 9"),
        (("fit", "{slug}"), "0 requests hold a choice, 30 are needed"),
        (("fit", "{slug}", "--by", "charlie@nowhere.example"), "no coordinator or administrator"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run: Run, region: Region, words: tuple[str, ...], said: str) -> None:
    found = run(*(word.format(slug=region.slug) for word in words))
    assert (found.exit_code, said in found.output) == (1, True)
    assert found.output.count("\n") == 1


def test_somebody_of_another_region_does_not_decide(run: Run, cast: Cast, region: Region) -> None:
    f.RelevanceVersionFactory(region=region, version=1)
    assert run("relevance-activate", region.slug, "1", "--by", cast.olga.email).exit_code == 1
    assert run("relevance-activate", region.slug, "1", "--by", cast.ada.email).exit_code == 0


def test_replay_counts_what_agrees_and_fails_where_one_does_not(
    run: Run, session: Session, cast: Cast, region: Region
) -> None:
    decide(session, cast, 6)
    agreed = run("replay", region.slug)
    assert (agreed.exit_code, agreed.output) == (0, "6 of 6 rankings agree\n")
    assert "2 of 2 rankings agree" in run("replay", "--sample", "2").output
    f.RankingFactory(region=cast.region, candidates=[{"partner_id": 1}])
    changed = session.query(Ranking).filter(Ranking.region_id == region.id).order_by(Ranking.id).first()
    assert changed is not None
    changed.candidates = list(reversed(changed.candidates))
    failed = run("replay", region.slug)
    assert failed.exit_code == 1
    assert "5 of 6 rankings agree" in failed.output and "1 were stored before" in failed.output
    assert f"ranking {changed.id} of request {changed.request_id}: another order" in failed.output
