"""A mail server that misbehaves as real ones do, and keeps exact books of what it took."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from enum import StrEnum


class Mood(StrEnum):
    """What happens to one mail."""

    TAKES = "takes"
    LATER_AT_RCPT = "451 at RCPT"
    LATER_AT_DATA = "452 after DATA"
    NEVER_AT_RCPT = "550 at RCPT"
    NEVER_AT_DATA = "554 after DATA"
    HANGS = "hangs before DATA"
    HANGS_AFTER = "hangs after DATA, with the mail"
    CUTS = "cuts the line in the middle of DATA"
    CUTS_AFTER = "cuts the line after DATA, with the mail"


@dataclass(frozen=True)
class Taken:
    """A mail that arrived whole. ``answered`` when the server said 250 to it."""

    message_id: str
    to: str
    subject: str
    answered: bool

    @property
    def uid(self) -> str:
        """The outbox item that it was sent for."""
        return self.message_id.strip("<>").split("@")[0]


@dataclass
class Unruly:
    """Serves on a port of its own, in a thread of its own. Mails meet the moods of a shuffled deck, and after it the
    server behaves."""

    misfortunes: int
    among: int
    seed: int
    taken: list[Taken] = field(default_factory=list)
    moods: Counter[Mood] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        bad = [mood for mood in Mood if mood is not Mood.TAKES] * self.misfortunes
        self._deck = [*bad, *[Mood.TAKES] * (self.among - len(bad))]
        random.Random(self.seed).shuffle(self._deck)
        self._news = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def answered(self) -> Counter[str]:
        """How often each Message-ID was answered with 250."""
        return Counter(mail.message_id for mail in list(self.taken) if mail.answered)

    def wait(self, seconds: float) -> None:
        """Return when another mail has been taken, or after so many seconds."""
        self._news.wait(seconds)
        self._news.clear()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._converse, sock=self._listener))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._dialogue(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            # A client was killed in the middle of a word.
            return
        finally:
            writer.close()

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mood = Mood.TAKES
        writer.write(b"220 unruly\r\n")
        while line := await reader.readline():
            match line[:4].upper():
                case b"RCPT":
                    mood = self._deck.pop() if self._deck else Mood.TAKES
                    self.moods[mood] += 1
                    if mood is Mood.HANGS:
                        await reader.read()
                        return
                    writer.write(_AT_RCPT.get(mood, b"250 ok\r\n"))
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    if not await self._data(mood, reader, writer):
                        return
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    writer.write(b"250 ok\r\n")

    async def _data(self, mood: Mood, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take one mail; False when the connection is over."""
        if mood is Mood.CUTS:
            await reader.readexactly(500)
            writer.transport.abort()
            return False
        content = await reader.readuntil(b"\r\n.\r\n")
        if mood in _AFTER_DATA:
            writer.write(_AFTER_DATA[mood])
            return True
        answered = mood is Mood.TAKES
        # In the books before the client can know of it: whoever is killed now has had its 250.
        self.taken.append(_taken(content, answered=answered))
        self._news.set()
        if answered:
            writer.write(b"250 taken\r\n")
        elif mood is Mood.HANGS_AFTER:
            await reader.read()
        else:
            writer.transport.abort()
        return answered


_AT_RCPT = {Mood.LATER_AT_RCPT: b"451 later, please\r\n", Mood.NEVER_AT_RCPT: b"550 nobody of that name\r\n"}
_AFTER_DATA = {Mood.LATER_AT_DATA: b"452 no room just now\r\n", Mood.NEVER_AT_DATA: b"554 not that\r\n"}


def _taken(content: bytes, *, answered: bool) -> Taken:
    message = message_from_bytes(content, policy=policy.default)
    return Taken(str(message["Message-ID"]), str(message["To"]), str(message["Subject"]), answered)
