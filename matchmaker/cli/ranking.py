"""Ranking a region's requests again, and reading all its texts again, from a shell."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import click
from flask import current_app
from sqlalchemy import func, or_, select

from matchmaker import outbox
from matchmaker.cli.naming import region_called
from matchmaker.cli.progress import LOOKS_EVERY, shown
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.services import ranker
from models import OutboxItem, QueueName, Region

follow_option = click.option("--queue", "queued", is_flag=True, help="Only ask: the ranker does it.")


@click.command("rerank")
@click.argument("slug", metavar="REGION")
@click.option("--dry-run", is_flag=True, help="Only say how many requests that are.")
@follow_option
def rerank(slug: str, dry_run: bool, queued: bool) -> None:
    """Have the ranker rank every open request of a region again, and follow it. Ctrl-C ends the following only."""
    session, region = db.session, region_called(slug)
    now = utc_now()
    keys = ranker.ask_for_open(session, region.id, f"again:{now:%Y%m%d%H%M%S%f}", now)
    if dry_run:
        session.rollback()
        click.echo(f"{slug}: {len(keys)} requests would be ranked again")
        return
    outbox.commit(session)
    if queued:
        click.echo(f"{slug}: the ranker has {len(keys)} requests more to rank")
        return
    failed = _followed(slug, keys)
    click.echo(f"{slug}: {len(keys) - failed} of {len(keys)} requests are ranked again")
    if failed:
        click.echo("What failed is tried again: flask --app matchmaker outbox list --queue ranking", err=True)
        raise click.exceptions.Exit(1)


def _followed(label: str, keys: Sequence[str]) -> int:
    """Wait for the ranker; how many it could not do at its first try."""
    done, failed = OutboxItem.done_at.is_not(None), or_(OutboxItem.failed_at.is_not(None), OutboxItem.attempts > 0)
    counts = select(func.count().filter(done), func.count().filter(failed, ~done)).where(OutboxItem.key.in_(keys))
    with shown(label) as watch:
        while True:
            ranked, refused = db.session.execute(counts).one()
            db.session.rollback()
            watch(ranked + refused, len(keys))
            if ranked + refused >= len(keys):
                return int(refused)
            time.sleep(LOOKS_EVERY)


@click.command("embed")
@click.argument("slug", metavar="REGION")
@follow_option
def embed(slug: str, queued: bool) -> None:
    """Read every text of a region that has no vector under EMBEDDING_MODEL, here; then rank with that model.

    What is read already is not read again. Stopped, it goes on where it was, or the ranker does.
    """
    from matchmaker import reembedding
    from matchmaker.embedding import Encoder, ModelNotFound

    region = region_called(slug)
    region_id, encoder = region.id, Encoder(current_app.config["SETTINGS"].embedding_model or None)
    reembedding.ask(db.session, region_id, encoder.name, utc_now())
    db.session.commit()
    if queued:
        click.echo(f"{slug}: the ranker reads its texts under {encoder.name}")
        return
    try:
        _read(slug, region_id, encoder.name, lambda item: reembedding.step(db.session, item, encoder, utc_now()))
    except ModelNotFound as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{slug}: ranked with {db.session.get_one(Region, region_id).embedding_model}")


def _read(slug: str, region_id: int, model: str, step: Callable[[OutboxItem], bool]) -> None:
    """One batch after the other, each stored; what the ranker has in its hands is waited for."""
    from matchmaker import reembedding

    key = f"{reembedding.KIND}:{region_id}"
    with shown(slug) as watch:
        while _open(key):
            item = outbox.take(db.session, key)
            if item is None:
                db.session.rollback()
                time.sleep(LOOKS_EVERY)
                continue
            if item.payload["model"] != model:
                raise click.ClickException(f"{slug} is to be read under {item.payload['model']} by now.")
            if not step(item):
                item.done_at = utc_now()
            watch(*reembedding.come_so_far(db.session, item))
            outbox.commit(db.session, draining=QueueName.RANKING)


def _open(key: str) -> bool:
    waiting = select(OutboxItem.id).where(OutboxItem.key == key, OutboxItem.done_at.is_(None))
    return db.session.scalar(waiting.where(OutboxItem.failed_at.is_(None))) is not None


COMMANDS = (rerank, embed)
