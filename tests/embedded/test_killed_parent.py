"""One parent a folder; a parent that was killed leaves nothing in the way of the next."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from matchmaker.embedded import lock
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import PROJECT, Home
from matchmaker.embedded.lock import sole_parent
from matchmaker.embedded.services import embedded_services
from tests.embedded.watching import alive, until

Row = dict[str, object]


@contextmanager
def parent(kind: str, root: Path) -> Iterator[tuple[subprocess.Popen[str], list[Row]]]:
    """A parent in its own process that says it is up, and the children it wrote down."""
    command = (sys.executable, "-m", "tests.embedded.parent", kind, str(root))
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def pids(rows: list[Row]) -> list[int]:
    return [int(str(row["pid"])) for row in rows]


def test_servers_end_with_a_killed_parent_and_start_again(root: Path) -> None:
    with parent("servers", root) as (process, rows):
        assert [row["name"] for row in rows] == ["postgres", "redis", "mailbox"]
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda: not any(alive(pid) for pid in pids(rows)))
    said: list[str] = []
    with embedded_services(root, durable=True, say=said.append):
        assert any(f"process {process.pid}" in line and "clearing up" in line for line in said)


def test_the_next_start_ends_a_child_that_would_not_go(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LEFTOVER_GRACE", 0.2)
    with parent("stubborn", root) as (process, rows):
        process.send_signal(signal.SIGKILL)
        process.wait()
        [pid] = pids(rows)
        assert alive(pid)
        said: list[str] = []
        with sole_parent(Home.at(root), said.append):
            assert not alive(pid)
        assert f"stopped stubborn (process {pid}), left from the last run" in said


def test_a_second_parent_is_told_who_the_first_is(root: Path) -> None:
    with (
        parent("servers", root) as (process, rows),
        pytest.raises(EmbeddedError, match=rf"process {process.pid}\.\n[\s\S]*kill {process.pid}"),
        sole_parent(Home.at(root), print),
    ):
        pytest.fail("two parents must not share a folder")
    assert rows


def test_a_stranger_with_a_recorded_pid_is_left_alone(home: Home) -> None:
    with subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE) as stranger:
        born_elsewhen = psutil.Process(stranger.pid).create_time() - 3600
        rows = [{"name": "web", "pid": stranger.pid, "born": born_elsewhen}]
        (home.run / "children.json").write_text(json.dumps(rows))
        with sole_parent(home, print):
            assert alive(stranger.pid)
        stranger.kill()


@pytest.mark.parametrize("pid", ["", "not a number", "99999999"], ids=["empty", "garbage", "gone"])
@pytest.mark.parametrize("children", ["", "[{", "[]"], ids=["empty", "half", "none"])
def test_old_files_of_any_kind_are_no_obstacle(home: Home, pid: str, children: str) -> None:
    (home.run / "parent.pid").write_text(pid)
    (home.run / "children.json").write_text(children)
    with sole_parent(home, print):
        assert (home.run / "parent.pid").read_text().strip() == str(os.getpid())
    assert (home.run / "parent.pid").read_text() == ""
