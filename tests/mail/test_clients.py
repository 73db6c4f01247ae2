"""Every mail as mail clients take it: one column of its own, whole links, the same in text and HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, OutboxItem
from tests import factories as f
from tests.cast import Cast
from tests.mail import clients
from tests.mail.conftest import Postbox, item_for, part

PUBLIC = "https://match.valley.example"


@pytest.fixture
def public(settings: Settings) -> Settings:
    return replace(settings, public_url=PUBLIC)


@pytest.fixture
def write(
    session: Session, transport: Transport, postbox: Postbox, public: Settings
) -> Callable[[OutboxItem], EmailMessage]:
    def write_and_read(item: OutboxItem) -> EmailMessage:
        assert deliver(session, item, transport, public, f.NOW)
        return postbox.mails[-1]

    return write_and_read


def account_item(cast: Cast, letter: str) -> OutboxItem:
    about = {"account_id": cast.ana.account.id, "letter": letter}
    if letter != "password_changed":
        about |= {"page": f"{PUBLIC}/confirm/abc", "until": (f.NOW + timedelta(days=1)).isoformat()}
    item: OutboxItem = f.OutboxItemFactory(kind="account", region_id=cast.region.id, payload=about)
    return item


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", ["invitation", "invitation_reminder", "introduction_teacher", "introduction_partner"])
def test_letters_about_an_introduction(
    write: Callable[[OutboxItem], EmailMessage], introduction: Introduction, kind: str, language: str
) -> None:
    introduction.partner.language = introduction.request.teacher.account.language = language
    if kind == "invitation_reminder":
        introduction.state, introduction.answer_by = IntroductionState.INVITED, f.NOW + timedelta(days=2)
    elif kind != "invitation":
        introduction.state = IntroductionState.ACCEPTED
    clients.check(write(item_for(introduction, kind)), PUBLIC)


@pytest.mark.parametrize("letter", ["confirm_address", "new_password", "password_changed"])
def test_letters_about_an_account(write: Callable[[OutboxItem], EmailMessage], cast: Cast, letter: str) -> None:
    mail = write(account_item(cast, letter))

    clients.check(mail, PUBLIC)
    assert "List-Unsubscribe" not in mail and "/mail/" not in part(mail, "html")


def test_the_paper_address_of_the_network_stands_under_both_parts(
    write: Callable[[OutboxItem], EmailMessage], introduction: Introduction, cast: Cast
) -> None:
    mail = write(item_for(introduction, "invitation"))

    for kind in ("plain", "html"):
        assert cast.region.postal_address in part(mail, kind)


def test_a_region_without_one_writes_all_the_same(
    write: Callable[[OutboxItem], EmailMessage], introduction: Introduction, cast: Cast
) -> None:
    cast.region.postal_address = ""

    clients.check(write(item_for(introduction, "invitation")), PUBLIC)


def test_one_click_stops_its_kind(
    write: Callable[[OutboxItem], EmailMessage], introduction: Introduction, cast: Cast, postbox: Postbox
) -> None:
    mail = write(item_for(introduction, "invitation"))

    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page, address = (each.strip(" <>") for each in str(mail["List-Unsubscribe"]).split(","))
    assert page.startswith(f"{PUBLIC}/mail/") and page.endswith("/unsubscribe")
    assert address == f"mailto:{cast.region.email}?subject=unsubscribe"
    assert introduction.partner.email not in page
    # As it travels: no client undoes what would be done to a long word of an ordinary header.
    raw = postbox.raw[-1]
    assert f"List-Unsubscribe: <{page}>,\r\n <{address}>\r\n".encode() in raw
    assert message_from_bytes(raw, policy=policy.compat32)["List-Unsubscribe"].split() == [f"<{page}>,", f"<{address}>"]


def test_two_taps_lead_from_an_invitation_to_a_pause_or_a_stop(
    write: Callable[[OutboxItem], EmailMessage], introduction: Introduction
) -> None:
    mail = write(item_for(introduction, "invitation"))

    links = clients.Html(part(mail, "html")).links
    assert {link.rpartition("#")[2] for link in links if "/mail/" in link and "#" in link} == {"pause", "asking"}


def test_what_cannot_be_delivered_comes_back_to_an_address_that_names_it(
    session: Session,
    transport: Transport,
    server,
    public: Settings,
    introduction: Introduction,  # type: ignore[no-untyped-def]
) -> None:
    item = item_for(introduction, "invitation")
    deliver(session, item, transport, replace(public, reply_domain="reply.valley.example"), f.NOW)

    assert server._postbox.senders == [f"bounce+{item.uid.hex}@reply.valley.example"]
