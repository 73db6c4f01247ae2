"""Loading regions: the demo, and evaluation sets."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import current_app
from flask_security.utils import hash_password
from sqlalchemy import select

from matchmaker import outbox
from matchmaker.cli.naming import region_called
from matchmaker.clock import utc_now
from matchmaker.errors import DomainError
from matchmaker.extensions import db
from matchmaker.policies import Actor
from matchmaker.services import demo, proposals, sets
from models import Account, LearningRequest, Membership, Proposal, ProposalState, Region, RequestState, Role

DEMO = Path(__file__).resolve().parents[2] / "demo" / "palo-fierro"
DEMO_PASSWORD = "ironwood-and-rain"


@click.command("demo")
@click.option("--logins", is_flag=True, help="Only print who can sign in.")
def load_demo(logins: bool) -> None:
    """Load the demo region, unless it is there."""
    if current_app.config["SETTINGS"].environment == "production":
        raise click.ClickException("The demo's password is public: it is not loaded in production.")
    if not logins:
        region = demo.load(db.session, DEMO, hash_password(DEMO_PASSWORD), utc_now)
        outbox.commit(db.session)
        click.echo("The demo region is loaded." if region else "The demo region is there already.")
        return
    about = json.loads((DEMO / "region.json").read_text(encoding="utf-8"))
    people = [(person["role"], person["email"]) for person in about["staff"]]
    for role, file in (("teacher", "teachers.jsonl"), ("partner", "partners.jsonl")):
        first = json.loads((DEMO / file).read_text(encoding="utf-8").splitlines()[0])
        people.append((role, first["email"]))
    click.echo(f"Demo logins, all with the password {DEMO_PASSWORD}")
    for role, email in people:
        click.echo(f"  {role:<12} {email}")


@click.command("load-set")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--region", "slug", required=True, help="Name of the region to make (a-z, 0-9, -).")
@click.option("--capacity", type=click.IntRange(0), help="Visits a month of each partner (default: one per request).")
@click.option("--undo-seconds", type=click.IntRange(0), default=0, show_default=True, help="The region's undo window.")
def load_set(folder: Path, slug: str, capacity: int | None, undo_seconds: int) -> None:
    """Load an evaluation set (requests.jsonl, partners.jsonl) as a region of its own."""
    from matchmaker.evaluation.files import BadSet, read_set

    if not slug.replace("-", "").isalnum() or slug != slug.lower():
        raise click.BadParameter("use a-z, 0-9 and -", param_hint="--region")
    try:
        judged = read_set(folder)
        region = sets.load(
            db.session,
            slug,
            dict(zip(judged.request_ids, judged.request_texts, strict=True)),
            dict(zip(judged.partner_ids, judged.profiles, strict=True)),
            capacity=len(judged.request_ids) if capacity is None else capacity,
            undo_seconds=undo_seconds,
            clock=utc_now,
        )
    except BadSet as bad:
        raise click.ClickException("\n".join(bad.problems)) from bad
    except DomainError as error:
        raise click.ClickException(f"A region called {slug} cannot be made: {error}") from error
    outbox.commit(db.session)
    click.echo(f"{region.slug}: {len(judged.partner_ids)} partners, {len(judged.request_ids)} requests posted")


@click.command("approve-first")
@click.option("--region", "slug", required=True)
def approve_first(slug: str) -> None:
    """As the region's coordinator, approve the first open proposal of every proposed request."""
    session = db.session
    region = region_called(slug)
    actor = _coordinator(region)
    approved, refused = 0, 0
    for request_id, ranking_id, proposal_id in _first_proposals(region):
        try:
            proposals.approve(
                session, actor, request_id=request_id, ranking_id=ranking_id, proposal_id=proposal_id, clock=utc_now
            )
            outbox.commit(session)
            approved += 1
        except DomainError as error:
            session.rollback()
            refused += 1
            click.echo(f"request {request_id}: {error}", err=True)
    click.echo(f"{approved} approved, {refused} refused")


def _coordinator(region: Region) -> Actor:
    account = db.session.scalar(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.region_id == region.id, Membership.role == Role.COORDINATOR)
        .order_by(Membership.id)
        .limit(1)
    )
    if account is None:
        raise click.ClickException(f"{region.slug} has no coordinator.")
    return Actor(account.id, frozenset({(region.id, Role.COORDINATOR)}))


def _first_proposals(region: Region) -> list[tuple[int, int, int]]:
    rows = db.session.execute(
        select(Proposal.request_id, Proposal.ranking_id, Proposal.id)
        .join(LearningRequest, LearningRequest.id == Proposal.request_id)
        .where(
            Proposal.region_id == region.id,
            Proposal.state == ProposalState.OPEN,
            LearningRequest.state == RequestState.PROPOSED,
        )
        .order_by(Proposal.request_id, Proposal.rank)
        .distinct(Proposal.request_id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


COMMANDS = (load_demo, load_set, approve_first)
