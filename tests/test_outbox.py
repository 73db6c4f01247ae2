"""The outbox: asked twice is asked once, what is due is claimed once, and a failure is tried again later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import outbox
from matchmaker.queue import nudge
from matchmaker.settings import Settings
from models import OutboxItem, QueueName
from tests import factories as f
from tests.databases import OwnDatabase

MAIL = QueueName.MAIL


def put(session: Session, key: str = "invitation:1", name: QueueName = MAIL) -> None:
    outbox.put(session, name=name, key=key, kind="invitation", due_at=f.NOW, region_id=None, payload={"n": 1})


def test_the_same_key_twice_is_one_item(session: Session) -> None:
    put(session)
    put(session)
    [item] = session.scalars(select(OutboxItem))
    assert (item.kind, item.payload, item.attempts, item.done_at) == ("invitation", {"n": 1}, 0, None)


def test_an_item_keeps_one_identity(session: Session) -> None:
    put(session)
    [before] = session.scalars(select(OutboxItem.uid))
    put(session)
    assert session.scalars(select(OutboxItem.uid)).all() == [before]


def test_what_is_due_is_claimed_in_its_order(session: Session) -> None:
    later = f.OutboxItemFactory(due_at=f.NOW)
    first = f.OutboxItemFactory(due_at=f.NOW - timedelta(hours=1))
    for other in (
        {"due_at": f.NOW + timedelta(seconds=1)},
        {"queue": QueueName.RANKING},
        {"done_at": f.NOW},
        {"failed_at": f.NOW},
    ):
        f.OutboxItemFactory(**other)
    for expected in (first, later):
        claimed = outbox.claim(session, MAIL, f.NOW)
        assert claimed is expected
        claimed.done_at = f.NOW
        session.flush()
    assert outbox.claim(session, MAIL, f.NOW) is None


def test_two_workers_never_hold_one_item(own_database: OwnDatabase) -> None:
    with own_database.stored():
        items = [f.OutboxItemFactory().id for _ in range(2)]
    with own_database.session() as one, own_database.session() as two, own_database.session() as three:
        claimed = [outbox.claim(session, MAIL, f.NOW) for session in (one, two, three)]
        assert [item.id if item else None for item in claimed] == [*items, None]
        one.rollback()
        again = outbox.claim(three, MAIL, f.NOW)
        assert again is not None and again.id == items[0]


def test_a_failure_waits_longer_each_time_but_never_long(session: Session) -> None:
    item = f.OutboxItemFactory()
    waits = []
    for _ in range(12):
        outbox.record_failure(session, item.id, OSError("the server is away"), f.NOW, final=False)
        waits.append((item.due_at - f.NOW).total_seconds())
    assert waits[:4] == [2, 4, 8, 16]
    assert waits == sorted(waits) and max(waits) == outbox.LONGEST_WAIT.total_seconds()
    assert (item.attempts, item.last_error, item.failed_at) == (12, "OSError: the server is away", None)


def test_a_final_failure_is_put_aside_for_a_person(session: Session) -> None:
    item = f.OutboxItemFactory()
    outbox.record_failure(session, item.id, ValueError("x" * 900), f.NOW, final=True)
    session.flush()
    assert item.failed_at == f.NOW
    assert len(item.last_error or "") == 500
    assert outbox.claim(session, MAIL, f.NOW + timedelta(days=9)) is None


def test_what_another_worker_put_aside_since_keeps_its_reason(session: Session) -> None:
    item = f.OutboxItemFactory()
    outbox.record_failure(session, item.id, ValueError("550 nobody here"), f.NOW, final=True)
    outbox.record_failure(session, item.id, OSError("452 no room just now"), f.NOW, final=False)
    assert (item.attempts, item.last_error, item.failed_at) == (1, "ValueError: 550 nobody here", f.NOW)


@pytest.fixture
def queues(app: Flask, session: Session, settings: Settings) -> dict[str, Queue]:
    connection = Redis.from_url(settings.redis_url)
    found = {name.value: Queue(name.value, connection=connection) for name in QueueName}
    for queue in found.values():
        queue.empty()
    return found


def test_a_commit_nudges_each_queue_once(session: Session, queues: dict[str, Queue]) -> None:
    for number in range(3):
        put(session, f"invitation:{number}")
    put(session, "propose:1", QueueName.RANKING)
    assert {name: len(queue) for name, queue in queues.items()} == dict.fromkeys(queues, 0)
    outbox.commit(session)
    assert {name: len(queue) for name, queue in queues.items() if len(queue)} == {"ranking": 1, "mail": 1}
    [job] = queues["mail"].jobs
    assert (job.func_name, job.args) == ("matchmaker.jobs.drain", ("mail",))
    outbox.commit(session)
    assert len(queues["mail"]) == 1


def test_what_is_rolled_back_nudges_nobody(session: Session, queues: dict[str, Queue]) -> None:
    put(session)
    session.rollback()
    assert session.scalar(select(OutboxItem)) is None


def test_without_redis_a_nudge_is_lost_and_said_so(app: Flask, session: Session) -> None:
    alive = app.extensions["redis"]
    app.extensions["redis"] = Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=0.5)
    try:
        put(session)
        outbox.commit(session)
        assert nudge(MAIL) is False
    finally:
        app.extensions["redis"] = alive
    assert session.scalars(select(OutboxItem.key)).all() == ["invitation:1"]
    assert nudge(MAIL) is True
