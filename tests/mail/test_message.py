"""The letters of a conversation: what they say in both languages, and that nobody's address is anywhere in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.services import conversation, letters
from matchmaker.settings import Settings
from models import Account, Introduction, IntroductionState, OutboxItem, Side
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import Postbox, links, part

WORDS = "Shall I bring boots for everybody?\nAnd <b>water</b>?"
Send = Callable[..., EmailMessage]


@pytest.fixture(params=["reply.example.org", ""], ids=["answers", "no-answers"])
def taking(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Settings of an installation that takes mail, and of one that does not."""
    return replace(settings, reply_domain=request.param)


@pytest.fixture
def send(
    session: Session, transport: Transport, postbox: Postbox, taking: Settings, introduction: Introduction
) -> Send:
    """Say something as one side and read the letter that the other gets."""

    def said(side: Side, text: str = WORDS, author: Account | None = None, **state: Any) -> EmailMessage:
        introduction.state = state.get("state", IntroductionState.INVITED)
        session.flush()
        message = conversation.say(session, introduction.key, side, text, "en", lambda: f.NOW, form_key=f"{side}{text}")
        message.author_id = author.id if author else None
        session.flush()
        for item in waiting(session):
            assert deliver(session, item, transport, taking, f.NOW)
        return postbox.mails[-1]

    return said


def waiting(session: Session) -> Iterator[OutboxItem]:
    yield from session.scalars(
        select(OutboxItem).where(OutboxItem.kind.like("message%"), OutboxItem.done_at.is_(None)).order_by(OutboxItem.id)
    ).all()


def whole(mail: EmailMessage) -> str:
    """Everything a mail holds: each header, each part, as sent and decoded."""
    texts = [mail.as_string()] + [str(sub.get_content()) for sub in mail.walk() if not sub.is_multipart()]
    headers = [f"{name}: {value}" for sub in mail.walk() for name, value in sub.items()]
    return "\n".join([*texts, *headers])


def test_the_teacher_reads_a_question_of_somebody_unnamed(send: Send, introduction: Introduction) -> None:
    mail = send(Side.PARTNER)

    assert mail["Subject"] == "A message about “Why does our arroyo flood so fast?”"
    assert str(mail["From"]).startswith('"The person we asked, via Palo Fierro" <hola@')
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert "Shall I bring boots for everybody?" in text
        assert "Coordinators of Palo Fierro can read these messages." in " ".join(text.split())
    assert "And <b>water</b>?" in part(mail, "plain") and "&lt;b&gt;water" in part(mail, "html")
    partner = introduction.partner
    for secret in (partner.name, partner.email, partner.phone, "Esperanza"):
        assert secret not in whole(mail)


def test_the_partner_reads_in_spanish_who_writes_and_the_words_as_written(
    send: Send, introduction: Introduction, cast: Cast
) -> None:
    mail = send(Side.TEACHER)

    assert mail["Content-Language"] == "es"
    assert mail["Subject"] == "Un mensaje sobre «Why does our arroyo flood so fast?»"
    assert str(mail["From"]).startswith("Ana Luisa Robles por medio de Palo Fierro <hola@")
    html, plain = part(mail, "html"), part(mail, "plain")
    assert re.search(r'<blockquote lang="en">\s*<p>Shall I bring', html)
    assert "Ana Luisa Robles le escribe" in html and "Ana Luisa Robles le escribe" in plain
    assert "La coordinación de Palo Fierro puede leer" in " ".join(plain.split())
    for secret in (cast.ana.account.email, cast.ana.phone, introduction.request.place, "room 12"):
        assert secret not in whole(mail)


@pytest.mark.parametrize("state", [IntroductionState.INVITED, IntroductionState.ACCEPTED])
@pytest.mark.parametrize("side", [Side.TEACHER, Side.PARTNER])
def test_no_address_of_the_other_side_is_in_any_header_or_body(
    send: Send, introduction: Introduction, cast: Cast, side: Side, state: IntroductionState
) -> None:
    mail = send(side, state=state)

    writer = cast.ana.account.email if side is Side.TEACHER else cast.esperanza.email
    reader = cast.esperanza.email if side is Side.TEACHER else cast.ana.account.email
    addresses = set(re.findall(r"[\w.+-]+@[\w.-]+\w", whole(mail)))
    assert writer not in whole(mail)
    assert {each for each in addresses if each.endswith("people.example")} == {reader}


def test_after_the_yes_the_partner_has_a_name(send: Send) -> None:
    mail = send(Side.PARTNER, state=IntroductionState.ACCEPTED)
    assert str(mail["From"]).startswith("Esperanza Ochoa via Palo Fierro <hola@")
    assert "Esperanza Ochoa writes to you" in part(mail, "html")


@pytest.mark.parametrize(("side", "reader"), [(Side.TEACHER, Side.PARTNER), (Side.PARTNER, Side.TEACHER)])
def test_the_link_is_the_reader_s_own_and_an_answer_goes_through_us(
    send: Send, taking: Settings, introduction: Introduction, side: Side, reader: Side
) -> None:
    mail = send(side)

    page = next(address for address in links(mail) if "/messages/" in address)
    assert page in part(mail, "plain")
    said = tokens.read(taking.secret_key, tokens.Purpose.TALK, page.rpartition("/")[2], f.NOW)
    owner = introduction.partner_id if reader is Side.PARTNER else introduction.request.teacher_id
    assert (said.introduction, said.recipient) == (introduction.key, f"{reader}:{owner}")
    reply_to = mail["Reply-To"].addresses[0].addr_spec
    by_mail = "just answer" in part(mail, "plain") or "contestar este correo" in part(mail, "plain")
    if taking.reply_domain:
        code = reply_to.removeprefix("talk+").partition("@")[0]
        assert tokens.read_reply_code(taking.secret_key, code) == (introduction.key, reader)
        assert by_mail
    else:
        assert reply_to.startswith("hola@") and not by_mail


def test_what_a_coordinator_writes_goes_to_both_and_an_answer_to_the_coordinator_alone(
    send: Send, postbox: Postbox, cast: Cast
) -> None:
    send(Side.COORDINATOR, "Is the date still good?", author=cast.ben)

    assert len(postbox.mails) == 2
    for mail in postbox.mails:
        assert str(mail["From"]).startswith("Ben Yazzie · Palo Fierro <hola@")
        assert mail["Reply-To"].addresses[0].addr_spec == cast.ben.email
        assert "Ben Yazzie" in part(mail, "plain") and "Is the date still good?" in part(mail, "html")


def test_where_nobody_else_reads_it_the_letter_says_that(send: Send, cast: Cast) -> None:
    cast.region.conversations_read = False
    text = part(send(Side.PARTNER), "plain")
    assert "cannot read these messages, only the two of you" in " ".join(text.split())


def test_the_longest_message_is_whole(send: Send) -> None:
    words = ("Ñandú <agua> " * 770)[:9_990].strip()
    mail = send(Side.PARTNER, words)
    assert " ".join(words.split()) in " ".join(part(mail, "plain").split())


@pytest.mark.parametrize("why", ["contacts", "names", "own_name", "too_long", "empty", "over", "files"])
@pytest.mark.parametrize(("side", "language"), [(Side.TEACHER, "en"), (Side.PARTNER, "es")])
def test_who_hears_that_words_were_held_learns_why_and_where_to_go(
    session: Session,
    transport: Transport,
    postbox: Postbox,
    settings: Settings,
    introduction: Introduction,
    cast: Cast,
    why: str,
    side: Side,
    language: str,
) -> None:
    introduction.state = IntroductionState.INVITED
    letters.put(session, "message_held", introduction, side, f.NOW, n=7, why=why)
    for item in waiting(session):
        assert deliver(session, item, transport, settings, f.NOW)
    mail = postbox.mails[-1]

    assert (mail["Content-Language"], mail["Auto-Submitted"]) == (language, "auto-generated")
    assert mail["Reply-To"].addresses[0].addr_spec.startswith("hola@")
    reader, other = (cast.ana.account.email, cast.esperanza.email)[:: 1 if side is Side.TEACHER else -1]
    assert reader in str(mail["To"]) and other not in whole(mail)
    for kind in ("plain", "html"):
        assert "/messages/" in part(mail, kind)
        assert introduction.request.title in " ".join(part(mail, kind).split())
