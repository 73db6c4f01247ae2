"""Signing in by a mailed link."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail import sign_in_link
from matchmaker.settings import Settings
from models import Account, AuditEvent, Membership, OutboxItem, Partner, Role
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.test_oidc import where, who

ASK = "/sign-in/link"


def mailed(session: Session) -> list[OutboxItem]:
    return list(session.scalars(select(OutboxItem).where(OutboxItem.kind == "sign_in_link").order_by(OutboxItem.id)))


def page_in(item: OutboxItem, session: Session, settings: Settings) -> str:
    """The path of the link that a mail would hold if it were written now."""
    letter = sign_in_link.compose(session, item, replace(settings, public_url="http://x.example"), f.NOW)
    assert letter is not None and letter.template == "sign_in_link"
    return str(letter.context["page"]).removeprefix("http://x.example")


def test_a_link_signs_in_once_by_a_tap_and_for_half_an_hour(
    visitor: Browser, session: Session, cast: Cast, settings: Settings, browse
) -> None:
    account = session.get_one(Account, cast.esperanza.account_id)
    assert "Now look into your mail" in visitor.post(ASK, {"email": f" {account.email.upper()}"}).get_data(as_text=True)
    [item] = mailed(session)
    path = page_in(item, session, settings)
    assert item.payload == {"account_id": account.id}, "no link is kept anywhere"
    visitor.post(ASK, {"email": account.email})
    assert len(mailed(session)) == 1, "one is enough for a while"
    shown = visitor.get(path).get_data(as_text=True)
    assert "Entrar como Esperanza Ochoa" in shown and '<html lang="es">' in shown
    assert who(visitor) is None and account.links_used == 0, "mail scanners open links"
    with time_machine.travel(f.NOW + timedelta(minutes=30), tick=False):
        assert visitor.post(path).status_code == 410
    assert visitor.post_bare(path).status_code == 400
    ben = browse(cast.ben)
    newer = page_in(item, session, settings)
    assert where(ben.post(path)) == "/home" and who(ben) == account.fs_uniquifier, "whoever was signed in here is out"
    for used in (path, newer):
        for again in (visitor.get(used), visitor.post(used)):
            assert again.status_code == 410 and "Send me the link" in again.get_data(as_text=True)
    assert who(visitor) is None
    visitor.post(ASK, {"email": account.email})
    assert len(mailed(session)) == 2, "the last one was used"
    assert visitor.get(path[:-3]).status_code == 404


def test_nobody_learns_who_is_here(visitor: Browser, session: Session, cast: Cast) -> None:
    gone = f.AccountFactory(active=False)
    known = visitor.post(ASK, {"email": cast.ramon.email}).get_data(as_text=True)
    for email in ("nobody@people.example", gone.email, cast.marisol.email):
        answer = visitor.post(ASK, {"email": email}).get_data(as_text=True)
        assert answer.replace(email, cast.ramon.email) == known, email
    assert [item.payload["account_id"] for item in mailed(session)] == [cast.ramon.account_id, cast.marisol.id]
    for wrong in ("", "no address", "a@b.example\nBcc: c@d.example"):
        assert visitor.post(ASK, {"email": wrong}).status_code == 422, wrong


def test_who_decides_for_others_is_told_how_they_sign_in_instead(
    visitor: Browser, session: Session, cast: Cast, settings: Settings
) -> None:
    account = session.get_one(Account, cast.esperanza.account_id)
    visitor.post(ASK, {"email": account.email})
    [item] = mailed(session)
    path = page_in(item, session, settings)
    appointed = f.MembershipFactory(region=cast.next_door, account=account, role=Role.FUNDER)
    letter = sign_in_link.compose(session, item, settings, f.NOW)
    assert letter is not None and letter.template == "sign_in_instead" and "page" not in letter.context
    assert visitor.post(path).status_code == 410, "not by a link from before either"
    appointed.until = f.NOW - timedelta(days=1)
    account.active = False
    assert visitor.post(path).status_code == 410
    assert sign_in_link.compose(session, item, settings, f.NOW) is None


def test_who_was_written_down_during_a_call_gets_an_account_by_the_first_link(
    visitor: Browser, session: Session, cast: Cast, settings: Settings, browse
) -> None:
    partner = f.PartnerFactory(
        region=cast.next_door, name="Chayo Ruelas", email=" Chayo@people.example ", language="es"
    )
    f.FundFactory(region=cast.next_door, owner=partner)
    visitor.post(ASK, {"email": "chayo@people.example"})
    [item] = mailed(session)
    assert (item.region_id, item.payload) == (cast.next_door.id, {"partner_id": partner.id})
    path, other = page_in(item, session, settings), page_in(item, session, settings)
    assert "Chayo Ruelas" in visitor.get(path).get_data(as_text=True)
    assert session.scalar(select(Account).where(Account.email == "chayo@people.example")) is None
    partner.email = "chayo.ruelas@people.example"
    assert visitor.get(path).status_code == 410, "it went to a wrong address, which was corrected"
    partner.email = "chayo@people.example"
    assert where(visitor.post(path)) == "/home" and where(visitor.get("/home")) == "/profile"
    account = session.scalars(select(Account).where(Account.email == "chayo@people.example")).one()
    membership = session.scalars(select(Membership).where(Membership.account_id == account.id)).one()
    assert (account.name, account.language, account.password, account.confirmed_at) == (
        "Chayo Ruelas", "es", None, f.NOW
    )  # fmt: skip
    assert (membership.role, membership.since, partner.account_id) == (Role.PARTNER, f.NOW, account.id)
    assert session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_id == membership.id)).all()
    assert browse(None).post(other).status_code == 410
    merged = f.PartnerFactory(
        region=cast.region, email="away@people.example", reviewed_at=None, merged_into_id=cast.ramon.id
    )
    visitor.post(ASK, {"email": merged.email})
    assert len(mailed(session)) == 1
    assert session.get_one(Partner, merged.id).account_id is None


def test_a_link_shows_whose_address_it_is_and_ends_what_was_set_before(
    visitor: Browser, session: Session, cast: Cast, settings: Settings
) -> None:
    account = session.get_one(Account, cast.ramon.account_id)
    account.confirmed_at, account.password = None, "somebody else's, who typed this address"
    visitor.post(ASK, {"email": account.email})
    visitor.post(page_in(mailed(session)[0], session, settings))
    assert (account.confirmed_at, account.password) == (f.NOW, None)
    assert re.fullmatch(r"[0-9a-f]+", account.fs_uniquifier) and who(visitor) == account.fs_uniquifier
