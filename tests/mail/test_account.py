"""Flask-Security's mails travel through the outbox, in our words, and leave no link behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.confirmable import send_confirmation_instructions
from flask_security.recoverable import send_password_reset_notice, send_reset_password_instructions
from sqlalchemy import select
from sqlalchemy.orm import Session
from time_machine import travel

from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.services.second_step import LETTER, Change
from matchmaker.settings import Settings
from models import Account, OutboxItem
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import Postbox, links, part

Post = Callable[[OutboxItem], EmailMessage]
ASK = {
    "confirm": (send_confirmation_instructions, "/confirm/"),
    "reset": (send_reset_password_instructions, "/reset/"),
    "notice": (send_password_reset_notice, "/reset"),
}


@pytest.fixture
def asked(app: Flask, session: Session, cast: Cast) -> Callable[[str], OutboxItem]:
    """Have Flask-Security send one of its mails to Ana, from a page reached under a forged host."""

    def ask(which: str) -> OutboxItem:
        with travel(f.NOW, tick=False), app.test_request_context(base_url="http://evil.example"):
            ASK[which][0](session.get_one(Account, cast.ana.account_id))
        return session.scalars(select(OutboxItem).where(OutboxItem.kind == "account")).one()

    return ask


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("which", ASK)
def test_it_leads_to_our_page_whatever_the_host_said(
    asked: Callable[[str], OutboxItem], post: Post, cast: Cast, settings: Settings, which: str, language: str
) -> None:
    cast.ana.account.language = language

    mail = post(asked(which))

    page = next(address for address in links(mail) if address.startswith("http"))
    assert page.startswith(settings.public_url + ASK[which][1])
    assert page in part(mail, "plain") and "evil.example" not in mail.as_string()
    assert mail["Content-Language"] == language and mail["Auto-Submitted"] == "auto-generated"
    assert str(mail["From"]).startswith("Palo Fierro Learning Network" if language == "en" else "Red Palo Fierro")


@pytest.mark.parametrize("which", ASK)
def test_the_link_is_gone_from_the_outbox_once_sent(asked: Callable[[str], OutboxItem], post: Post, which: str) -> None:
    item = asked(which)

    post(item)

    assert item.payload == {} and item.done_at == f.NOW


def test_a_link_that_ran_out_on_the_way_is_not_sent(
    asked: Callable[[str], OutboxItem],
    session: Session,
    transport: Transport,
    postbox: Postbox,
    settings: Settings,
) -> None:
    item = asked("confirm")

    assert deliver(session, item, transport, settings, f.NOW.replace(month=12)) is False

    assert postbox.raw == []


def test_asking_on_the_page_leaves_a_committed_mail(client: FlaskClient, cast: Cast, session: Session) -> None:
    page = client.get("/reset").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"email": cast.ana.account.email, "csrf_token": token.group(1) if token else ""}

    answer = client.post("/reset", data=form)

    assert answer.status_code in (200, 302)
    session.rollback()
    assert session.scalars(select(OutboxItem.kind)).all() == ["account"]


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: FlaskClient, cast: Cast, session: Session) -> None:
    page = client.get("/reset").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"email": "nobody@elsewhere.example", "csrf_token": token.group(1) if token else ""}

    assert client.post("/reset", data=form).status_code in (200, 302)

    assert session.scalars(select(OutboxItem.kind)).all() == []


def test_each_change_of_how_somebody_signs_in_is_told_in_words_of_its_own(post: Post, cast: Cast) -> None:
    told = set()
    for what in Change:
        about = {"account_id": cast.ana.account.id, "letter": LETTER, "what": what, "issuer": "https://id.gone.example"}
        mail = post(f.OutboxItemFactory(kind="account", region_id=cast.region.id, payload=about))
        first = part(mail, "plain").partition("\n\n")[0]
        told.add(first)
        named = what in (Change.CONNECTED, Change.DISCONNECTED)
        assert ("id.gone.example" in first) is named, "by its host, as it is not set any more"
    assert len(told) == len(Change)


def test_whoever_has_an_account_is_told_of_another_try(post: Post, cast: Cast) -> None:
    item = f.OutboxItemFactory(
        kind="account_exists", region_id=cast.region.id, payload={"email": cast.ana.account.email}
    )

    mail = post(item)

    assert mail["To"].addresses[0].addr_spec == cast.ana.account.email
    assert [address.rpartition("/")[2] for address in links(mail) if address.startswith("http")] == ["login", "reset"]


def test_a_vouched_teacher_learns_who_vouched(post: Post, cast: Cast, session: Session) -> None:
    cast.nueva_membership.since, cast.nueva_membership.vouched_by_id = f.NOW, cast.marisol.id
    session.flush()

    mail = post(
        f.OutboxItemFactory(
            kind="vouched", region_id=cast.region.id, payload={"membership_id": cast.nueva_membership.id}
        )
    )

    assert "Marisol Vega has vouched for you at Palo Fierro." in " ".join(part(mail, "plain").split())
    assert str(mail["Reply-To"]).endswith(f"<{cast.marisol.email}>")


def test_a_membership_that_ended_meanwhile_is_not_congratulated(
    session: Session, cast: Cast, transport: Transport, postbox: Postbox, settings: Settings
) -> None:
    item = f.OutboxItemFactory(kind="vouched", payload={"membership_id": cast.nueva_membership.id})

    assert deliver(session, item, transport, settings, f.NOW) is False

    assert postbox.raw == []
