"""The parent starts in order, starts the dead again, and always stops everything."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from matchmaker.embedded import supervisor as module
from matchmaker.embedded.child import Child, Spec
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home
from matchmaker.embedded.supervisor import StopRequested, Supervisor, Watched, step
from matchmaker.embedded.terminal import Terminal
from tests.embedded.watching import alive, until

WAITS = "import signal; print('up', flush=True); signal.pause()"
HANGS = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS + "\nsignal.pause()"
HAS_A_GRANDCHILD = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]])\n" + HANGS


def spec(name: str, program: str = WAITS, *words: str, grace: float = 10.0) -> Spec:
    """A small program that is ready when it has said so."""
    return Spec(name=name, command=(sys.executable, "-c", program, *words), ready_line="up", grace=grace)


def pid_of(supervisor: Supervisor, name: str) -> int:
    [child] = [each.child for tier in supervisor.tiers for each in tier if each.child.spec.name == name]
    return child.process.pid if child.process is not None and child.running else 0


def meanwhile(act: Callable[[], None]) -> threading.Thread:
    """Act beside the watching parent, then ask it to stop as a terminal or an init system would."""

    def then_stop() -> None:
        try:
            act()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=then_stop)
    thread.start()
    return thread


def test_a_killed_worker_is_started_again_and_said_so(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with Supervisor(home, Terminal()) as parent:
        parent.start([spec("ranker"), spec("web")])
        first, bystander = pid_of(parent, "ranker"), pid_of(parent, "web")

        def kill_and_wait() -> None:
            os.kill(first, signal.SIGKILL)
            until(lambda: pid_of(parent, "ranker") not in (0, first))

        thread = meanwhile(kill_and_wait)
        with pytest.raises(StopRequested, match="SIGTERM"):
            parent.watch()
        thread.join()
        assert pid_of(parent, "web") == bystander
    said = capsys.readouterr().out
    assert "ranker | ended (by SIGKILL); starting again in 1 s" in said
    assert "ranker | started again as process" in said


def test_a_worker_that_keeps_failing_is_tried_ever_more_rarely(home: Home) -> None:
    delays = [Watched(Child(spec("mailer"), home.log), failures=failures).delay() for failures in range(1, 9)]
    assert delays == [1, 2, 4, 8, 16, 30, 30, 30]


def test_everything_started_is_stopped_last_first(home: Home) -> None:
    order = home.root / "order"
    program = (
        "import pathlib, signal, sys\n"
        "def note(*_):\n    pathlib.Path(sys.argv[2]).open('a').write(sys.argv[1] + ' ')\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, note)\n" + WAITS
    )
    with Supervisor(home, Terminal()) as parent:
        for name in ("postgres", "web", "clock"):
            parent.start([spec(name, program, name, str(order))])
    assert order.read_text().split() == ["clock", "web", "postgres"]


def test_a_child_that_hangs_is_ended_with_all_it_started(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with Supervisor(home, Terminal()) as parent:
        parent.start([spec("ranker", HAS_A_GRANDCHILD, HANGS, grace=0.2)])
        eldest = psutil.Process(pid_of(parent, "ranker"))
        family = [eldest, *eldest.children()]
        assert len(family) == 2
    assert not any(alive(member.pid) for member in family)
    assert "ranker | did not stop within 0 s; ending it" in capsys.readouterr().out


def test_a_second_signal_cuts_the_waiting_short(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with Supervisor(home, Terminal()) as parent:
        parent.start([spec("ranker", HANGS, grace=3600)])
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StopRequested, match="SIGINT"):
            parent.watch()
        os.kill(os.getpid(), signal.SIGINT)
    assert "not waiting any longer" in capsys.readouterr().out


def test_the_handlers_of_before_are_put_back(home: Home) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Supervisor(home, Terminal()):
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_a_failed_start_shows_the_end_of_the_log_and_stops_the_rest(home: Home) -> None:
    broken = "import sys; sys.exit('SECRET_KEY must have at least 32 characters')"
    with Supervisor(home, Terminal()) as parent:
        parent.start([spec("postgres")])
        running = pid_of(parent, "postgres")
        with pytest.raises(EmbeddedError, match=r"web ended at once\.[\s\S]*at least 32 characters"):
            parent.start([spec("web", broken)])
    assert not alive(running)


def test_a_step_repeats_what_it_says_and_a_failing_one_is_an_error(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with Supervisor(home, Terminal()) as parent:
        say = "import sys; print('120 partners'); sys.exit(int(sys.argv[1]))"
        parent.run(step("demo", (sys.executable, "-c", say, "0"), os.environ), shown=True)
        assert "demo | 120 partners" in capsys.readouterr().out
        with pytest.raises(EmbeddedError, match=r"demo failed\.[\s\S]*120 partners"):
            parent.run(step("demo", (sys.executable, "-c", say, "3"), os.environ))
        assert parent.tiers == []


def test_a_long_log_is_put_aside_at_a_start(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matchmaker.embedded.child.LOG_KEPT_BYTES", 10)
    log: Path = home.log / "web.log"
    log.write_text("the lines of the last run\n")
    with Supervisor(home, Terminal()) as parent:
        parent.start([spec("web")])
    assert log.read_text().strip() == "up"
    assert log.with_suffix(".log.1").read_text() == "the lines of the last run\n"


def test_delays_are_forgotten_after_a_steady_hour(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEADY_AFTER", 0.0)
    with Supervisor(home, Terminal()) as parent:
        parent.start([spec("web")])
        [[watched]] = parent.tiers
        watched.failures = 5
        watched.child.kill()
        parent._look_after(watched)
        assert watched.failures == 1
