"""How far a long command has come: a bar where somebody looks on, a line now and then where it goes to a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Watch = Callable[[int, int], None]
"""Told how much is done, and of how much."""
LINE_EVERY = 5.0
"""Seconds between two lines, where there is no terminal."""
LOOKS_EVERY = 0.5
"""Seconds between two looks at what another process does."""


@contextmanager
def shown(label: str) -> Iterator[Watch]:
    """What to tell. All of it goes to standard error, so that a command's answer can be taken from its output."""
    if not sys.stderr.isatty():
        yield _in_lines(label)
        return
    with click.progressbar(length=1, label=label, show_pos=True, file=sys.stderr) as bar:

        def watch(done: int, whole: int) -> None:
            bar.length = max(whole, 1)
            bar.update(max(done - bar.pos, 0))

        yield watch


def _in_lines(label: str) -> Watch:
    said_at = time.monotonic()

    def watch(done: int, whole: int) -> None:
        nonlocal said_at
        now = time.monotonic()
        if now - said_at >= LINE_EVERY:
            said_at = now
            click.echo(f"{label}: {done} of {whole}", err=True)

    return watch
