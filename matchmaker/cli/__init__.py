"""``flask --app matchmaker …``: what an administrator does from a shell."""

from __future__ import annotations

from flask import Flask

from matchmaker.cli import (
    backup,
    health,
    loading,
    mail,
    outbox,
    people,
    planning,
    ranking,
    refusals,
    regions,
    relevance,
    sheets,
)

AREAS = (regions, people, health, ranking, planning, relevance, sheets, outbox, mail, backup, loading)


def init_app(app: Flask) -> None:
    """Add the commands."""
    for area in AREAS:
        for command in area.COMMANDS:
            refusals.said_plainly(command)
            app.cli.add_command(command)
