"""A whole network under fire: servers that can be restarted, workers that are kept alive, partners who answer."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg.errors
import redis as redis_client
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker.clock import utc_now
from matchmaker.embedded import postgres, processes
from matchmaker.embedded import redis as redis_server
from matchmaker.embedded.child import Child
from matchmaker.embedded.home import Home
from matchmaker.extensions import alembic, db
from matchmaker.jobs import FOLLOW_UPS
from matchmaker.policies import actor_for
from matchmaker.services import introductions, proposals
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, NotNowReason, OutboxItem, Partner, Proposal, QueueName
from tests import factories as f
from tests.cast import Cast, assemble
from tests.databases import OwnDatabase
from tests.faults.unruly import Unruly

MAILERS = ("mailer", "second mailer")
WORKERS = (*MAILERS, "clock")
ASKED_A_PARTNER = 6
_WAITING = (
    OutboxItem.queue == QueueName.MAIL,
    OutboxItem.kind.not_in(FOLLOW_UPS),
    OutboxItem.done_at.is_(None),
    OutboxItem.failed_at.is_(None),
)
CAPACITY = 9
"""Visits a month of each partner: room for the first choices, and for some backups but not all."""


@dataclass
class Network:
    """Real servers and processes on a database of their own, before an unruly mail server."""

    home: Home
    database: OwnDatabase
    server: Unruly
    postgres: Child
    redis: Child
    workers: dict[str, Child]
    kills: int = 0
    restarts: int = 0

    def keep_alive(self) -> None:
        """Start again whatever has ended, as the supervisor does."""
        for child in self.workers.values():
            if not child.running:
                child.start()

    def kill(self, name: str) -> None:
        """End a worker with no chance to say goodbye."""
        process = self.workers[name].process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait(10)
            self.kills += 1

    def restart_postgres(self) -> None:
        """What ``pg_ctl restart -m fast`` does: every session is ended, the data stays."""
        self.postgres.stop()
        self.postgres.start()
        self.postgres.wait_until_ready()
        self.restarts += 1

    def restart_redis(self) -> None:
        """Empty Redis, then restart it: what was in it is gone twice."""
        with redis_client.Redis.from_url(redis_server.url(self.home)) as connection:
            connection.flushall()
        self.redis.stop()
        self.redis.start()
        self.redis.wait_until_ready()
        self.restarts += 1

    def progress(self) -> tuple[int, ...]:
        """Numbers of which one changes whenever anything goes on: on the mail server, with the processes, in the
        outbox."""
        server = self.server
        with self.database.session() as session:
            done, tries = session.execute(
                select(func.count(OutboxItem.done_at), func.coalesce(func.sum(OutboxItem.attempts), 0))
            ).one()
        return len(server.taken), server.moods.total(), self.kills, self.restarts, done, tries

    def left(self) -> str:
        """What has not left yet, in words for the message of a test that fails."""
        with self.database.session() as session:
            rows = session.scalars(select(OutboxItem).where(*_WAITING)).all()
            lines = [f"{row.kind}, {row.attempts} tries, due {row.due_at:%H:%M:%S}, {row.last_error}" for row in rows]
            return f"{utc_now():%H:%M:%S}: {'; '.join(lines)}"

    def unsent(self) -> int:
        """How many letters wait to leave, or to be tried again."""
        with self.database.session() as session:
            return session.scalar(
                select(func.count())
                .select_from(OutboxItem)
                .where(*_WAITING, OutboxItem.due_at < utc_now() + timedelta(days=1))
            ) or 0  # fmt: skip


@contextmanager
def under_fire(settings: Settings, server: Unruly) -> Iterator[Network]:
    """Start everything but the workers; a test that fails shows the end of each log."""
    folder = Path(tempfile.mkdtemp(prefix="mm-"))
    home = Home.at(folder)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        servers = [Child(spec, home.log) for spec in (
            postgres.server(home, durable=False, say=lambda line: None), redis_server.server(home)
        )]  # fmt: skip
        for child in servers:
            stack.callback(child.stop)
            child.start()
        for child in servers:
            child.wait_until_ready()
        own = replace(
            settings,
            database_url=postgres.create_database(postgres.url(home), "matchmaker"),
            redis_url=redis_server.url(home),
            smtp_url=f"smtp://127.0.0.1:{server.port}",
        )
        app = create_app(own)
        with app.app_context():
            alembic.upgrade()
            db.engine.dispose()
        database = OwnDatabase(own, create_engine(own.database_url, pool_pre_ping=True))
        stack.callback(database.engine.dispose)
        network = Network(home, database, server, *servers, workers=_workers(own, home))
        stack.callback(_stop, network.workers)
        yield network


def _workers(settings: Settings, home: Home) -> dict[str, Child]:
    given = {spec.metadata["env"]: getattr(settings, name) for name, spec in settings.__dataclass_fields__.items()}
    environment = {name: str(value) for name, value in given.items() if value}
    environment |= {"SMTP_TIMEOUT": "1", "TICK_SECONDS": "1", "PYTHONUNBUFFERED": "1"}
    specs = {name: processes.worker(name.split()[-1], environment) for name in WORKERS}
    return {name: Child(replace(spec, name=name), home.log) for name, spec in specs.items()}


def _stop(workers: dict[str, Child]) -> None:
    for child in workers.values():
        child.stop()
        print(child.last_words())


def write(network: Network, count: int, seed: int) -> None:
    """Approve so many people for so many requests, most with backups behind them; a few are taken back at once."""
    chance = random.Random(seed)
    with network.database.stored() as session:
        cast = assemble()
        cast.region.undo_seconds, cast.region.clearance_required = 0, False
        cast.region.quiet_from = cast.region.quiet_until = 0
        cast.region.daily_mails = 1_000_000
        crowd = max(5, count // ASKED_A_PARTNER)
        partners = [f.PartnerFactory(region=cast.region, monthly_capacity=CAPACITY) for _ in range(crowd)]
        funds = {partner.id: f.FundFactory(region=cast.region, owner=partner) for partner in partners}
        marisol = actor_for(cast.marisol, cast.marisol.memberships, utc_now())
        for number in range(count):
            first = number % crowd
            line = [
                partners[first],
                *chance.sample(partners[:first] + partners[first + 1 :], chance.choice((0, 1, 2, 2))),
            ]
            found = _proposed(cast, number, line, funds)
            made = proposals.approve(
                session, marisol, request_id=found[0].request_id, ranking_id=found[0].ranking_id,
                proposal_id=found[0].id, clock=utc_now, backups=[each.id for each in found[1:]],
            )  # fmt: skip
            if chance.random() < 0.05:
                proposals.undo(session, marisol, made.id, utc_now)


def _proposed(cast: Cast, number: int, line: list[Partner], funds: dict[int, object]) -> list[Proposal]:
    start = utc_now() + timedelta(days=21)
    request = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, title=f"Request {number}", windows=[(start, start + timedelta(hours=1))]
    )
    ranking = f.RankingFactory(region=cast.region, of=request)
    return [
        f.ProposalFactory(region=cast.region, of=request, found_in=ranking, who=who, what=funds[who.id], rank=place)
        for place, who in enumerate(line, start=1)
    ]


@dataclass
class Answering:
    """Partners who read their mail and answer it, some twice, some never."""

    network: Network
    chance: random.Random
    read: int = 0
    open: list[UUID] = field(default_factory=list)
    given: int = 0
    # One of each first: with few people chance alone may leave one out.
    rolls: list[float] = field(default_factory=lambda: [0.95, 0.4, 0.1])

    def answer(self) -> None:
        """Answer what has come in since. What cannot be answered just now is answered at the next call."""
        taken = self.network.server.taken
        self.open += [UUID(mail.uid) for mail in taken[self.read :]]
        self.read = len(taken)
        later = []
        for uid in dict.fromkeys(self.open):
            with self.network.database.session() as session:
                try:
                    if not self._answered(session, uid):
                        later.append(uid)
                    session.commit()
                except DBAPIError as error:
                    # The database is away; anything else that it says is a finding.
                    if isinstance(error.orig, psycopg.errors.DeadlockDetected) or not _away(error):
                        raise
                    later.append(uid)
        self.open = later

    def _answered(self, session: Session, uid: UUID) -> bool:
        """Whether nothing more is to be done about a mail."""
        item = session.scalar(select(OutboxItem).where(OutboxItem.uid == uid, OutboxItem.kind == "invitation"))
        introduction = session.get(Introduction, item.payload["introduction_id"]) if item else None
        if introduction is None:
            return True
        if introduction.state is IntroductionState.APPROVED:
            # It has arrived, and the mailer could not note that it left: the page says "in a moment". Sent again it may
            # meet a server that never wants it; then a coordinator has the task to call, and the page stays as it is.
            return item is not None and item.failed_at is not None
        if introduction.state is not IntroductionState.INVITED:
            return True
        roll = self.rolls.pop() if self.rolls else self.chance.random()
        window = introduction.request.windows[0].id
        said: list[Callable[[], object]] = []
        if roll < 0.3:
            said = [lambda: introductions.accept(session, introduction.key, window, utc_now)]
        elif roll < 0.5:
            said = [lambda: introductions.not_now(session, introduction.key, NotNowReason.BUSY, utc_now)]
        for say in said * (2 if self.chance.random() < 0.2 else 1):
            say()
            self.given += 1
        return True


def _away(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError)
