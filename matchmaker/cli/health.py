"""``flask health``: how the installation stands, on one screen, and by exit status for a script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import click
from flask import current_app
from redis.exceptions import RedisError

from matchmaker.clock import utc_now
from matchmaker.extensions import alembic, db
from matchmaker.queries import health, members
from matchmaker.services import regions
from matchmaker.services.heartbeats import CLOCK
from models import QueueName

LATE = timedelta(minutes=10)
"""So long something may be due before it counts as wrong."""


@click.command("health")
def show() -> None:
    """Say how everything stands: database, Redis, processes, outbox, regions. Status 1 when something is wrong."""
    settings, now = current_app.config["SETTINGS"], utc_now()
    click.echo(f"{settings.public_url} ({settings.environment})\n")
    wrong = [*_servers()]
    if not wrong or wrong == [REDIS_AWAY]:
        wrong += [*_processes(now), *_outbox(now)]
        _regions()
        missing = regions.without_postal_address(db.session)
        wrong += [f"{slug} has no postal address, which its mails need" for slug in missing]
    click.echo("\n" + ("\n".join(f"WRONG: {each}" for each in wrong) or "All is well."))
    if wrong:
        raise click.exceptions.Exit(1)


REDIS_AWAY = "Redis does not answer: what it would hurry along waits for the next tick"


def _servers() -> Iterator[str]:
    heads = frozenset(alembic.script_directory.get_heads())
    known = frozenset(script.revision for script in alembic.script_directory.walk_revisions())
    state = health.database(db.session, heads, known)
    click.echo(f"database   {state.value}")
    if state is health.Database.AWAY:
        yield "the database is away"
    elif state is health.Database.UNMIGRATED:
        yield "the schema is not this code's: flask --app matchmaker db upgrade"
    try:
        current_app.extensions["redis"].ping()
        click.echo("redis      ok")
    except (RedisError, OSError):
        click.echo("redis      away")
        yield REDIS_AWAY


def _processes(now: datetime) -> Iterator[str]:
    signs = health.heartbeats(db.session)
    for name in (*(queue.value for queue in QueueName), CLOCK):
        sign = signs.get(name)
        silent = sign is None or health.silent_since(sign, now) is not None
        click.echo(f"{name:<10} " + ("never heard of" if sign is None else f"heard of {_ago(now - sign)} ago"))
        if silent:
            yield f"the {name} process gives no sign of life"


def _outbox(now: datetime) -> Iterator[str]:
    click.echo(f"\n{'outbox':<10} {'waiting':>8} {'late':>8} {'failing':>8} {'aside':>8} {'done, 24 h':>11}")
    for each in health.backlogs(db.session, now):
        counts = (each.waiting, each.late, each.failing, each.put_aside)
        click.echo(f"{each.queue.value:<10} " + " ".join(f"{count:>8}" for count in counts) + f" {each.done:>11}")
        if each.put_aside:
            yield f"{each.put_aside} items of {each.queue.value} are put aside: flask --app matchmaker outbox list"
        if each.oldest is not None and now - each.oldest > LATE:
            yield f"something of {each.queue.value} has been due for {_ago(now - each.oldest)}"


def _regions() -> None:
    click.echo(f"\n{'region':<20} {'open':>6} {'partners':>9}  {'planned':<16}  vectors")
    for each in members.regions(db.session):
        planned = f"{each.planned_at:%F %R}" if each.planned_at else "never"
        click.echo(f"{each.slug:<20} {each.waiting:>6} {each.partners:>9}  {planned:<16}  {each.model or 'none'}")


def _ago(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


COMMANDS = (show,)
