"""Regions and their people from a shell: founded, let in, kept out, and every refusal one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask, g
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Account, AuditEvent, EquityPolicy, Membership, OutboxItem, Region, Role
from tests import factories as f
from tests.cast import Cast

Run = Callable[..., Result]
ZONE = ("--time-zone", "America/Denver", "--email", "hello@rio.example")


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    """A command as the shell would give it, in this test's transaction."""

    def called(*words: object, answer: str = "") -> Result:
        session.commit()
        return app.test_cli_runner().invoke(args=[*map(str, words)], input=answer)

    return called


def tags(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)))


def test_a_region_is_founded_and_its_first_admin_let_in_without_a_mail_server(
    run: Run, session: Session, app: Flask
) -> None:
    named = ("--name", "Río Abajo", "--name-in", "en", "Rio Abajo", "--language", "es", "--language", "en")
    assert run("region", "found", "rio-abajo", *named, *ZONE).exit_code == 0
    region = session.scalars(select(Region)).one()
    assert (region.languages, region.name) == (["es", "en"], {"es": "Río Abajo", "en": "Rio Abajo"})
    assert session.scalars(select(EquityPolicy.version)).all() == [1]
    person = ("olga@rio.example", "--name", "Olga Reyes", "--region", "rio-abajo")
    added = run("people", "add", *person, "--role", "admin", "--print")
    assert added.exit_code == 0, added.output
    said, link = added.output.splitlines()
    assert said == "olga@rio.example is admin of rio-abajo"
    chosen = {"password": "ironwood-and-rain", "password_confirm": "ironwood-and-rain"}
    browser = app.test_client()
    path = link.removeprefix(app.config["SETTINGS"].public_url)
    assert browser.get(path).status_code == 200
    token = browser.get(path).text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    browser.post(path, data={**chosen, "csrf_token": token})
    account = session.scalars(select(Account)).one()
    session.refresh(account)
    assert account.password is not None and account.confirmed_at is not None
    assert run("region", "list").output.startswith("rio-abajo\tRío Abajo\t0 open\t0 partners\tnever planned")
    assert tags(session) == ["admin:region:founded", "people:membership:given", "account:account:link_made"]


def test_roles_come_and_go_and_the_audit_says_by_whom(run: Run, session: Session, cast: Cast) -> None:
    slug, admin = cast.region.slug, f.AccountFactory(name="Nadia Admin")
    f.MembershipFactory(region=cast.region, account=admin, role="admin")
    ben, where, by = cast.ben.email, ("--region", slug), ("--by", admin.email)
    assert run("people", "give-role", ben, "funder", *where, *by).exit_code == 0
    listed = run("people", "list", slug, "--role", "funder").output.splitlines()
    assert any(line.startswith(f"{ben}\t{cast.ben.name}\tfunder\tsince ") for line in listed)
    assert run("people", "take-role", ben, "funder", *where, *by, answer="n\n").exit_code == 1
    assert run("people", "take-role", ben, "funder", *where, *by, answer="y\n").exit_code == 0
    others = (Membership.region_id == cast.region.id, Membership.role == Role.ADMIN, Membership.account_id != admin.id)
    session.execute(update(Membership).where(*others).values(until=f.NOW + f.timedelta(days=1)))
    only = run("people", "take-role", admin.email, "admin", *where, "--yes")
    assert f"{slug} has no admin now" in only.output
    ended = session.scalars(select(Membership.role).where(Membership.until.is_not(None))).all()
    assert {Role.FUNDER, Role.ADMIN} <= set(ended)
    done = session.execute(select(AuditEvent.tag, AuditEvent.actor_id).order_by(AuditEvent.id)).all()[-3:]
    given, taken = "people:membership:given", "people:membership:ended"
    assert [tuple(each) for each in done] == [(given, admin.id), (taken, admin.id), (taken, None)]


def test_a_teacher_who_waits_is_listed_and_vouched_for(run: Run, session: Session, cast: Cast) -> None:
    waiting = f.AccountFactory(name="Wanda Waiting")
    f.MembershipFactory(region=cast.region, account=waiting, role="teacher", since=None)
    slug = cast.region.slug
    listed = run("people", "list", slug, "--waiting").output
    assert f"{waiting.email}\tWanda Waiting\tteacher\tnot vouched for" in listed
    done = run("people", "vouch", waiting.email, "--region", slug, "--by", cast.marisol.email)
    assert done.exit_code == 0, done.output
    assert "vouched" in session.scalars(select(OutboxItem.kind)).all()
    assert "does not wait" in run("people", "vouch", waiting.email, "--region", slug).output


def test_who_is_kept_out_is_out_everywhere_until_let_in(
    run: Run, session: Session, cast: Cast, sign_in: Callable[..., object]
) -> None:
    ben = cast.ben
    ben.tf_primary_method, ben.tf_totp_secret, ben.mf_recovery_codes = "authenticator", "secret", ["one"]
    f.PasskeyFactory(user=ben)
    browser = sign_in(ben)
    assert browser.get("/desk").status_code == 200  # type: ignore[attr-defined]
    assert run("people", "reset-second-step", ben.email, "--yes").exit_code == 0
    assert (ben.tf_primary_method, ben.tf_totp_secret, ben.mf_recovery_codes, ben.webauthn) == (None, None, None, [])
    del g._login_user
    assert browser.get("/desk").status_code != 200, "a session of before"  # type: ignore[attr-defined]
    assert run("people", "deactivate", ben.email, "--yes").exit_code == 0
    assert not ben.active and "is deactivated" in run("people", "send-link", ben.email).output
    assert run("people", "activate", ben.email).exit_code == 0 and ben.active
    sent = run("people", "send-link", ben.email)
    assert sent.exit_code == 0, sent.output
    letters = {
        item.payload["letter"]: item.payload for item in session.scalars(select(OutboxItem)) if item.kind == "account"
    }
    assert letters.keys() == {"sign_in_changed", "new_password"} and "/reset/" in letters["new_password"]["page"]
    assert run("people", "send-link", cast.ana.account.email).exit_code == 0
    assert "sign_in_link" in session.scalars(select(OutboxItem.kind)).all()
    assert tags(session)[-5:] == [
        "account:account:second_step_reset",
        "account:account:deactivated",
        "account:account:activated",
        "account:account:link_made",
        "account:account:link_made",
    ]


def test_every_refusal_is_one_line_and_changes_nothing(run: Run, session: Session, cast: Cast) -> None:
    slug = cast.region.slug
    before = session.scalars(select(Membership.id)).all()
    somebody = ("x@people.example", "--name", "X", "--region", slug, "--role")
    for words, status, said in (
        (("region", "found", slug, "--name", "X", *ZONE), 1, "A region of that name is there already. (slug"),
        (("region", "found", "Río", "--name", "X", *ZONE), 2, "use a-z, 0-9 and -"),
        (("region", "found", "x", "--name", "X", *ZONE, "--time-zone", "Mars"), 2, "no zone called Mars"),
        (("people", "add", "nobody", *somebody[1:], "admin"), 2, "nobody is no e-mail address"),
        (("people", "add", *somebody, "teacher"), 2, "'teacher' is not one of"),
        (("people", "add", *somebody, "admin", "--by", cast.ana.account.email), 1, "is no coordinator"),
        (("people", "list", "nowhere"), 1, "There is no region called nowhere."),
        (("people", "give-role", "x@people.example", "admin", "--region", slug), 1, "There is no account with"),
        (("people", "take-role", cast.ben.email, "funder", "--region", slug, "--yes"), 1, "There is no such thing"),
        (("people", "deactivate", cast.ben.email, "--by", cast.marisol.email, "--yes"), 1, "administers no region"),
    ):
        refused = run(*words)
        assert (refused.exit_code, said in refused.output) == (status, True), (words, refused.output)
        assert "Traceback" not in refused.output and refused.output.strip().splitlines()[-1].startswith("Error: ")
    assert session.scalars(select(Membership.id)).all() == before
