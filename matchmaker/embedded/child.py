"""One process that the parent owns: started in its own session, logged to its own file, always stopped."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import PROJECT

LOG_KEPT_BYTES = 5_000_000
KILL_GRACE = 5.0
POLL = 0.02

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Spec:
    """What to run and how to treat it. Times are in seconds."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    user: str | None = None
    pass_fds: tuple[int, ...] = ()
    before: Callable[[], None] | None = None
    """Called before every start, so that a restart finds the ground as clean as the first start did."""
    ready: Callable[[], bool] | None = None
    """Whether it serves."""
    ready_line: str = ""
    """What it writes to its log when it is ready. With neither this nor ``ready``, running is ready."""
    patience: float = 60.0
    """How long it may take to become ready."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    """How long it may take to stop before it is killed."""


class Child:
    """A running (or stopped) process of one :class:`Spec`. Started from the main thread only: the kernel sends the
    parent-death signal when the *thread* that started the child ends."""

    def __init__(self, spec: Spec, log_folder: Path) -> None:
        self.spec = spec
        self.log = log_folder / f"{spec.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._log_began = 0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def ready(self) -> bool:
        serves = self.running and (self.spec.ready is None or self.spec.ready())
        return serves and self.spec.ready_line in self.written()

    def start(self) -> None:
        """Start the process; does not wait until it is ready."""
        if self.spec.before is not None:
            self.spec.before()
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._log_began = self.log.stat().st_size if self.log.exists() else 0
        account = pwd.getpwnam(self.spec.user) if self.spec.user else None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.spec.command,
                cwd=PROJECT,
                env=self.spec.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.spec.pass_fds,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=_end_with_parent(os.getpid(), self.spec.stop_signal),
            )

    def wait_until_ready(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Block until it serves, looking again after each pause.

        Raises
        ------
        EmbeddedError
            With the end of its log, when it ends first or is not ready in time.
        """
        deadline = time.monotonic() + self.spec.patience
        while not self.ready:
            if not self.running:
                raise EmbeddedError(f"{self.spec.name} ended at once. {self.last_words()}")
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.spec.name} was not ready in {self.spec.patience:.0f} s. {self.last_words()}"
                )
            pause(POLL)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(self.spec.stop_signal)

    def stop(self, *, deadline: float | None = None) -> None:
        """Ask it to stop; when it has not by the deadline (its grace from now), kill it and all it started."""
        if self.process is None:
            return
        self.ask_to_stop()
        remaining = self.spec.grace if deadline is None else max(deadline - time.monotonic(), 0.0)
        try:
            self.process.wait(remaining)
        except subprocess.TimeoutExpired:
            self.kill()
        end_session(self.process.pid, grace=0.0)

    def kill(self) -> None:
        """End it and everything in its session now."""
        if self.process is not None:
            end_session(self.process.pid, grace=0.0)
            self.process.wait(KILL_GRACE)

    def written(self) -> str:
        """What it has written since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._log_began)
            return log.read().decode(errors="replace")

    def last_words(self, lines: int = 8) -> str:
        """The end of its log, as text to show."""
        text = self.log.read_bytes()[-20_000:].decode(errors="replace").rstrip() if self.log.exists() else ""
        tail = "\n    ".join(text.splitlines()[-lines:])
        return f"The end of {self.log}:\n    {tail}" if tail else f"Its log {self.log} is empty."


def end_session(session: int, *, stop_signal: signal.Signals = signal.SIGTERM, grace: float) -> int:
    """End every process of a session: first asked, after ``grace`` seconds killed. Returns how many there were."""
    members = _session_members(session)
    for process in members if grace > 0 else []:
        _send(process, stop_signal)
    _, stubborn = psutil.wait_procs(members, timeout=grace)
    for process in stubborn:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=KILL_GRACE)
    return len(members)


def _session_members(session: int) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _session_of(process.pid) == session]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _send(process: psutil.Process, signal_to_send: signal.Signals) -> None:
    # It may end by itself between being listed and being signalled, which is what was wanted.
    try:
        process.send_signal(signal_to_send)
    except psutil.NoSuchProcess:
        return


def _end_with_parent(parent: int, stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Run in the new process before it becomes the program: have the kernel stop it when the parent dies, even by
    kill -9. Other systems than Linux have no such call; there the next start stops what was left."""
    libc = _libc
    if libc is None:
        return None

    def arm() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arm
