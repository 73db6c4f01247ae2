"""What the server says, and whose fault it is: this mail's, for good, or this moment's."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from matchmaker.mail.failures import PermanentFailure, TransientFailure
from matchmaker.mail.transport import Transport
from tests.mail.conftest import Postbox, Server


@pytest.fixture
def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hola@valley.example", "ana@people.example", "Hola"
    message.set_content("Buenos días")
    return message


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"


def test_it_keeps_its_connection(transport: Transport, postbox: Postbox, mail: EmailMessage) -> None:
    for _ in range(3):
        transport.send(mail)

    assert (len(postbox.raw), postbox.connections) == (3, 1)


def test_it_comes_back_after_the_server_hung_up(
    transport: Transport, postbox: Postbox, server: Server, mail: EmailMessage
) -> None:
    transport.send(mail)
    server.hang_up()
    transport.send(mail)

    assert (len(postbox.raw), postbox.connections) == (2, 2)


@pytest.mark.parametrize("answer", ["550 no such person", "553 not a mailbox here", "501 what is that"])
def test_a_refused_recipient_is_final(
    transport: Transport, postbox: Postbox, mail: EmailMessage, answer: str
) -> None:
    postbox.at_rcpt.append(answer)

    with pytest.raises(PermanentFailure, match=answer):
        transport.send(mail)

    transport.send(mail)
    assert len(postbox.raw) == 1


def test_a_refused_text_is_final(transport: Transport, postbox: Postbox, mail: EmailMessage) -> None:
    postbox.at_data.append("554 we do not like it")

    with pytest.raises(PermanentFailure):
        transport.send(mail)


@pytest.mark.parametrize("stage", ["at_rcpt", "at_data"])
@pytest.mark.parametrize("answer", ["451 greylisted, come back", "421 going down", "530 sign in first"])
def test_what_may_pass_is_tried_again(
    transport: Transport, postbox: Postbox, mail: EmailMessage, stage: str, answer: str
) -> None:
    getattr(postbox, stage).append(answer)

    with pytest.raises(TransientFailure):
        transport.send(mail)

    transport.send(mail)
    assert len(postbox.raw) == 1


def test_a_silent_server_does_not_hold_up_the_mailer(silent: str, mail: EmailMessage) -> None:
    began = time.monotonic()

    with Transport(silent, timeout=0.2) as transport, pytest.raises(TransientFailure):
        transport.send(mail)

    assert time.monotonic() - began < 5


def test_a_server_that_is_away_is_tried_again(mail: EmailMessage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with Transport(f"smtp://127.0.0.1:{port}") as transport, pytest.raises(TransientFailure):
        transport.send(mail)


def test_a_server_without_encryption_gets_no_password(postbox: Postbox, mail: EmailMessage) -> None:
    url = postbox.url.replace("smtp://", "smtp+starttls://user:se%40cret@")

    with Transport(url, timeout=5) as transport, pytest.raises(TransientFailure):
        transport.send(mail)

    assert postbox.raw == []


def test_an_address_beyond_ascii_needs_a_server_that_knows_it(
    transport: Transport, postbox: Postbox, mail: EmailMessage
) -> None:
    del mail["To"]
    mail["To"] = "niño@people.example"

    transport.send(mail)

    assert "niño@people.example".encode() in postbox.raw[0]
