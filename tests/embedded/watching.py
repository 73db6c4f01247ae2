"""Looking at real processes from a test: waiting on a condition, and who is alive."""

import time
from collections.abc import Callable

import psutil

PATIENCE = 30.0


def until(condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not come true in {seconds:.0f} s"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether the process runs (one that ended and was not yet collected does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
