"""Planning whole regions from a shell: here and now, with a bar, or by the planning process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from os import getpid
from socket import gethostname
from typing import Any

import click
from sqlalchemy import select

from matchmaker import outbox
from matchmaker.cli.naming import decider, region_called
from matchmaker.cli.progress import LOOKS_EVERY, Watch, shown
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.services import planning
from models import Plan, PlanState, Region


@click.command("plan")
@click.argument("slug", metavar="[REGION]", required=False)
@click.option("--queue", "queued", is_flag=True, help="Only ask: the planning process makes it.")
@click.option("--by", "email", help="Address of the coordinator or administrator who asks, for the audit.")
def plan(slug: str | None, queued: bool, email: str | None) -> None:
    """Plan all open requests of a region at once, or of each region; then what is proposed is renewed."""
    slugs = [slug] if slug else db.session.scalars(select(Region.slug).order_by(Region.slug)).all()
    done = [_plan(each, queued, email) for each in slugs]
    if not all(done):
        raise click.exceptions.Exit(1)


def _plan(slug: str, queued: bool, email: str | None) -> bool:
    region = region_called(slug)
    asked = planning.ask(db.session, decider(region, email), region, utc_now)
    plan_id, state = asked.id, asked.state
    if queued:
        outbox.commit(db.session)
        click.echo(f"{slug}: plan {plan_id} is {state.value}; the planning process makes it")
        return True
    # Stored without a nudge, so that the planning process does not take it up first.
    db.session.commit()
    _run(slug, plan_id)
    made = db.session.get_one(Plan, plan_id, populate_existing=True)
    _print(slug, made)
    return made.state is PlanState.DONE


def _run(slug: str, plan_id: int) -> None:
    """Make the plan, or follow whoever is making it."""
    with shown(slug) as watch:
        item = outbox.take(db.session, f"{planning.PLAN}:{plan_id}")
        if item is None:
            return _follow(plan_id, watch)
        from matchmaker.services import plan_runs

        lease = plan_runs.Lease(plan_id, f"{gethostname()}:{getpid()}", db.sessionmaker, utc_now, watch=watch)
        if plan_runs.run(db.session, lease):
            item.done_at = utc_now()
        outbox.commit(db.session)


def _follow(plan_id: int, watch: Watch) -> None:
    while True:
        made = db.session.get_one(Plan, plan_id, populate_existing=True)
        watch(made.rounds_done, made.rounds)
        ended = made.finished_at is not None
        db.session.rollback()
        if ended:
            return
        time.sleep(LOOKS_EVERY)


def _print(slug: str, made: Plan) -> None:
    figures = made.figures
    click.echo(
        f"{slug}: plan {made.id} is {made.state.value}; {figures.get('requests', 0)} requests,"
        f" {figures.get('people', 0)} people, {figures.get('seconds', 0)} s"
    )
    if made.state is PlanState.DONE and "certificate" in figures:
        _print_certificate(figures["certificate"])


def _print_certificate(proven: Mapping[str, Any]) -> None:
    click.echo(f"  quality kept      {proven['quality']:.4f} of the best that capacities allow")
    click.echo(f"  linear ratio      {proven['linear_ratio']:.5f}")
    click.echo(f"  concave gap       {proven['concave_gap']:.5f}")
    click.echo(f"  largest boost     {proven['most_boost']:.4f}, at most {proven['boost_limit']:.4f}")
    click.echo(f"  beyond capacity   {proven['overload']}")
    click.echo(f"  policy softened   {proven['softened']} times")
    if proven["empty"]:
        click.echo("  left with nobody  requests " + ", ".join(map(str, proven["empty"])))


COMMANDS = (plan,)
