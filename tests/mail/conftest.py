"""A real SMTP server in this process whose answers a test can choose, and an introduction to write about."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy.orm import Session

from matchmaker.jobs import AFTER_SENDING
from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.services import letters
from matchmaker.settings import Settings
from models import Introduction, OutboxItem, Side
from tests import factories as f
from tests.cast import Cast


@dataclass
class Postbox:
    """Keeps what arrives. ``refusals`` are answered one by one, at RCPT or DATA, before mails are taken again."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    connections: int = 0
    _awaited: int = 0
    _all_here: asyncio.Event = field(default_factory=asyncio.Event)

    def meet(self, number: int) -> None:
        """Answer no mail before this many have come."""
        self._awaited = number

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # type: ignore[no-untyped-def]
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope) -> str:  # type: ignore[no-untyped-def]
        if self.at_data:
            return self.at_data.pop(0)
        self.raw.append(envelope.content)
        self.senders.append(envelope.mail_from)
        if len(self.raw) >= self._awaited:
            self._all_here.set()
        await self._all_here.wait()
        return "250 kept"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]  # type: ignore[misc]


class Server:
    """An aiosmtpd server on a thread of its own."""

    def __init__(self, postbox: Postbox) -> None:
        self._loop = asyncio.new_event_loop()
        self._postbox = postbox
        self._open: list[SMTP] = []
        listener = socket.create_server(("127.0.0.1", 0))
        postbox.port = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(self._loop.create_server(self._dialogue, sock=listener))

    def _dialogue(self) -> SMTP:
        self._postbox.connections += 1
        dialogue = SMTP(self._postbox, enable_SMTPUTF8=True, loop=self._loop)
        self._open.append(dialogue)
        return dialogue

    def _run(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def hang_up(self) -> None:
        """Close every connection without a word, as a server does that restarts."""

        async def close() -> None:
            for dialogue in self._open:
                if dialogue.transport is not None:
                    dialogue.transport.abort()
            self._open.clear()

        self._run(close())

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self.hang_up()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(Postbox())
    yield running
    running.stop()


@pytest.fixture
def postbox(server: Server) -> Postbox:
    return server._postbox


@pytest.fixture
def transport(postbox: Postbox) -> Iterator[Transport]:
    with Transport(postbox.url, timeout=5) as kept:
        yield kept


@pytest.fixture
def post(
    session: Session, transport: Transport, postbox: Postbox, settings: Settings
) -> Callable[[OutboxItem], EmailMessage]:
    """Deliver an item as the worker does, and return the mail as it arrived."""

    def deliver_and_read(item: OutboxItem) -> EmailMessage:
        assert deliver(session, item, transport, settings, f.NOW)
        if item.kind in AFTER_SENDING:
            AFTER_SENDING[item.kind](session, item, f.NOW)
        return postbox.mails[-1]

    return deliver_and_read


@pytest.fixture
def introduction(cast: Cast) -> Introduction:
    """Ana asked, Marisol approved Esperanza, who reads Spanish; the invitation is due."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, formats=["visit"])
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza, what=cast.esperanza.funds[0])
    approved: Introduction = f.IntroductionFactory(region=cast.region, suggested=proposal, coordinator=cast.marisol)
    return approved


def item_for(introduction: Introduction, kind: str) -> OutboxItem:
    """The outbox item that asks for a letter about an introduction, keyed as the services key it."""
    side = Side.TEACHER if kind.endswith("teacher") else Side.PARTNER
    item: OutboxItem = f.OutboxItemFactory(
        kind=kind,
        key=letters.key(kind, introduction, side),
        region_id=introduction.region_id,
        payload={"introduction_id": introduction.id, "side": side.value},
    )
    return item


def part(mail: EmailMessage, kind: str) -> str:
    """The plain or html part of a mail, as a reader sees it."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def links(mail: EmailMessage) -> list[str]:
    """Where the links of the html part lead, in order."""
    return [unescape(address) for address in re.findall(r'href="([^"]+)"', part(mail, "html"))]
