"""Invitations through the outbox and one mail worker, beside bare smtplib sending the same bytes to the same server.

Ours are real processes on a durable PostgreSQL: each mail is claimed, written in its reader's language, sent, and
committed before the next. The peer is handed finished messages, sends them over one kept connection, and keeps no
books. Rounds take turns, before a server that answers as a relay some milliseconds away does, which is where a
mailer's time goes; and before one that answers at once, where nothing but our own work is left to see.
"""

from __future__ import annotations

import email
import shutil
import smtplib
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from redis import Redis
from rq import Queue
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from matchmaker import queue
from matchmaker.bench import invited
from matchmaker.bench.relay import server
from matchmaker.clock import utc_now
from matchmaker.embedded import processes
from matchmaker.embedded.child import Child
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home
from matchmaker.embedded.mailbox import listen
from matchmaker.embedded.rehearsal import run, workers
from matchmaker.embedded.services import embedded_services
from models import OutboxItem, QueueName

INVITATIONS = 500
ROUNDS = 3
ANSWERS_AFTER_MS = 5.0
"""What an answer of a relay in the same part of the country takes. One far away, as most are, takes ten times that."""
WARM = 50
"""Mails sent before the first round, by both: templates are compiled, pages are in memory."""
LONGEST = 600.0
"""Seconds after which a round that has not ended will not."""
POLL = 0.01


def measure() -> dict[str, Any]:
    """Lost and duplicated over all rounds, our median mails a second, and the median of the rounds' ratios."""
    return measured(INVITATIONS, ROUNDS)


def measured(count: int, rounds: int) -> dict[str, Any]:
    """`measure` for so many mails a round."""
    root = Path(tempfile.mkdtemp(prefix="mm-"))
    try:
        with embedded_services(root, durable=True) as services:
            home = Home.at(root)
            given = {"TICK_SECONDS": "30", "PUBLIC_URL": "http://bench.example", "SMTP_URL": "smtp://127.0.0.1:9"}
            environment = processes.environment(given, services, home, given["PUBLIC_URL"])
            run(processes.MIGRATE, environment)
            engine = create_engine(services.database_url)
            with Session(engine) as session:
                region_id = invited.build(session, count, utc_now())
            bench = Bench(engine, region_id, home, environment)
            distant = bench.before(ANSWERS_AFTER_MS, count, rounds)
            at_once = bench.before(0, count, rounds)
            engine.dispose()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return figures(distant, at_once, count)


@dataclass(frozen=True)
class Round:
    """One round: what arrived of ours, and how many seconds each took for all of it."""

    arrived: Counter[str]
    due: frozenset[str]
    ours: float
    bare: float


def figures(distant: Sequence[Round], at_once: Sequence[Round], count: int) -> dict[str, Any]:
    """What the rounds amount to; the first four keys are a contract, ``at_once`` is before the server that waits for
    nothing."""
    both = (*distant, *at_once)
    return {
        "lost": sum(len(each.due - each.arrived.keys()) for each in both),
        "duplicated": sum(each.arrived.total() - len(each.arrived) for each in both),
        **_rates(distant, count),
        **{f"{name}_at_once": figure for name, figure in _rates(at_once, count).items()},
        "mails": count,
        "rounds": len(distant),
        "answers_after_ms": ANSWERS_AFTER_MS,
    }


def _rates(rounds: Sequence[Round], count: int) -> dict[str, float]:
    return {
        "per_second": round(median(count / each.ours for each in rounds), 1),
        "bare_per_second": round(median(count / each.bare for each in rounds), 1),
        "ratio": round(median(each.bare / each.ours for each in rounds), 3),
    }


@dataclass(frozen=True)
class Bench:
    """A region on real servers, with one mail worker that waits for a nudge."""

    engine: Engine
    region_id: int
    home: Home
    environment: Mapping[str, str]

    def before(self, milliseconds: float, count: int, rounds: int) -> list[Round]:
        """Rounds before a server whose every answer takes so long."""
        with closing(listen()) as listener:
            relay = Child(server(self.home.mail, listener, milliseconds), self.home.log)
            url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
            bench = replace(self, environment={**self.environment, "SMTP_URL": url})
            try:
                relay.start()
                with workers(bench.environment, self.home.log, "mailer"):
                    bench.round(min(WARM, count))
                    return [bench.round(count) for _ in range(rounds)]
            finally:
                relay.stop()

    def round(self, count: int) -> Round:
        """Send so many invitations, then the very bytes that arrived once more without us."""
        ours, due = self._through_the_outbox(count)
        messages = self._take_out()
        started = time.perf_counter()
        self._bare(messages)
        bare = time.perf_counter() - started
        if len(self._take_out()) != len(messages):
            raise EmbeddedError("the mail server did not keep all that smtplib sent")
        return Round(Counter(_outbox_item(message) for _, _, message in messages), due, ours, bare)

    def _through_the_outbox(self, count: int) -> tuple[float, frozenset[str]]:
        with Session(self.engine) as session:
            invited.ask_again(session, self.region_id, utc_now(), count)
            due = frozenset(str(uid) for uid in session.scalars(select(OutboxItem.uid)))
        started = time.perf_counter()
        with closing(Redis.from_url(self.environment["REDIS_URL"])) as redis:
            Queue(QueueName.MAIL.value, connection=redis).enqueue(queue.DRAIN, QueueName.MAIL.value, job_timeout=-1)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            left = (
                select(OutboxItem.id)
                .where(OutboxItem.kind == "invitation", OutboxItem.done_at.is_(None), OutboxItem.failed_at.is_(None))
                .limit(1)
            )
            while connection.scalar(left) is not None:
                if time.perf_counter() - started > LONGEST:
                    raise EmbeddedError("the mail worker does not get on")
                time.sleep(POLL)
        return time.perf_counter() - started, due

    def _bare(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        host, _, port = self.environment["SMTP_URL"].removeprefix("smtp://").partition(":")
        with smtplib.SMTP(host, int(port), "[127.0.0.1]", timeout=30) as connection:
            for sender, recipient, message in messages:
                connection.sendmail(sender, [recipient], message)

    def _take_out(self) -> list[tuple[str, str, bytes]]:
        """Empty the mailbox: envelope and bytes of each mail, in the order they came."""
        found = []
        for path in sorted(self.home.mail.glob("*.eml")):
            found.append(_as_sent(path.read_bytes()))
            path.unlink()
        return found


def _as_sent(kept: bytes) -> tuple[str, str, bytes]:
    """A mail without the two lines that the mailbox put on top: who sent it, whom it was for, and its bytes."""
    path, to, message = kept.split(b"\r\n", 2)
    sender, recipient = (line.partition(b"<")[2].rstrip(b">").decode() for line in (path, to))
    return sender, recipient, message


def _outbox_item(message: bytes) -> str:
    """The outbox item that a mail was sent for: the left-hand side of its Message-ID."""
    return str(email.message_from_bytes(message)["Message-ID"]).strip("<> \r\n").split("@")[0]
