"""``flask --app matchmaker …``: what an administrator does from a shell."""

from __future__ import annotations

from flask import Flask

from matchmaker.cli import loading, mail, planning, relevance


def init_app(app: Flask) -> None:
    """Add the commands."""
    for command in (*loading.COMMANDS, *relevance.COMMANDS, *planning.COMMANDS, *mail.COMMANDS):
        app.cli.add_command(command)
