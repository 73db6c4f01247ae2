"""The source as these tests read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("matchmaker", "models", "matching")


def sources(*folders: str) -> Iterator[Path]:
    """Every Python file of these folders."""
    for folder in folders or PACKAGES:
        yield from sorted((ROOT / folder).rglob("*.py"))
