"""A whole evaluation set carried along the path on real processes: ``scripts/rehearse SET_DIR``.

The set becomes a region; the ranker proposes for every request, a command approves the first proposal of each, and the
mailer invites. What arrived in the mailbox is then counted against what should have.
"""

import argparse
import email
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email import policy
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from matchmaker.embedded import processes
from matchmaker.embedded.child import Child
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import PROJECT, Home
from matchmaker.embedded.services import embedded_services

REGION = "rehearsal"
PATIENCE = 1200.0
"""Seconds without any progress after which the rehearsal gives up."""
POLL = 0.25


@dataclass(frozen=True)
class Figures:
    """What was asked, what arrived. Lost and doubled are counted in the mailbox, not in our own books."""

    requests: int
    proposed: int
    approved: int
    invitations: int
    lost: int
    doubled: int
    message_ids: int
    held_units: int
    seconds_proposing: float
    seconds_approving: float
    seconds_mailing: float


def main() -> int:
    """Run the rehearsal and print its figures; 1 when a mail was lost or doubled."""
    parser = argparse.ArgumentParser(prog="scripts/rehearse", description="Carry a set through queue, desk and mail.")
    parser.add_argument("set_dir", type=Path, metavar="SET_DIR", help="folder of requests.jsonl and partners.jsonl")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="mm-"))
    try:
        figures = rehearse(arguments.set_dir.resolve(), home)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(asdict(figures)) if arguments.json else as_lines(figures))
    return 1 if figures.lost or figures.doubled else 0


def rehearse(folder: Path, root: Path) -> Figures:
    """Carry the set in ``folder`` along the path, with everything kept under ``root``."""
    home = Home.at(root)
    with embedded_services(root, mailbox=True) as services:
        given = {"TICK_SECONDS": "1", "PUBLIC_URL": "http://rehearsal.example"}
        environment = processes.environment(given, services, home, given["PUBLIC_URL"])
        run(processes.MIGRATE, environment)
        run((*processes.FLASK, "load-set", str(folder), "--region", REGION), environment)
        engine = create_engine(services.database_url.replace("postgresql://", "postgresql+psycopg://", 1))
        with workers(environment, home.log, "ranker", "mailer", "clock"):
            started = time.monotonic()
            settle(engine, "ranking")
            proposed_at = time.monotonic()
            run((*processes.FLASK, "approve-first", "--region", REGION), environment)
            approved_at = time.monotonic()
            settle(engine, "mail")
            mailed_at = time.monotonic()
        return count(
            engine,
            home.mail,
            (proposed_at - started, approved_at - proposed_at, mailed_at - approved_at),
        )


def count(engine: Engine, mail: Path, seconds: tuple[float, float, float]) -> Figures:
    """Compare the mailbox with the database."""
    with engine.connect() as connection:

        def number(query: str) -> int:
            return int(connection.execute(text(query)).scalar_one())

        requests = number("SELECT count(*) FROM learning_request")
        proposed = number("SELECT count(DISTINCT request_id) FROM proposal")
        approved = number("SELECT count(*) FROM introduction")
        held = number("SELECT count(*) FROM capacity_unit WHERE released_at IS NULL")
        due = {str(row[0]) for row in connection.execute(text("SELECT uid FROM outbox WHERE kind = 'invitation'"))}
    arrived = Counter(_message_id(path) for path in mail.glob("*.eml"))
    return Figures(
        requests=requests,
        proposed=proposed,
        approved=approved,
        invitations=sum(arrived.values()),
        lost=len(due - arrived.keys()),
        doubled=sum(times - 1 for times in arrived.values()),
        message_ids=len(arrived),
        held_units=held,
        seconds_proposing=round(seconds[0], 2),
        seconds_approving=round(seconds[1], 2),
        seconds_mailing=round(seconds[2], 2),
    )


def as_lines(figures: Figures) -> str:
    """The figures for a person."""
    return "\n".join(f"{name.replace('_', ' '):<20} {value}" for name, value in asdict(figures).items())


def run(command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Run a command to its end, its last line shown. Raises EmbeddedError with what it said when it fails."""
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise EmbeddedError(f"{' '.join(command[2:])} failed:\n{done.stderr[-2000:]}")
    said = [line for line in done.stdout.splitlines() if line.strip()]
    print(f"rehearse: {said[-1]}" if said else f"rehearse: {command[-1]} done", file=sys.stderr, flush=True)


@contextmanager
def workers(environment: Mapping[str, str], logs: Path, *names: str) -> Iterator[dict[str, Child]]:
    """Run some of the application's workers for the length of a block."""
    children = {name: Child(processes.worker(name, environment), logs) for name in names}
    try:
        for child in children.values():
            child.start()
        yield children
    finally:
        for child in children.values():
            child.stop()


def settle(engine: Engine, queue: str) -> None:
    """Wait until nothing waits in a queue's outbox, showing how much is left."""
    query = text("SELECT count(*) FROM outbox WHERE queue = :queue AND done_at IS NULL AND failed_at IS NULL")

    def left() -> int:
        with engine.connect() as connection:
            return int(connection.execute(query, {"queue": queue}).scalar_one())

    wait_for(left, queue)


def wait_for(left: Callable[[], int], what: str) -> None:
    """Wait until a count is 0. Raises EmbeddedError when it has not moved for PATIENCE seconds."""
    before, moved = -1, time.monotonic()
    while now := left():
        if now != before:
            print(f"rehearse: {what}: {now} left", file=sys.stderr, flush=True)
            before, moved = now, time.monotonic()
        if time.monotonic() - moved > PATIENCE:
            raise EmbeddedError(f"{what} stands still at {now}")
        time.sleep(POLL)


def _message_id(path: Path) -> str:
    """The outbox item a mail was sent for: the left-hand side of its Message-ID."""
    message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    return str(message["Message-ID"]).strip("<> ").split("@")[0]


if __name__ == "__main__":
    sys.exit(main())
