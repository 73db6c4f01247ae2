"""The real processes on real servers, to be killed and stopped at bad moments."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import utc_now
from matchmaker.embedded import mailbox, processes
from matchmaker.embedded import redis as redis_server
from matchmaker.embedded.child import Child, Spec
from matchmaker.embedded.home import Home
from matchmaker.services import capacity, introductions
from models import Introduction, IntroductionState, LearningRequest, OutboxItem
from tests import factories as f
from tests.cast import Cast, assemble
from tests.databases import OwnDatabase


@dataclass
class House:
    """The application's processes on a database, a Redis and a mailbox of their own."""

    home: Home
    database: OwnDatabase
    redis: Child
    listener_port: int
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database.url,
            "REDIS_URL": redis_server.url(self.home),
            "SMTP_URL": f"smtp://127.0.0.1:{self.listener_port}",
            "SECRET_KEY": self.database.settings.secret_key,
            "SECURITY_PASSWORD_SALT": "a-test-salt",
            "PUBLIC_URL": "http://matchmaker.example",
            "MATCHMAKER_ENV": "test",
            "TICK_SECONDS": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, name: str) -> Child:
        """Start one of the application's processes, again if need be; "second clock" is one more clock."""
        kind = name.removeprefix("second ")
        said = f"{'clock' if kind == 'clock' else 'worker'}_ready"
        if name not in self.children:
            log = self.home.log / f"{name}.log"
            before = lambda: log.unlink(missing_ok=True)  # noqa: E731
            ready = lambda: log.exists() and said in log.read_text()  # noqa: E731
            spec = Spec(name, processes.WORKERS[kind], self.environment, before=before, ready=ready, patience=120)
            self.children[name] = Child(spec, self.home.log)
        self.children[name].start()
        return self.children[name]

    def kept_alive(self) -> bool:
        """Start again whatever has ended, as the supervisor does; always true."""
        for child in self.children.values():
            if not child.running:
                child.start()
        return True

    def kill(self, name: str) -> None:
        """End a process with no chance to say goodbye."""
        process = self.children[name].process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        """Stop everything; a test that fails shows the end of each log."""
        for child in self.children.values():
            print(child.last_words())
        for child in [*self.children.values(), self.redis]:
            child.stop()

    @property
    def mails(self) -> list[EmailMessage]:
        """Every mail that the mailbox has said yes to, in order."""
        files = sorted(self.home.mail.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]

    def count(self, *criteria: object, of: type = Introduction) -> int:
        with self.database.session() as session:
            return session.scalar(select(func.count()).select_from(of).where(*criteria)) or 0  # type: ignore[arg-type]

    def unfinished(self) -> int:
        """How many outbox items are neither done nor put aside, but for what is to be looked at on a later day."""
        soon = utc_now() + timedelta(hours=1)
        waiting = OutboxItem.done_at.is_(None), OutboxItem.failed_at.is_(None), OutboxItem.due_at < soon
        return self.count(*waiting, of=OutboxItem)


@pytest.fixture
def house(own_database: OwnDatabase) -> Iterator[House]:
    """Redis and the mailbox run; the application's processes are started by the test."""
    folder = Path(tempfile.mkdtemp(prefix="mm-"))
    home = Home.at(folder)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        listener = stack.enter_context(closing(mailbox.listen()))
        box = Child(mailbox.server(home.mail, listener), home.log)
        redis = Child(redis_server.server(home), home.log)
        running = House(home, own_database, redis, listener.getsockname()[1])
        stack.callback(box.stop)
        stack.callback(running.stop)
        for child in (box, redis):
            child.start()
        for child in (box, redis):
            child.wait_until_ready()
        yield running


@pytest.fixture
def people(own_database: OwnDatabase) -> Cast:
    """The cast, in the house's database; nothing about them depends on today's date."""
    with own_database.stored():
        cast = assemble()
        cast.region.undo_seconds, cast.region.clearance_required = 0, False
        # These tests run at any time of day, and write to the same few people again and again.
        cast.region.quiet_from = cast.region.quiet_until = 0
        cast.region.daily_mails = 100_000
        # Read while the session is open what later ones ask for.
        for partner in (cast.esperanza, cast.ramon):
            assert partner.funds
        for coordinator in (cast.marisol, cast.ben):
            assert [membership.region for membership in coordinator.memberships]
    return cast


def ask(cast: Cast, number: int) -> LearningRequest:
    """A request of a visit three weeks from today."""
    start = utc_now() + timedelta(days=21)
    request: LearningRequest = f.LearningRequestFactory(
        region=cast.region, asked_by=cast.ana, title=f"Request {number}", windows=[(start, start + timedelta(hours=1))]
    )
    return request


@pytest.fixture
def accepted(own_database: OwnDatabase, people: Cast) -> Callable[[int], list[int]]:
    """Writes so many introductions that were accepted this moment: two mails each wait in the outbox."""

    def write(count: int) -> list[int]:
        with own_database.stored() as session:
            return [_accepted(session, people, number) for number in range(count)]

    return write


def _accepted(session: Session, cast: Cast, number: int) -> int:
    partner = f.PartnerFactory(region=cast.region)
    introduction = f.IntroductionFactory(
        region=cast.region,
        suggested__of=ask(cast, number),
        suggested__who=partner,
        coordinator=cast.marisol,
        state=IntroductionState.UNDONE,
        approved_at=utc_now(),
        due_at=utc_now(),
    )
    capacity.hold(session, introduction, capacity.period_of(utc_now() + timedelta(days=21), cast.region), utc_now())
    introduction.state = IntroductionState.INVITED
    introductions.accept(session, introduction.key, introduction.request.windows[0].id, utc_now)
    return int(introduction.id)
