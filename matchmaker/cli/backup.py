"""``flask backup …``: write the database to a file, look at such a file, put it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import make_url

from matchmaker import backups
from matchmaker.cli.progress import shown
from matchmaker.clock import utc_now
from matchmaker.extensions import alembic

backup = AppGroup("backup", help="Back the database up to a file, check such a file, restore it.")
ARCHIVE = click.Path(dir_okay=False, path_type=Path)


@backup.command("create")
@click.argument("file", type=ARCHIVE)
def create(file: Path) -> None:
    """Write a backup to FILE, and what it holds to FILE.json."""
    with shown("tables") as watch:
        made = _told(lambda: backups.create(_url(), file, utc_now(), watch))
    click.echo(f"{file}: {_size(file)}, {_summary(made)}")


@backup.command("check")
@click.argument("file", type=ARCHIVE)
def check(file: Path) -> None:
    """Say whether FILE is whole, readable, and of a schema that this code knows."""
    click.echo(f"{file} is whole: {_summary(_told(lambda: backups.check(file, _known())))}")


@backup.command("restore")
@click.argument("file", type=ARCHIVE)
@click.option("--into", metavar="URL", help="Another database than DATABASE_URL's.")
def restore(file: Path, into: str | None) -> None:
    """Restore FILE into an EMPTY database."""
    made = _told(lambda: backups.restore(_plain(into) if into else _url(), file, _known()))
    click.echo(f"restored {_summary(made)}")
    click.echo("Before the mailer starts: mails sent since the backup wait again; see flask outbox list --waiting")
    if made.revision not in alembic.script_directory.get_heads():
        click.echo("The schema is older than this code: run flask --app matchmaker db upgrade")


def _told(work: Callable[[], backups.Manifest]) -> backups.Manifest:
    try:
        return work()
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from error


def _known() -> frozenset[str]:
    return frozenset(script.revision for script in alembic.script_directory.walk_revisions())


def _url() -> str:
    return _plain(current_app.config["SETTINGS"].database_url)


def _plain(url: str) -> str:
    """A SQLAlchemy address as PostgreSQL's own programs take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"


def _summary(made: backups.Manifest) -> str:
    return f"{sum(made.rows.values())} rows of {len(made.rows)} tables, schema {made.revision}, made {made.made_at}"


COMMANDS = (backup,)
