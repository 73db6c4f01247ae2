"""The mailbox keeps every mail it has said yes to, as it came, and nothing else."""

import email
import email.policy
import signal
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from matchmaker.embedded import mailbox
from matchmaker.embedded.child import Child
from matchmaker.embedded.home import Home
from tests.embedded.watching import until


@pytest.fixture
def box(home: Home) -> Iterator[tuple[Child, int]]:
    """A running mailbox and its port."""
    with mailbox.listen() as listener:
        child = Child(mailbox.server(home.mail, listener), home.log)
        child.start()
        child.wait_until_ready()
        yield child, listener.getsockname()[1]
        child.stop()


def mails(folder: Path) -> list[EmailMessage]:
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]


def note(number: int) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = f"Invitación {number}"
    message["From"] = "red@matchmaker.example"
    message["To"] = "lupe@people.example"
    message["Message-ID"] = f"<{number}@matchmaker.example>"
    message.set_content("¿Puedes venir el jueves?\n.\n..\nGracias")
    return message


def test_a_mail_is_kept_as_it_came_with_its_envelope(box: tuple[Child, int], home: Home) -> None:
    with smtplib.SMTP("127.0.0.1", box[1]) as connection:
        connection.send_message(note(7), "bounce@matchmaker.example", ["lupe@people.example", "ben@people.example"])
    [mail] = mails(home.mail)
    assert mail["Return-Path"] == "<bounce@matchmaker.example>"
    assert mail.get_all("Delivered-To") == ["lupe@people.example", "ben@people.example"]
    assert (mail["Subject"], mail["Message-ID"]) == ("Invitación 7", "<7@matchmaker.example>")
    assert mail.get_content().splitlines() == ["¿Puedes venir el jueves?", ".", "..", "Gracias"]


def test_a_burst_over_several_connections_is_kept_whole_and_in_order(box: tuple[Child, int], home: Home) -> None:
    connections = [smtplib.SMTP("127.0.0.1", box[1]) for _ in range(5)]
    for number in range(500):
        connections[number % 5].send_message(note(number))
    for connection in connections:
        connection.quit()
    assert [mail["Message-ID"] for mail in mails(home.mail)] == [f"<{n}@matchmaker.example>" for n in range(500)]
    assert not list(home.mail.glob("*.part"))


def test_a_mail_cut_off_by_a_kill_is_not_kept_and_the_address_stays(box: tuple[Child, int], home: Home) -> None:
    child, port = box
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for line in ("HELO x", "MAIL FROM:<a@x.example>", "RCPT TO:<b@x.example>", "DATA", "Subject: half"):
            connection.sendall(f"{line}\r\n".encode())
        reply = b""
        while b"354" not in reply:
            reply += connection.recv(1000)
        assert child.process is not None
        child.process.send_signal(signal.SIGKILL)
        until(lambda: not child.running)
    child.start()
    with smtplib.SMTP("127.0.0.1", port) as later:
        later.send_message(note(1))
    assert [mail["Message-ID"] for mail in mails(home.mail)] == ["<1@matchmaker.example>"]
