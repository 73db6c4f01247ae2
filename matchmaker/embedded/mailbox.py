"""An SMTP server for one machine that keeps every mail as a file: ``python -m matchmaker.embedded.mailbox``."""

import argparse
import asyncio
import itertools
import os
import signal
import smtplib
import socket
import sys
import time
from pathlib import Path

from matchmaker.embedded.child import Spec

LARGEST_MAIL_BYTES = 20_000_000


class KeepAsFiles:
    """Writes each accepted mail into a folder, whole or not at all; names sort by arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = itertools.count()

    async def handle_DATA(self, server: object, session: object, envelope: "Envelope") -> str:
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._count):06d}"
        unfinished = self.folder / f"{name}.part"
        unfinished.write_bytes(with_envelope(envelope.mail_from, envelope.rcpt_tos, envelope.content))
        unfinished.replace(self.folder / f"{name}.eml")
        return f"250 kept as {name}"


class Envelope:
    """What the SMTP dialogue said, beside what the mail says; the part of aiosmtpd's class used here."""

    mail_from: str
    rcpt_tos: list[str]
    content: bytes


def with_envelope(sender: str, recipients: list[str], content: bytes) -> bytes:
    """The mail as a delivering server leaves it: who truly sent it and whom it reached, above its own headers."""
    lines = [f"Return-Path: <{sender}>", *(f"Delivered-To: {recipient}" for recipient in recipients)]
    return "".join(f"{line}\r\n" for line in lines).encode() + content


def listen() -> socket.socket:
    """A listening socket on a free port of this machine. The parent holds it, so that a mailbox started again has
    the same address and mails sent meanwhile wait instead of failing."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.set_inheritable(True)
    return listener


def server(folder: Path, listener: socket.socket) -> Spec:
    """Say how to run the mailbox on a socket made by :func:`listen`."""
    module = (sys.executable, "-m", "matchmaker.embedded.mailbox")
    port: int = listener.getsockname()[1]
    return Spec(
        name="mailbox",
        command=(*module, "--fd", str(listener.fileno()), "--folder", str(folder)),
        pass_fds=(listener.fileno(),),
        ready=lambda: _greets(port),
    )


def _greets(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=1.0) as connection:
            return connection.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


async def serve(keeper: KeepAsFiles, listener: socket.socket) -> None:
    """Take mails until told to stop."""
    from aiosmtpd.smtp import SMTP

    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    def dialogue() -> SMTP:
        return SMTP(keeper, data_size_limit=LARGEST_MAIL_BYTES, enable_SMTPUTF8=True, ident="matchmaker mailbox")

    await loop.create_server(dialogue, sock=listener)
    await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m matchmaker.embedded.mailbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where mails are kept, one .eml each")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", type=int, help="a port of 127.0.0.1 to listen on")
    where.add_argument("--fd", type=int, help="a listening socket inherited from the parent")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.fd is not None:
        listener = socket.socket(fileno=arguments.fd)
    else:
        listener = socket.create_server(("127.0.0.1", arguments.port), backlog=512)
    asyncio.run(serve(KeepAsFiles(arguments.folder), listener))


if __name__ == "__main__":
    main()
