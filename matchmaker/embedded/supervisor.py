"""The parent of all processes: starts them in order, starts a dead one again, stops them all."""

import queue
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from matchmaker.embedded.child import POLL, Child, Spec
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home
from matchmaker.embedded.lock import record_children
from matchmaker.embedded.terminal import Terminal, short

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
STEADY_AFTER = 60.0
"""Seconds of running after which earlier failures are forgotten."""


class StopRequested(Exception):
    """A signal asked the parent to stop."""


@dataclass
class Watched:
    """A child and its luck so far; times are on the monotonic clock."""

    child: Child
    failures: int = 0
    started: float = 0.0
    due: float | None = None

    def delay(self) -> float:
        return min(FIRST_DELAY * 2.0 ** (self.failures - 1), LONGEST_DELAY)


class Supervisor:
    """Owns every child between ``__enter__`` and ``__exit__``. Signals are only noted when they arrive and acted on
    where the parent waits, so that no child is ever half started."""

    def __init__(self, home: Home, terminal: Terminal) -> None:
        self.home = home
        self.terminal = terminal
        self.tiers: list[list[Watched]] = []
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Supervisor":
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pause(self, seconds: float) -> None:
        """Wait, at most until a child ends.

        Raises
        ------
        StopRequested
            When a signal to stop has arrived.
        """
        try:
            number = self._signals.get(timeout=seconds)
        except queue.Empty:
            return
        if number in STOP_SIGNALS:
            raise StopRequested(signal.Signals(number).name)

    def start(self, specs: list[Spec]) -> None:
        """Start processes that may run side by side, and wait until each is ready.

        Raises
        ------
        EmbeddedError
            When one ends or is not ready in its time.
        """
        tier = [Watched(Child(spec, self.home.log)) for spec in specs]
        self.tiers.append(tier)
        for watched in tier:
            self._start_one(watched)
        for watched in tier:
            watched.child.wait_until_ready(self.pause)
            self.terminal.say(watched.child.spec.name, "ready")

    def run(self, spec: Spec, *, shown: bool = False) -> None:
        """Run a step to its end; ``shown`` repeats what it prints while it works.

        Raises
        ------
        EmbeddedError
            With the end of its log, when it fails.
        """
        step = Watched(Child(spec, self.home.log))
        self.tiers.append([step])
        self._start_one(step)
        said = 0
        while step.child.running:
            self.pause(POLL * 5)
            said = self._repeat(step.child, said) if shown else 0
        if shown:
            self._repeat(step.child, said)
        self.tiers.pop()
        if step.child.process is None or step.child.process.returncode != 0:
            raise EmbeddedError(f"{spec.name} failed. {step.child.last_words()}")

    def watch(self) -> None:
        """Keep everything running until a signal ends it with StopRequested."""
        while True:
            for watched in self._all():
                self._look_after(watched)
            self.pause(min([1.0, *self._until_due()]))

    def stop(self) -> None:
        """Stop what was started last first; a second signal cuts the waiting short."""
        if self.tiers:
            self.terminal.say("run", "stopping")
        while self.tiers:
            children = [watched.child for watched in self.tiers.pop()]
            for child in children:
                child.ask_to_stop()
            self._wait_for_end(children)
            for child in children:
                child.stop(deadline=0.0)
        record_children(self.home, [])

    def _wait_for_end(self, children: list[Child]) -> None:
        began = time.monotonic()
        try:
            while any(child.running and time.monotonic() - began < child.spec.grace for child in children):
                self.pause(POLL)
        except StopRequested:
            self.terminal.say("run", "not waiting any longer")
        for child in children:
            if child.running:
                self.terminal.say(child.spec.name, f"did not stop within {child.spec.grace:.0f} s; ending it")

    def _look_after(self, watched: Watched) -> None:
        child, now = watched.child, time.monotonic()
        if child.running:
            return
        if watched.due is None:
            watched.failures = 1 if now - watched.started > STEADY_AFTER else watched.failures + 1
            watched.due = now + watched.delay()
            status = child.process.returncode if child.process else None
            self.terminal.say(
                child.spec.name,
                f"ended ({_cause(status)}); starting again in {watched.delay():.0f} s; log: {short(child.log)}",
            )
        elif now >= watched.due:
            self._start_one(watched)
            self.terminal.say(child.spec.name, f"started again as process {child.process and child.process.pid}")

    def _start_one(self, watched: Watched) -> None:
        watched.child.start()
        watched.started, watched.due = time.monotonic(), None
        record_children(self.home, [each.child for each in self._all()])

    def _all(self) -> list[Watched]:
        return [watched for tier in self.tiers for watched in tier]

    def _until_due(self) -> list[float]:
        now = time.monotonic()
        return [max(each.due - now, POLL) for each in self._all() if each.due is not None]

    def _repeat(self, step: Child, said: int) -> int:
        """Say the whole lines a step has written beyond those said; returns how many have been."""
        lines = step.written().splitlines(keepends=True)
        whole = [line for line in lines[said:] if line.endswith("\n")]
        self.terminal.say(step.spec.name, "".join(whole))
        return said + len(whole)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signals.put(number)


def _cause(status: int | None) -> str:
    if status is not None and status < 0:
        return f"by {signal.Signals(-status).name}"
    return f"status {status}"


def step(name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> Spec:
    """A spec for :meth:`Supervisor.run`."""
    return Spec(name=name, command=command, environment=environment)
