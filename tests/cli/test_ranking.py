"""Ranking a region again and reading its texts again from a shell, and how far a long command says it has come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matchmaker import outbox
from matchmaker.cli import progress
from models import Embedding, OutboxItem, QueueName, Region, RequestState
from tests import factories as f
from tests.cast import Cast

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    """A command as the shell would give it, in this test's transaction."""

    def called(*words: object) -> Result:
        session.commit()
        return app.test_cli_runner().invoke(args=[*map(str, words)])

    return called


def test_every_open_request_is_asked_for_again(
    run: Run, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for state in (RequestState.PROPOSED, RequestState.NONE_YET, RequestState.WITHDRAWN):
        asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
        asked.state = state
    slug = cast.region.slug
    mine = select(OutboxItem).where(OutboxItem.queue == QueueName.RANKING, OutboxItem.key.contains(":again:"))
    said = run("rerank", slug, "--dry-run").output
    wanted = int(said.split()[1])
    assert wanted >= 2 and said == f"{slug}: {wanted} requests would be ranked again\n"
    assert session.scalars(mine).all() == []
    assert f"has {wanted} requests more to rank" in run("rerank", slug, "--queue").output
    assert len(session.scalars(mine).all()) == wanted

    def ranked(session_: Session) -> None:
        """The ranker, at once: it cannot do the last of them."""
        session_.execute(update(OutboxItem).values(done_at=f.NOW))
        last = session_.scalars(mine.order_by(OutboxItem.id.desc()).limit(1)).one()
        last.done_at, last.attempts = None, 1
        session_.commit()

    monkeypatch.setattr(outbox, "commit", ranked)
    done = run("rerank", slug)
    assert done.exit_code == 1 and f"{wanted - 1} of {wanted} requests are ranked again" in done.output


@pytest.mark.full
def test_a_region_is_read_here_under_the_model_of_the_settings(run: Run, session: Session, cast: Cast) -> None:
    slug = cast.region.slug
    done = run("embed", slug)
    assert done.exit_code == 0, done.output
    region = session.scalars(select(Region).where(Region.slug == slug)).one()
    assert f"{slug}: ranked with {region.embedding_model}" in done.output
    held = select(func.count()).where(Embedding.region_id == region.id, Embedding.model == region.embedding_model)
    vectors = session.scalar(held)
    assert vectors and vectors > 5
    assert run("embed", slug).exit_code == 0 and session.scalar(held) == vectors, "again reads nothing again"


def test_a_long_command_says_how_far_it_is_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = iter((0.0, 1.0, 6.0, 7.0, 12.0))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(at))
    with progress.shown("rows") as watch:
        for done in range(1, 5):
            watch(done, 4)
    assert capsys.readouterr().err == "rows: 2 of 4\nrows: 4 of 4\n"
