"""The processes beside the web: ``python -m matchmaker.worker ranking|planning|mail|clock``."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from types import FrameType

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.cron import CronScheduler
from rq.exceptions import StopRequested

from matchmaker import create_app, jobs, logs
from matchmaker.clock import utc_now
from matchmaker.errors import SettingsError
from matchmaker.extensions import db
from matchmaker.settings import Settings
from models import QueueName

log = structlog.get_logger()

CLOCK = "clock"
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before Redis is tried again, doubled each time."""
MOST_NEW = 512
"""New texts that a proposal may wait for, some seconds; where there are more, they are embedded in the background."""


class Worker(SimpleWorker):
    """RQ's worker that lets a drain end between two items when it is told to stop."""

    max_connection_wait_time = LONGEST_PAUSE

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Remember it for the job in hand, then stop as RQ does: after that job."""
        current_app.extensions["stopping"] = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


class Ticker(CronScheduler):
    """RQ's scheduler that can end without Redis: it then ends because it was told to, or with what Redis said."""

    def start(self) -> None:
        """Beat until told to stop. Raises RedisError when Redis goes away."""
        super().start()  # type: ignore[no-untyped-call]

    def register_death(self, pipeline: Pipeline | None = None) -> None:
        """Take this scheduler off Redis's list, where there is one."""
        with suppress(RedisError, OSError):
            super().register_death(pipeline)


def main(arguments: list[str]) -> int:
    """Run one process until it is told to stop. Returns the exit status."""
    names = [name.value for name in QueueName]
    if len(arguments) != 1 or arguments[0] not in (*names, CLOCK):
        print(f"usage: python -m matchmaker.worker {'|'.join((*names, CLOCK))}", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_environ()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments[0] == CLOCK:
        logs.configure(production=settings.environment == "production")
        tick(settings)
    else:
        work(create_app(settings), settings, QueueName(arguments[0]))
    return 0


def work(app: Flask, settings: Settings, name: QueueName) -> None:
    """Serve one queue, in this process and without forking: the ranker's threads would not survive a fork."""
    # Its own connection: a worker waits long for its next job, the web's must give up soon.
    connection = Redis.from_url(settings.redis_url)
    with app.app_context():
        prepare(app, settings, name)
        log.info("worker_ready", queue=name.value)
        jobs.drain(name)
        serve(name, connection)


def serve(name: QueueName, connection: Redis) -> None:
    """Hear nudges until told to stop. RQ's worker may end when Redis goes away; ours goes on, and works meanwhile."""
    pause = SHORTEST_PAUSE
    while not jobs.stopping():
        began = time.monotonic()
        with suppress(RedisError, OSError, StopRequested):
            Worker([Queue(name, connection=connection)], connection=connection).work(logging_level="WARNING")
        if jobs.stopping():
            return
        pause = SHORTEST_PAUSE if time.monotonic() - began > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
        log.warning("redis_away", queue=name.value, seconds=pause)
        # What RQ does at a signal asks Redis something, and may fail as well; that we are to stop, it has noted before.
        with suppress(RedisError, StopRequested):
            jobs.drain(name)
            time.sleep(pause)


def prepare(app: Flask, settings: Settings, name: QueueName) -> None:
    """Load what a queue's jobs need: the ranker its model and index, the planner its auction, the mailer SMTP."""
    if name is QueueName.RANKING:
        from matching.features import read_corpus, signals
        from matching.reading import Profile
        from matchmaker import reembedding
        from matchmaker.embedding import Encoder
        from matchmaker.index import Index
        from matchmaker.services.recall import Recall

        encoder = Encoder(settings.embedding_model or None)
        # Both before anybody waits: the model is loaded, and what compares with it compiled.
        signals(read_corpus([Profile("warm", ("warm",))], encoder.encode), encoder.encode(["warm"])[0], "warm")
        app.extensions["recall"] = Recall()
        app.extensions["index"] = Index(encoder, memory_mb=settings.index_memory_mb, most_new=MOST_NEW)
        reembedding.begin(db.session, encoder, utc_now())
        db.session.commit()
    elif name is QueueName.PLANNING:
        from matchmaker.services import plan_runs

        plan_runs.warm()
    elif name is QueueName.MAIL:
        from matchmaker.mail.transport import Transport
        from matchmaker.services import regions

        app.extensions["transport"] = Transport(settings.smtp_url, settings.smtp_timeout)
        for slug in regions.without_postal_address(db.session):
            log.warning("region_without_postal_address", region=slug)


def tick(settings: Settings) -> None:
    """Nudge every queue at the beat of the clock. What is due is decided by rows, so a missed beat changes nothing."""
    clock = Ticker(Redis.from_url(settings.redis_url), logging_level="WARNING")
    for name in QueueName:
        clock.register(
            jobs.tick,
            name.value,
            args=(name.value,),
            interval=settings.tick_seconds,
            ttl=settings.tick_seconds,
            job_timeout=-1,
            result_ttl=0,
            name=f"tick-{name}",
        )
    log.info("clock_ready", seconds=settings.tick_seconds)
    pause = SHORTEST_PAUSE
    while True:
        try:
            return clock.start()
        except (RedisError, OSError) as error:
            log.warning("redis_away", seconds=pause, error=type(error).__name__)
        try:
            time.sleep(pause)
        except StopRequested:
            return
        pause = min(2 * pause, LONGEST_PAUSE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
