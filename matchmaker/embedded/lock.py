"""One parent a home: the lock that says so, and the clearing up after a parent that was killed."""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from matchmaker.embedded.child import Child, end_session
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home

LEFTOVER_GRACE = 10.0


@contextmanager
def sole_parent(home: Home, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the home for this process; stop what an earlier parent left running when it was killed.

    The lock is the kernel's (flock), so it cannot outlive its holder; the pid in the file is only for people.

    Raises
    ------
    EmbeddedError
        When another parent holds it.
    """
    with (home.run / "parent.pid").open("a+") as file:
        _lock(file, home)
        _clear_leftovers(home, _written_pid(file), say)
        _write_pid(file, os.getpid())
        try:
            yield
        finally:
            record_children(home, [])
            _write_pid(file, None)


def record_children(home: Home, children: Iterable[Child]) -> None:
    """Keep pid and birth of what runs, so that the next start can tell it from a stranger with the same pid."""
    rows = []
    for child in children:
        if child.process is None or not child.running:
            continue
        try:
            born = psutil.Process(child.process.pid).create_time()
        except psutil.NoSuchProcess:
            continue
        rows.append({"name": child.spec.name, "pid": child.process.pid, "born": born})
    fresh = home.run / "children.json.new"
    fresh.write_text(json.dumps(rows))
    fresh.replace(_children_file(home))


def _children_file(home: Home) -> Path:
    return home.run / "children.json"


def _lock(file: IO[str], home: Home) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _written_pid(file)
        raise EmbeddedError(
            f"Matchmaker already runs from {home.root}, as process {holder or 'unknown'}.\n"
            f"Stop it with Ctrl-C in its terminal{f' or with: kill {holder}' if holder else ''}; "
            "or run a second one beside it: MATCHMAKER_HOME=/another/folder scripts/run --port 8001"
        ) from error


def _written_pid(file: IO[str]) -> int | None:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdecimal() else None


def _write_pid(file: IO[str], pid: int | None) -> None:
    file.seek(0)
    file.truncate()
    file.write(f"{pid}\n" if pid else "")
    file.flush()


def _clear_leftovers(home: Home, dead_parent: int | None, say: Callable[[str], None]) -> None:
    rows = _recorded(home)
    if dead_parent is not None:
        say(f"the last run (process {dead_parent}) was ended without stopping; clearing up after it")
    for row in reversed(rows):
        if not _is_stranger(row["pid"], row["born"]) and end_session(row["pid"], grace=LEFTOVER_GRACE):
            say(f"stopped {row['name']} (process {row['pid']}), left from the last run")


def _recorded(home: Home) -> list[dict[str, int]]:
    try:
        rows: list[dict[str, int]] = json.loads(_children_file(home).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    return rows


def _is_stranger(pid: int, born: float) -> bool:
    """Whether the pid now belongs to another process. A pid without a process but with a living session is ours:
    the kernel gives no pid away while it names a session."""
    try:
        return abs(psutil.Process(pid).create_time() - born) > 1.0
    except psutil.NoSuchProcess:
        return False
