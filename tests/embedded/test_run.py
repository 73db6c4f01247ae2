"""scripts/run as a person meets it: refusals in one line, and the whole of it at full size."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from matchmaker.embedded.home import PROJECT, Home
from matchmaker.embedded.lock import sole_parent
from tests.embedded.watching import until

RUN = (sys.executable, "-m", "matchmaker.embedded.run")
OWN = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "MATCHMAKER_ENV", "PUBLIC_URL", "MAILBOX_DIR")
WORKERS = {"web", "ranker", "planner", "mailer", "caller", "clock"}
SERVERS = {"postgres", "redis", "mailbox"}


def environment(root: Path, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name not in OWN}
    return {**plain, "MATCHMAKER_HOME": str(root), **more}


def refused(root: Path, *words: str, **more: str) -> str:
    """The one thing a start says that is refused at once."""
    ended = subprocess.run(
        (*RUN, *words),
        cwd=PROJECT,
        env=environment(root, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    return ended.stdout


def test_a_port_in_use_names_the_option(root: Path, taken_port: int) -> None:
    said = refused(root, "--port", str(taken_port))
    assert f"Port {taken_port} is in use. Choose another one: scripts/run --port {taken_port + 1}" in said
    assert not (root / "postgres").exists()


def test_an_address_of_another_machine_is_refused(root: Path) -> None:
    assert "Cannot listen on 192.0.2.1:0" in refused(root, "--host", "192.0.2.1", "--port", "0")


def test_a_folder_in_use_names_its_process(home: Home) -> None:
    with sole_parent(home, print):
        assert f"as process {os.getpid()}" in refused(home.root, "--port", "0")


def test_a_folder_that_cannot_be_made_names_the_variable(root: Path) -> None:
    (root / "file").touch()
    assert "MATCHMAKER_HOME=" in refused(root / "file" / "below", "--port", "0")


def test_fresh_deletes_nothing_when_nobody_can_be_asked(home: Home) -> None:
    home.redis.mkdir()
    assert "Add --yes" in refused(home.root, "--fresh", "--port", "0")
    assert home.redis.exists()


def test_fresh_leaves_a_database_of_ones_own_alone(root: Path) -> None:
    said = refused(root, "--fresh", "--yes", "--port", "0", DATABASE_URL="postgresql://db.example/own")
    assert "DATABASE_URL is set" in said


def test_production_refuses_the_embedded_servers(root: Path) -> None:
    said = refused(root, MATCHMAKER_ENV="production", REDIS_URL="redis://cache.example")
    assert "DATABASE_URL, SMTP_URL is not set" in said


def test_fresh_deletes_state_and_nothing_else(home: Home) -> None:
    home.redis.mkdir()
    home.secret("session-key")
    (home.mail / "1.eml").touch()
    (home.root / "a-persons-own-file").touch()
    home.erase()
    assert {path.name for path in home.root.iterdir()} == {"a-persons-own-file", "run", "log", "mail"}
    assert not list(home.mail.iterdir())


@contextmanager
def running(root: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The whole application: its parent, its address, and all it said until then."""
    with subprocess.Popen(
        (PROJECT / "scripts" / "run", "--port", "0"), env=environment(root), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = ""
        try:
            for line in process.stdout:
                said += line
                if found := re.search(r"Matchmaker is at (http://\S+)", line):
                    yield process, found[1], said
                    break
            else:
                pytest.fail(said)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()
            assert process.returncode == 0


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def mailers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The mailers among the children; one that ends while it is looked at is none."""
    found = []
    for member in family(process):
        with suppress(psutil.NoSuchProcess):
            if member.cmdline()[-2:] == ["matchmaker.worker", "mail"]:
                found.append(member)
    return found


@pytest.mark.full
def test_everything_comes_up_heals_stops_and_comes_up_again_as_it_was(root: Path) -> None:
    log = root / "log"
    with running(root) as (process, address, first):
        assert "making a new PostgreSQL cluster" in first
        members = family(process)
        with urllib.request.urlopen(f"{address}/healthz") as answer:
            assert answer.status == 200
        [mailer] = mailers(process)
        mailer.kill()
        until(lambda: [other for other in mailers(process) if other != mailer])
    assert not any(member.is_running() for member in members)
    assert {path.stem for path in log.glob("*.log")} >= WORKERS | SERVERS
    with running(root) as (_process, address, again), urllib.request.urlopen(f"{address}/healthz") as answer:
        assert answer.status == 200
        assert "making a new PostgreSQL cluster" not in again
        assert "The demo region is there already" in again
