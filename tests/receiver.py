"""Another program, as it would be at the other end of a webhook: a server of its own, which checks what it is sent."""

from __future__ import annotations

import base64
import hmac
import json
import ssl
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any


class Receiver:
    """Answers every call with ``status`` and keeps it; ``before`` may make it wait first. ``leave`` lets it go on."""

    def __init__(
        self, status: int = 204, *, before: Callable[[], object] | None = None, tls: ssl.SSLContext | None = None
    ):
        self.status, self.before, self.leave = status, before, Event()
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.headers: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if tls else "http"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server.server_port}/told?of=everything"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.calls]

    def __enter__(self) -> Receiver:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if receiver.before is not None:
                    receiver.before()
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    # Whoever called has hung up.
                    self.close_connection = True

        return Handler


def genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What a receiver does with a call, as docs/webhooks.md shows it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    given = [each.removeprefix("v1,") for each in headers["webhook-signature"].split()]
    return any(hmac.compare_digest(expected, each) for each in given)
