"""``flask sheets …``, ``flask region export``: spreadsheets in and out, and all of a region in one archive."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from matchmaker import outbox
from matchmaker.cli.naming import decider, region_called
from matchmaker.cli.progress import shown
from matchmaker.cli.regions import region
from matchmaker.clock import utc_now
from matchmaker.errors import DomainError
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.services.sheets import applying, everything, exporting, planning, undoing
from matchmaker.services.sheets.books import Terms
from matchmaker.services.sheets.faults import UnreadableSheet
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.services.sheets.writing import template
from models import RowOutcome, SheetImport, SheetKind

sheets = AppGroup("sheets", help="Read spreadsheets of a network in, take that back, write them out.")
KIND = click.Choice([kind.value for kind in SheetKind])
IN = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)
region_option = click.option("--region", "slug", required=True)
by_option = click.option("--by", "email", required=True, help="Who does it: a coordinator's or administrator's e-mail.")
language_option = click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)


@sheets.command("template")
@click.argument("kind", metavar="KIND", type=KIND)
@click.argument("file", type=OUT)
@language_option
def write_template(kind: str, file: Path, language: str) -> None:
    """Write an empty spreadsheet with one example row to FILE."""
    _write(file, template(COLUMNS[SheetKind(kind)], language))


@sheets.command("import")
@click.argument("kind", metavar="KIND", type=KIND)
@click.argument("file", type=IN)
@region_option
@by_option
@click.option("--apply", "really", is_flag=True, help="Read it in; without this, only say what it would do.")
@click.option("--leave-out", is_flag=True, help="Leave out the rows that are wrong.")
@click.option("--reviewed", is_flag=True, help="Funds: their people may be invited from now on.")
@click.option("--tell", is_flag=True, help="Teachers: write to those who are new.")
def read_in(
    kind: str, file: Path, slug: str, email: str, really: bool, leave_out: bool, reviewed: bool, tell: bool
) -> None:
    """Say what FILE would do to a region, and with --apply do it: all of it, or nothing."""
    session, network = db.session, region_called(slug)
    actor = decider(network, email)
    try:
        handed = applying.hand_in(session, actor, network, SheetKind(kind), file.name, file.read_bytes(), utc_now)
        plan = applying.look(session, handed, utc_now())
        _print(plan)
        if not really:
            session.rollback()
            return
        terms = Terms(leave_out=leave_out, reviewed=reviewed, tell=tell)
        with shown(file.name) as watch:
            applying.confirm(session, actor, handed.id, plan.digest, terms, utc_now, watch)
    except DomainError as error:
        session.rollback()
        raise click.ClickException(_refused(error)) from error
    number = handed.id
    outbox.commit(session)
    click.echo(f"Read in as import {number}; flask sheets undo {number} takes it back.")


@sheets.command("undo")
@click.argument("number", metavar="IMPORT", type=click.IntRange(1))
@region_option
@by_option
def undo(number: int, slug: str, email: str) -> None:
    """Take an import back, as far as nothing has happened since."""
    network = region_called(slug)
    taken = db.session.get(SheetImport, number)
    if taken is None or taken.region_id != network.id:
        raise click.ClickException(f"{slug} has no import {number}.")
    try:
        undoing.take_back(db.session, decider(network, email), number, utc_now)
    except DomainError as error:
        raise click.ClickException(_refused(error)) from error
    kept = [f"row {row.line} stays: {row.kept}" for row in taken.rows if row.kept]
    outbox.commit(db.session)
    click.echo("\n".join([*kept, f"Import {number} is taken back."]))


@sheets.command("export")
@click.argument("kind", metavar="KIND", type=KIND)
@click.argument("file", type=OUT)
@region_option
@by_option
@language_option
def write_out(kind: str, file: Path, slug: str, email: str, language: str) -> None:
    """Write all rows of a kind to FILE, in the columns that are read."""
    network = region_called(slug)
    text = exporting.export(db.session, decider(network, email), network, SheetKind(kind), language, utc_now)
    _write(file, text)
    outbox.commit(db.session)


@region.command("export")
@click.argument("slug", metavar="REGION")
@click.argument("file", type=OUT)
@by_option
@language_option
def export_region(slug: str, file: Path, email: str, language: str) -> None:
    """Write everything a region owns to FILE, a zip of CSV files."""
    network = region_called(slug)
    actor = decider(network, email)
    everything.record(db.session, actor, network, utc_now)
    outbox.commit(db.session)
    with file.open("wb") as target:
        target.writelines(everything.stream(db.session, network, language, utc_now))
    click.echo(f"{file}: {len(everything.tables())} tables")


def _print(plan: planning.Plan) -> None:
    counts = [f"{len(plan.of(outcome))} {outcome.value}" for outcome in RowOutcome]
    click.echo(", ".join([*counts, f"{len(plan.wrong_rows)} wrong"]))
    if plan.unread:
        click.echo(f"columns left out: {', '.join(plan.unread)}")
    for fault in plan.faults:
        place = f"row {fault.row}" + (f", {fault.column}" if fault.column else "")
        written = f" ({fault.written})" if fault.written else ""
        click.echo(f"{place}: {fault.problem.value.replace('_', ' ')}{written}")


def _refused(error: DomainError) -> str:
    if isinstance(error, UnreadableSheet):
        return f"The file cannot be read: {error.why.value.replace('_', ' ')}."
    words = {
        "RowsWrong": "Some rows are wrong. Put them right, or say --leave-out.",
        "NothingToApply": "Everything in the file is here already.",
        "NotApplied": "It was never read in.",
    }
    return words.get(type(error).__name__, str(error))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")
    click.echo(f"{file}: {text.count(chr(10)) - 1} lines")


COMMANDS = (sheets,)
