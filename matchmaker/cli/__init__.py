"""``flask --app matchmaker …``: what an administrator does from a shell."""

from __future__ import annotations

from flask import Flask

from matchmaker.cli import backup, loading, mail, outbox, planning, relevance, sheets

AREAS = (loading, relevance, planning, mail, outbox, backup, sheets)


def init_app(app: Flask) -> None:
    """Add the commands."""
    for area in AREAS:
        for command in area.COMMANDS:
            app.cli.add_command(command)
