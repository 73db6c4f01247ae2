"""The mailbox as a relay down the line answers: each answer takes as long as the way there and back."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

from matchmaker.embedded.child import Spec
from matchmaker.embedded.mailbox import Envelope, KeepAsFiles, serve


class Distant(KeepAsFiles):
    """Keeps mails as the mailbox does, and answers each command after so many seconds."""

    def __init__(self, folder: Path, seconds: float) -> None:
        super().__init__(folder)
        self.seconds = seconds

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        await asyncio.sleep(self.seconds)
        envelope.mail_from = address
        return "250 go on"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        await asyncio.sleep(self.seconds)
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_NOOP(self, server: Any, session: Any, envelope: Any, argument: str) -> str:
        await asyncio.sleep(self.seconds)
        return "250 here"

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        # Twice: the answer to DATA itself is aiosmtpd's, and cannot be held back.
        await asyncio.sleep(2 * self.seconds)
        return await super().handle_DATA(server, session, envelope)


def server(folder: Path, listener: socket.socket, milliseconds: float) -> Spec:
    """Say how to run it on a listening socket."""
    return Spec(
        name=f"relay-{milliseconds:g}",
        command=(
            *(sys.executable, "-m", "matchmaker.bench.relay", "--fd", str(listener.fileno())),
            *("--folder", str(folder), "--milliseconds", str(milliseconds)),
        ),
        pass_fds=(listener.fileno(),),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m matchmaker.bench.relay", description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--milliseconds", type=float, required=True)
    arguments = parser.parse_args()
    listener = socket.socket(fileno=arguments.fd)
    asyncio.run(serve(Distant(arguments.folder, arguments.milliseconds / 1000), listener))


if __name__ == "__main__":
    main()
