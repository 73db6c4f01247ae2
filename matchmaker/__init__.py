"""Matchmaker: teachers' learning requests and the people of their community who can answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from matchmaker.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application (imported late, so that ``import matchmaker`` costs nothing)."""
    from matchmaker.settings import Settings

    # Before the rest: what counts requests looks for its folder in the environment as soon as it is imported.
    settings = settings or Settings.from_environ()
    from matchmaker.app import create_app as build

    return build(settings)
