"""Signs of life: written now and then, by whoever lives last."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.queries import health
from matchmaker.services.heartbeats import EVERY, Heart
from models import Heartbeat
from tests import factories as f


def written(session: Session) -> dict[str, tuple[object, str]]:
    session.expire_all()
    return {row.name: (row.at, row.holder) for row in session.scalars(select(Heartbeat))}


def test_a_beat_is_written_at_most_every_few_seconds(session: Session) -> None:
    heart = Heart("one")
    heart.beat(session, ("mail",), f.NOW)
    heart.beat(session, ("mail",), f.NOW + EVERY - timedelta(seconds=1))
    assert written(session) == {"mail": (f.NOW, "one")}
    heart.beat(session, ("mail", "clock"), f.NOW + EVERY)
    assert written(session) == {"mail": (f.NOW + EVERY, "one"), "clock": (f.NOW + EVERY, "one")}


def test_of_two_the_newest_is_kept(session: Session) -> None:
    Heart("one").beat(session, ("mail",), f.NOW + EVERY)
    Heart("two").beat(session, ("mail",), f.NOW)
    assert written(session) == {"mail": (f.NOW + EVERY, "one")}
    Heart("two").beat(session, ("mail",), f.NOW + 2 * EVERY)
    assert written(session) == {"mail": (f.NOW + 2 * EVERY, "two")}


@pytest.fixture
def worker(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has just started, at the factories' present."""
    monkeypatch.setitem(app.extensions, "heart", Heart("worker"))
    monkeypatch.setattr(jobs, "utc_now", lambda: f.NOW)


def test_a_nudge_proves_the_worker_and_a_tick_the_clock_too(session: Session, worker: None) -> None:
    jobs.drain("ranking")
    assert set(written(session)) == {"ranking"}
    jobs.tick("mail")
    assert set(written(session)) == {"ranking", "mail", "clock"}


def test_the_sender_is_missed_after_two_minutes(session: Session) -> None:
    assert health.silent_since(session.scalar(select(health.last_sign())), f.NOW) is None
    f.HeartbeatFactory(name="mail", at=f.NOW)
    sign = session.scalar(select(health.last_sign()))
    assert health.silent_since(sign, f.NOW + timedelta(minutes=2)) is None
    assert health.silent_since(sign, f.NOW + timedelta(minutes=2, seconds=1)) == f.NOW
