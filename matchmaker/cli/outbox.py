"""``flask outbox …``: what is stuck, in every region and in none, and what mends it."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import or_, select

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.policies import NOBODY
from matchmaker.queries.health import MANY_TRIES
from matchmaker.services import mending
from models import OutboxItem, QueueName, Region

commands = AppGroup("outbox", help="List what is stuck in the outbox, send it again, or let it go.")


@commands.command("list")
@click.option("--queue", type=click.Choice([name.value for name in QueueName]), help="Of one queue only.")
@click.option("--waiting", is_flag=True, help="Also what waits and never failed.")
def listed(queue: str | None, waiting: bool) -> None:
    """Say what is put aside, and what failed again and again: id, queue, kind, region, since, tries, reason."""
    query = (
        select(OutboxItem, Region.slug)
        .outerjoin(Region, Region.id == OutboxItem.region_id)
        .where(OutboxItem.done_at.is_(None))
        .order_by(OutboxItem.due_at, OutboxItem.id)
    )
    if not waiting:
        query = query.where(or_(OutboxItem.failed_at.is_not(None), OutboxItem.attempts >= MANY_TRIES))
    if queue:
        query = query.where(OutboxItem.queue == QueueName(queue))
    for item, slug in db.session.execute(query):
        since = f"aside since {item.failed_at:%F %R}" if item.failed_at else f"due {item.due_at:%F %R}"
        told = (str(item.id), item.queue.value, item.kind, slug or "-", since, f"{item.attempts} tries")
        click.echo("\t".join((*told, item.last_error or "")))


@commands.command("retry")
@click.argument("ids", metavar="ID…", nargs=-1, type=int)
@click.option("--put-aside", is_flag=True, help="All that is put aside.")
def retry(ids: tuple[int, ...], put_aside: bool) -> None:
    """Put items back in line, now."""
    if put_aside:
        found = db.session.scalars(select(OutboxItem.id).where(OutboxItem.failed_at.is_not(None)))
        ids = (*ids, *found)
    if not ids and not put_aside:
        raise click.UsageError("say which: ID…, or --put-aside")
    for item_id in ids:
        try:
            mending.retry(db.session, NOBODY, item_id, utc_now)
        except Conflict as error:
            raise click.ClickException(f"{item_id} is done, in hand, or not there. Nothing was changed.") from error
    outbox.commit(db.session)
    click.echo(f"{len(ids)} back in line")


@commands.command("drop")
@click.argument("item_id", metavar="ID", type=int)
@click.option("--reason", type=click.Choice([each.value for each in mending.DropReason]), required=True)
def drop(item_id: int, reason: str) -> None:
    """Let go of a mail that is put aside; the audit keeps the reason."""
    try:
        mending.drop(db.session, NOBODY, item_id, mending.DropReason(reason), utc_now)
    except mending.StillNeeded as error:
        raise click.ClickException(f"{item_id} cannot be let go: something would wait for it for ever.") from error
    except Conflict as error:
        raise click.ClickException(f"{item_id} is not put aside. Nothing was changed.") from error
    outbox.commit(db.session)
    click.echo(f"{item_id} is let go")


COMMANDS = (commands,)
