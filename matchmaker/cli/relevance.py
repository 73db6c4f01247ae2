"""What a region has learnt from its decisions: fit, look, activate, take back; and rankings made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from matchmaker import outbox
from matchmaker.cli.naming import by_option, decider, region_called
from matchmaker.clock import utc_now
from matchmaker.errors import DomainError, NotFound
from matchmaker.extensions import db
from matchmaker.queries import relevance as reading
from matchmaker.services import relevance
from models import RelevanceVersion

BUILT_IN = "the built-in weights"
NAMED_DIFFERENCES = 10


@click.command("fit")
@click.argument("slug", metavar="REGION")
@click.option("--note", default="", help="What to remember of this fit.")
@by_option
def fit(slug: str, note: str, email: str | None) -> None:
    """Learn relevance from a region's own decisions. What is found is stored, and has no effect until activated."""
    from matchmaker.services import fitting

    region = region_called(slug)
    try:
        version = fitting.fit_region(db.session, decider(region, email), region, utc_now, note)
    except relevance.TooFewDecisions as few:
        raise click.ClickException(
            "Nothing stored: {found} requests hold a choice, {needed} are needed.".format_map(few.facts)
        ) from few
    except relevance.NotBetter as worse:
        leads = ", ".join(f"{name} {value:+.4f}" for name, value in worse.facts.items())
        raise click.ClickException(
            f"Nothing stored: on held-out requests it was not clearly better ({leads})."
        ) from worse
    outbox.commit(db.session)
    click.echo(
        f"Stored as version {version.version}, not active. To rank with it: relevance-activate {slug} {version.version}"
    )
    _print(version, active=False)


@click.command("relevance")
@click.argument("slug", metavar="REGION")
def show(slug: str) -> None:
    """List what a region has learnt: data, held-out figures, and which version is active."""
    region = region_called(slug)
    activation = reading.activation(db.session, region.id)
    versions = reading.versions(db.session, region.id)
    active = activation.version_id if activation else None
    click.echo(f"{slug} ranks with " + (f"version {activation.version.version}" if activation else BUILT_IN))
    for version in versions:
        _print(version, active=version.id == active)


@click.command("relevance-activate")
@click.argument("slug", metavar="REGION")
@click.argument("number", metavar="VERSION", type=click.IntRange(1))
@by_option
def activate(slug: str, number: int, email: str | None) -> None:
    """Rank a region's requests with a stored version from now on."""
    region = region_called(slug)
    try:
        relevance.activate(db.session, decider(region, email), region, number, utc_now)
    except NotFound as missing:
        raise click.ClickException(f"{slug} has no version {number}.") from missing
    outbox.commit(db.session)
    click.echo(f"{slug} ranks with version {number} from now on; what is on the desk stays as it is.")


@click.command("relevance-rollback")
@click.argument("slug", metavar="REGION")
@by_option
def rollback(slug: str, email: str | None) -> None:
    """Take the latest activation back: one step, at the end to the built-in weights."""
    region = region_called(slug)
    try:
        before = relevance.rollback(db.session, decider(region, email), region, utc_now)
    except DomainError as error:
        raise click.ClickException(f"{slug} ranks with {BUILT_IN} already.") from error
    outbox.commit(db.session)
    click.echo(f"{slug} ranks with " + (f"version {before.version.version}" if before else BUILT_IN) + " again.")


@click.command("replay")
@click.argument("slug", metavar="REGION", required=False)
@click.option("--sample", type=click.IntRange(1), help="Only so many rankings, drawn at random.")
def replay(slug: str | None, sample: int | None) -> None:
    """Make stored rankings again from their snapshots; fails when any comes out in another order."""
    from matchmaker.queries import replay as replaying

    region = region_called(slug) if slug else None
    made = [replaying.again(one) for one in replaying.stored(db.session, region.id if region else None, sample)]
    differing = [one for one in made if one.agrees is False]
    for one in differing[:NAMED_DIFFERENCES]:
        click.echo(f"ranking {one.ranking_id} of request {one.request_id}: another {one.differs}", err=True)
    older = sum(one.agrees is None for one in made)
    click.echo(f"{sum(one.agrees is True for one in made)} of {len(made) - older} rankings agree")
    if older:
        click.echo(f"{older} were stored before evidence was kept and cannot be made again")
    if differing:
        raise click.exceptions.Exit(1)


def _print(version: RelevanceVersion, *, active: bool) -> None:
    data, figures = version.data, version.figures
    click.echo(
        f"\nversion {version.version}{' (active)' if active else ''}, fitted {version.fitted_at:%Y-%m-%d %H:%M} UTC"
    )
    if version.note:
        click.echo(f"  {version.note}")
    click.echo(
        f"  data      {data.get('decisions')} decisions on {data.get('rankings')} rankings of {data.get('requests')}"
        f" requests, {str(data.get('from'))[:10]} to {str(data.get('to'))[:10]}"
    )
    for name in ("ndcg", "pairs", "likelihood", "log_loss"):
        if name in figures.get("leads", {}):
            click.echo(f"  {name:<10}{_figure(figures, name)}")
    if "after" in figures:
        click.echo(f"  ece       {figures['before']['ece']} -> {figures['after']['ece']}")
    weights = {**version.weights.get("signals", {}), **version.weights.get("structure", {})}
    click.echo("  weights   " + ", ".join(f"{name} {value:.2f}" for name, value in weights.items()))


def _figure(figures: Mapping[str, Any], name: str) -> str:
    lead = figures["leads"][name]
    return (
        f"{figures['before'][name]['mean']} -> {figures['after'][name]['mean']}, lead {lead['mean']} ± {lead['error']}"
    )


COMMANDS = (fit, show, activate, rollback, replay)
