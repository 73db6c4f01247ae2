"""Time, as services take it: a function that says what instant it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)
