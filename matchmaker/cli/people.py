"""``flask people …``: who is what in a region, who may sign in, and how they get in again."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security.recoverable import generate_reset_password_token, send_reset_password_instructions

from matchmaker import audit, outbox
from matchmaker.cli.naming import account_called, administrator, by_option, decider, region_called, yes_option
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.mail.links import link
from matchmaker.policies import Actor
from matchmaker.queries import members
from matchmaker.queries.people import is_staff
from matchmaker.services import accounts, memberships, sign_in_links
from models import Account, Membership, Role

people = AppGroup("people", help="Who is what in a region, who may sign in, and how they get in again.")
STAFF = click.Choice([role.value for role in memberships.STAFF])
ROLE = click.Choice([role.value for role in Role])
region_option = click.option("--region", "slug", required=True)
print_option = click.option("--print", "printed", is_flag=True, help="Print the link instead of mailing it.")


@people.command("list")
@click.argument("slug", metavar="REGION")
@click.option("--role", type=ROLE)
@click.option("--waiting", is_flag=True, help="Only those that nobody has vouched for.")
def listed(slug: str, role: str | None, waiting: bool) -> None:
    """Say who is what in a region: address, name, role, since, what keeps them out, their second step."""
    wanted = members.members(region_called(slug).id, Role(role) if role else None, waiting=waiting)
    for each in db.session.scalars(wanted):
        click.echo("\t".join(_told(each)))


def _told(membership: Membership) -> tuple[str, ...]:
    account, since = membership.account, membership.since
    told = f"since {since:%F}" if since else "not vouched for"
    entry = "signs in" if account.active else "deactivated"
    second = " and ".join(filter(None, (account.tf_primary_method, "passkey" if account.webauthn else None)))
    return account.email, account.name, membership.role.value, told, entry, second or "no second step"


@people.command("add")
@click.argument("address")
@click.option("--name", required=True)
@region_option
@click.option("--role", type=STAFF, required=True)
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@print_option
@by_option
def add(address: str, name: str, slug: str, role: str, language: str, printed: bool, email: str | None) -> None:
    """Make somebody staff of a region, and send them a link by which they choose a password.

    Who has an account already keeps it, gets the role, and no link. Teachers and partners join by themselves, or come
    with a sheet.
    """
    session, region = db.session, region_called(slug)
    actor = decider(region, email)
    newcomer = accounts.Newcomer(name, _address(address), language=language)
    account = accounts.open_account(session, newcomer, confirmed_at=utc_now())
    new = account is not None
    account = account or account_called(address)
    memberships.give(session, actor, account, region, Role(role), utc_now)
    click.echo(f"{account.email} is {role} of {slug}")
    if new:
        session.refresh(account, ["memberships"])
        _let_in(actor, account, printed)
    outbox.commit(session)


@people.command("vouch")
@click.argument("address")
@region_option
@by_option
def vouch(address: str, slug: str, email: str | None) -> None:
    """Vouch for a teacher who has joined; she is written to, and may post from now on."""
    region, account = region_called(slug), account_called(address)
    waiting = [each for each in account.memberships if each.region_id == region.id and each.since is None]
    if not waiting:
        raise click.ClickException(f"{account.email} does not wait for anybody in {slug}.")
    for each in waiting:
        accounts.vouch(db.session, decider(region, email), each.id, utc_now)
    outbox.commit(db.session)
    click.echo(f"{account.email} is vouched for in {slug}")


@people.command("give-role")
@click.argument("address")
@click.argument("role", metavar="ROLE", type=STAFF)
@region_option
@by_option
def give_role(address: str, role: str, slug: str, email: str | None) -> None:
    """Give somebody who has an account a role of the staff."""
    region, account = region_called(slug), account_called(address)
    memberships.give(db.session, decider(region, email), account, region, Role(role), utc_now)
    outbox.commit(db.session)
    click.echo(f"{account.email} is {role} of {slug}")


@people.command("take-role")
@click.argument("address")
@click.argument("role", metavar="ROLE", type=ROLE)
@region_option
@by_option
@yes_option
def take_role(address: str, role: str, slug: str, email: str | None, yes: bool) -> None:
    """Take a role away from now on; what was done in it stays."""
    region, account = region_called(slug), account_called(address)
    _sure(yes, f"{account.name} will be no {role} of {slug} any more. Go on?")
    memberships.end(db.session, decider(region, email), account, region, Role(role), utc_now)
    outbox.commit(db.session)
    click.echo(f"{account.email} is no {role} of {slug} any more")
    _say_who_is_missing([region.id])


@people.command("deactivate")
@click.argument("address")
@by_option
@yes_option
def deactivate(address: str, email: str | None, yes: bool) -> None:
    """Let somebody sign in no more, anywhere, and end their sessions. To stop their mails too, pause or erase them."""
    account = account_called(address)
    regions = [each.region_id for each in account.memberships if each.until is None]
    _sure(yes, f"{account.name} will not be able to sign in any more. Go on?")
    accounts.deactivate(db.session, administrator(email), account.id, utc_now)
    outbox.commit(db.session)
    click.echo(f"{account.email} is deactivated")
    _say_who_is_missing(regions)


@people.command("activate")
@click.argument("address")
@by_option
def activate(address: str, email: str | None) -> None:
    """Let somebody sign in again."""
    account = accounts.activate(db.session, administrator(email), account_called(address).id, utc_now)
    outbox.commit(db.session)
    click.echo(f"{account.email} may sign in")


@people.command("send-link")
@click.argument("address")
@print_option
@by_option
def send_link(address: str, printed: bool, email: str | None) -> None:
    """Send somebody a link: teachers and partners one that signs them in, staff one by which they choose a password.

    What is printed is always the latter.
    """
    account, actor = account_called(address), administrator(email)
    if not account.active:
        raise click.ClickException(f"{account.email} is deactivated. First: flask people activate {account.email}")
    if printed or is_staff(db.session, account.id, utc_now()):
        _let_in(actor, account, printed)
    else:
        audit.record(db.session, actor, audit.Tag.SIGN_IN_LINK_MADE, account, at=utc_now(), printed=False)
        sign_in_links.ask(db.session, account.email, None, utc_now)
        click.echo(f"a link leaves for {account.email}")
    outbox.commit(db.session)


@people.command("reset-second-step")
@click.argument("address")
@by_option
@yes_option
def reset_second_step(address: str, email: str | None, yes: bool) -> None:
    """Forget the second step of somebody who has lost it: codes, recovery codes and passkeys. Their sessions end.

    First make sure that it is they who ask: call them back on a number you know.
    """
    account = account_called(address)
    _sure(yes, f"{account.name} will sign in without a second step until they set one up. Go on?")
    accounts.reset_second_step(db.session, administrator(email), account.id, utc_now)
    outbox.commit(db.session)
    click.echo(f"{account.email} has no second step")


def _address(given: str) -> str:
    if given.count("@") != 1 or given.startswith("@") or given.endswith("@") or " " in given:
        raise click.BadParameter(f"{given} is no e-mail address", param_hint="ADDRESS")
    return given


def _let_in(actor: Actor, account: Account, printed: bool) -> None:
    """A link to a new password, by mail, or for whoever sits here where no mail leaves yet."""
    audit.record(db.session, actor, audit.Tag.SIGN_IN_LINK_MADE, account, at=utc_now(), printed=printed)
    if printed:
        token = generate_reset_password_token(account)  # type: ignore[no-untyped-call]
        click.echo(link(current_app.config["SETTINGS"], "security.reset_password", token=token))
        return
    # Flask-Security builds an address of its own on the way, for which it wants a request; ours stands in the mail.
    with current_app.test_request_context():
        send_reset_password_instructions(account)  # type: ignore[no-untyped-call]
    click.echo(f"a link leaves for {account.email}")


def _sure(yes: bool, question: str) -> None:
    if not yes:
        click.confirm(question, abort=True)


def _say_who_is_missing(region_ids: list[int]) -> None:
    for slug, role in members.left_without(db.session, region_ids):
        click.echo(f"{slug} has no {role.value} now", err=True)


COMMANDS = (people,)
