"""What the parent prints: one line an event, marked with whom it is about."""

import contextlib
import os
import sys
import time
from pathlib import Path

COLOURS = {
    "run": 37,
    "postgres": 36,
    "redis": 31,
    "mailbox": 35,
    "web": 32,
    "ranker": 33,
    "planner": 34,
    "mailer": 95,
    "caller": 94,
    "clock": 96,
}
WIDTH = max(map(len, COLOURS))


class Terminal:
    """Prints lines with the speaker in front, in colour where a person is watching."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def say(self, speaker: str, text: str) -> None:
        """Print each line of the text behind the speaker's name."""
        name = f"{speaker:>{WIDTH}} |"
        if self.coloured:
            name = f"\x1b[{COLOURS.get(speaker, 37)}m{name}\x1b[0m"
        # A terminal that was closed must not keep the parent from stopping its children.
        with contextlib.suppress(OSError):
            for line in text.splitlines():
                print(name, line, flush=True)

    def seconds(self) -> str:
        """How long the parent has been at work, for people."""
        return f"{time.monotonic() - self.began:.1f} s"


def short(path: Path) -> str:
    """The path as seen from where the person stands."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
