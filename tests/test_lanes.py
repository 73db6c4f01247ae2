"""A drain of the mails: while the server takes one, the next is written; never are two on the line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from matchmaker import jobs
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.mail.transport import Transport
from models import OutboxItem
from tests import factories as f
from tests.cast import assemble
from tests.databases import OwnDatabase
from tests.embedded.watching import until
from tests.mail.conftest import Postbox, Server


class Gate(Postbox):
    """Takes a mail only when it is let through, and remembers how many it had in hand at most."""

    def __init__(self) -> None:
        super().__init__()
        self.in_hand = self.most = 0
        self.through = threading.Semaphore(0)

    async def handle_DATA(self, server, session, envelope) -> str:  # type: ignore[no-untyped-def]
        self.in_hand += 1
        self.most = max(self.most, self.in_hand)
        await server.loop.run_in_executor(None, self.through.acquire, True, 30)
        self.in_hand -= 1
        return await super().handle_DATA(server, session, envelope)


@contextmanager
def mailer(database: OwnDatabase, postbox: Postbox) -> Iterator[Callable[[], Future[int]]]:
    """What begins a drain in a thread, as the mailer's process has it."""
    app, running = database.app(), Server(postbox)

    def drain() -> int:
        with app.app_context():
            return jobs.drain("mail")

    with Transport(postbox.url) as transport:
        app.extensions["transport"] = transport
        with ThreadPoolExecutor(1) as thread:
            yield lambda: thread.submit(drain)
    with app.app_context():
        db.engine.dispose()
    running.stop()


def vouched(database: OwnDatabase, count: int) -> None:
    """So many mails, due now."""
    with database.stored():
        cast = assemble()
        membership = cast.ana.account.memberships[0].id
        for _ in range(count):
            f.OutboxItemFactory(
                kind="vouched", region_id=cast.region.id, due_at=utc_now(), payload={"membership_id": membership}
            )


def left(database: OwnDatabase, *, free: bool = False) -> int:
    """How many mails have not left; or only those that nobody has in hand."""
    with database.session() as session:
        waiting = select(OutboxItem.id).where(OutboxItem.done_at.is_(None))
        if free:
            waiting = waiting.with_for_update(skip_locked=True)
        return len(session.scalars(waiting).all())


def test_the_next_mail_is_written_while_the_server_takes_one(own_database: OwnDatabase) -> None:
    vouched(own_database, 6)
    gate = Gate()
    with mailer(own_database, gate) as drain:
        draining = drain()
        gate.through.release()
        for done in range(1, 5):
            until(lambda: left(own_database) == 6 - done and gate.in_hand == 1)  # noqa: B023
            # One is on the line, one more is claimed and ready; the second lane takes no third.
            until(lambda: left(own_database, free=True) == 4 - done)  # noqa: B023
            gate.through.release()
        gate.through.release()
        draining.result(30)
    assert left(own_database) == 0
    assert len({mail["Message-ID"] for mail in gate.mails}) == len(gate.raw) == 6
    assert gate.most == 1, "until the last one's being sent was stored, no other was on the line"


def test_a_long_batch_asks_to_go_on(own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    redis = Redis.from_url(own_database.settings.redis_url)
    queue = Queue("mail", connection=redis)
    queue.empty()
    vouched(own_database, 8)
    with mailer(own_database, Postbox()) as drain:
        asked = 0
        while drain().result(30) == 2:
            asked += 1
            assert len(queue) == asked
        assert len(queue) == asked > 0
    assert left(own_database) == 0


def test_what_goes_wrong_in_the_second_lane_is_not_swallowed(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not an item's failure, which is noted on it: that nothing can be claimed."""
    claim = jobs.outbox.claim

    def claim_in_first_lane(*given: object) -> OutboxItem | None:
        if threading.current_thread().name.startswith("second-lane"):
            raise OperationalError("claim", {}, Exception("the database is away"))
        return claim(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs.outbox, "claim", claim_in_first_lane)
    vouched(own_database, 3)
    with mailer(own_database, Postbox()) as drain:
        draining = drain()
        assert isinstance(draining.exception(30), OperationalError)
    assert left(own_database) == 0, "the first lane has gone on"
