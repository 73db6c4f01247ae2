"""What a load balancer and a collector of figures get."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from models import IntroductionState, QueueName
from tests import factories as f
from tests.architecture.conftest import ROOT
from tests.cast import Cast
from tests.web.conftest import Browser

TOKEN = "a-collector-s-token"


def test_health_asks_the_database_nothing_and_leaves_no_cookie(visitor: Browser, queries: list[str]) -> None:
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.data, queries) == (200, b"ok\n", [])
    assert "Set-Cookie" not in answer.headers


def test_ready_when_database_and_schema_are(visitor: Browser) -> None:
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "database": "ok", "redis": "ok"}
    assert "Set-Cookie" not in answer.headers


def test_without_redis_pages_can_still_be_served(visitor: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "redis", Redis(port=9, socket_connect_timeout=0.2))
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "database": "ok", "redis": "away"}


@pytest.mark.parametrize(
    ("revision", "status"), [("0001", 503), (None, 503), ("9999", 200)], ids=["behind", "none", "of a newer release"]
)
def test_a_schema_that_is_behind_is_not_ready(
    visitor: Browser, session: Session, revision: str | None, status: int
) -> None:
    session.execute(text("DELETE FROM alembic_version"))
    if revision:
        session.execute(text("INSERT INTO alembic_version VALUES (:r)"), {"r": revision})
    answer = visitor.get("/readyz")
    assert answer.status_code == status
    assert answer.json is not None and answer.json["database"] == ("ok" if status == 200 else "unmigrated")


def test_a_database_without_our_tables_is_not_ready(visitor: Browser, session: Session) -> None:
    session.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    assert visitor.get("/readyz").json == {"ready": False, "database": "unmigrated", "redis": "ok"}


def test_a_database_that_is_away_is_not_ready(another) -> None:
    gone = another(database_url="postgresql://nobody@127.0.0.1:9/none")
    answer = gone.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None and answer.json["database"] == "away"
    assert gone.test_client().get("/healthz").status_code == 200


@pytest.fixture
def collected(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation whose figures are collected."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], metrics_token=TOKEN))


def scraped(visitor: Browser) -> dict[tuple[str, ...], float]:
    """What a collector reads: value by metric and labels."""
    answer = visitor.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def test_without_a_token_in_the_settings_there_are_no_figures(visitor: Browser) -> None:
    assert visitor.get("/metrics").status_code == 404


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
def test_a_wrong_token_reads_nothing(visitor: Browser, collected: None, sent: dict[str, str]) -> None:
    answer = visitor.get("/metrics", headers=sent)
    assert (answer.status_code, answer.data) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_figures_are_those_of_the_work(session: Session, cast: Cast, visitor: Browser, collected: None) -> None:
    slug = cast.region.slug
    f.OutboxItemFactory(due_at=f.NOW - timedelta(minutes=5), attempts=2)
    f.OutboxItemFactory(due_at=f.NOW + timedelta(hours=1))
    f.OutboxItemFactory(kind="vouched", failed_at=f.NOW)
    f.OutboxItemFactory(kind="vouched", done_at=f.NOW, recipient="ana@people.example", bounces=1)
    f.OutboxItemFactory(kind="unanswered", done_at=f.NOW)
    f.HeartbeatFactory(name="mail", at=f.NOW - timedelta(seconds=40))
    f.TaskFactory(region=cast.region, due_on=f.NOW.date() - timedelta(days=1))
    f.TaskFactory(region=cast.region, due_on=f.NOW.date())
    proposal = f.ProposalFactory(region=cast.region)
    f.IntroductionFactory(region=cast.region, suggested=proposal, state=IntroductionState.INVITED)
    session.commit()
    read = scraped(visitor)
    mail = QueueName.MAIL.value
    expected = {
        ("matchmaker_outbox_waiting", mail): 2,
        ("matchmaker_outbox_late", mail): 1,
        ("matchmaker_outbox_failing", mail): 1,
        ("matchmaker_outbox_failed", mail): 1,
        ("matchmaker_outbox_oldest_seconds", mail): 300,
        ("matchmaker_outbox_waiting", "planning"): 0,
        ("matchmaker_mails_sent_total", "vouched"): 1,
        ("matchmaker_mails_returned_total", "vouched"): 1,
        ("matchmaker_mails_failed", "vouched"): 1,
        ("matchmaker_heartbeat_age_seconds", "mail"): 40,
        ("matchmaker_tasks_open", slug): 2,
        ("matchmaker_tasks_overdue", slug): 1,
        ("matchmaker_introductions", slug, "invited"): 1,
    }
    assert {key: read.get(key) for key in expected} == expected
    assert ("matchmaker_mails_sent_total", "unanswered") not in read, "a follow-up is no mail"
    assert not [key for key in read if "@" in " ".join(key)]
    assert not [key for key in read if key[0].startswith("matchmaker_http")], "one process would tell of itself alone"


def test_the_web_processes_of_a_box_count_together(tmp_path: Path) -> None:
    """Two processes that are forked, as gunicorn does, and a third that reads."""
    program = (
        "import os, sys; from matchmaker import metrics\n"
        "for number in range(2):\n"
        "    if os.fork() == 0:\n"
        "        metrics.observe('desk.index', 'GET', 200, 0.02); os._exit(0)\n"
        "    os.wait()\n"
        "metrics.Work.collect = lambda self: iter(())\n"
        "sys.stdout.buffer.write(metrics.exposition(None, None, sys.argv[1]))\n"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run(
        (sys.executable, "-c", program, str(tmp_path)), cwd=ROOT, env=environment, capture_output=True, text=True
    )
    counted = 'matchmaker_http_request_seconds_count{endpoint="desk.index",method="GET",status="200"} 2.0'
    assert counted in done.stdout.splitlines(), done.stderr
