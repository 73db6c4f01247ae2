"""``flask region …``: found a region, look over all of them."""

from __future__ import annotations

from zoneinfo import available_timezones

import click
from flask.cli import AppGroup

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.policies import NOBODY
from matchmaker.queries import members
from matchmaker.services import regions
from models import Region

region = AppGroup("region", help="Found a region, look over all of them, take along what one owns.")


@region.command("found")
@click.argument("slug")
@click.option("--name", required=True, help="What the network is called, in its first language.")
@click.option("--name-in", "others", multiple=True, type=(click.Choice(LANGUAGES), str), metavar="LANGUAGE NAME")
@click.option("--short-name", help="What its people call it; the name, without this.")
@click.option("--time-zone", required=True, help="For example America/Phoenix.")
@click.option("--language", "languages", multiple=True, type=click.Choice(LANGUAGES), help="First language first.")
@click.option("--email", required=True, help="Where a person of the network reads mail.")
@click.option("--phone", default="", help="Where a person of the network answers.")
@click.option("--postal-address", default="", help="On paper; the law wants it under every mail.")
def found(
    slug: str,
    name: str,
    others: tuple[tuple[str, str], ...],
    short_name: str | None,
    time_zone: str,
    languages: tuple[str, ...],
    email: str,
    phone: str,
    postal_address: str,
) -> None:
    """Found a region called SLUG (a-z, 0-9, -), with the equity policy that every region starts with."""
    if not slug.isascii() or not slug.replace("-", "").isalnum() or slug != slug.lower() or slug.startswith("-"):
        raise click.BadParameter("use a-z, 0-9 and -", param_hint="SLUG")
    if time_zone not in available_timezones():
        raise click.BadParameter(f"there is no zone called {time_zone}", param_hint="--time-zone")
    spoken = list(dict.fromkeys(languages)) or list(LANGUAGES)
    founded = regions.found(
        db.session,
        Region(
            slug=slug,
            name={spoken[0]: name, **dict(others)},
            short_name=short_name or name,
            time_zone=time_zone,
            languages=spoken,
            email=email,
            phone=phone,
            postal_address=postal_address,
        ),
        utc_now,
    )
    audit.record(db.session, NOBODY, audit.Tag.REGION_FOUNDED, founded, at=utc_now())
    outbox.commit(db.session)
    click.echo(f"{slug} is founded. Next: flask people add ADDRESS --region {slug} --role admin --name NAME")


@region.command("list")
def listed() -> None:
    """Say for each region: slug, name, open requests, partners, when it was planned, what it is embedded with."""
    for each in members.regions(db.session):
        planned = f"planned {each.planned_at:%F %R}" if each.planned_at else "never planned"
        counts = (f"{each.waiting} open", f"{each.partners} partners", planned, each.model or "not embedded")
        click.echo("\t".join((each.slug, each.name, *counts)))


COMMANDS = (region,)
