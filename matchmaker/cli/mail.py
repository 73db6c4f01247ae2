"""Mail that comes in, from a mail server that pipes it to a command."""

from __future__ import annotations

import sys

import click
import structlog
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from matchmaker import inbound, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db

log = structlog.get_logger()

TRY_LATER = 75
"""The exit status (EX_TEMPFAIL) after which a mail server keeps the mail and comes again."""


@click.group("mail")
def mail() -> None:
    """Mail that comes in."""


@mail.command("receive")
@click.option("--to", multiple=True, help="Whom the envelope names, where the mail server says so.")
@with_appcontext
def receive(to: tuple[str, ...]) -> None:
    """Read one mail from standard input: a bounce, a complaint, or an answer to an address of ours."""
    raw = sys.stdin.buffer.read(inbound.LARGEST + 1)
    if len(raw) > inbound.LARGEST:
        log.warning("mail_too_large")
        click.echo("nothing")
        return
    try:
        taken = inbound.take(db.session, raw, current_app.config["SETTINGS"], utc_now(), to)
        outbox.commit(db.session)
    except OperationalError:
        log.error("database_away")
        sys.exit(TRY_LATER)
    click.echo(taken.value)


COMMANDS = (mail,)
