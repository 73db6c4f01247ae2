"""One call to an address that a region wrote down. What answers there belongs to somebody else, and may be slow, gone
or up to something: the call is short, follows nothing, and reaches the public internet only."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from urllib.parse import urlsplit

CONNECT, READ = 3.0, 5.0
"""Seconds until somebody picks up, and until they have answered."""
MOST_PLACES = 2
"""Of the addresses that a name stands for, so many are tried."""
MOST_READ = 4096
"""Bytes of an answer that are read; nothing is done with them."""
GIVEN_OUT = IPv6Network("2000::/3")


class Unanswered(Exception):
    """Nobody answered; ``why`` is a code: no_such_host, not_public, no_connection, timeout, tls or broken."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def post(url: str, body: bytes, headers: Mapping[str, str], *, anywhere: bool) -> int:
    """Send it and return the status of the answer. ``anywhere``: to private addresses and without TLS as well.

    The name is looked up once, and what was looked at is what is connected to. Raises Unanswered.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not anywhere:
        raise Unanswered("not_public")
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = (
        http.client.HTTPSConnection(host, port, context=_tls()) if secure else http.client.HTTPConnection(host, port)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line = _connect(host, port, anywhere)
    if secure:
        line = _tls().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    # Connected already, so it does not look the name up for itself.
    connection.sock = line
    return _talk(connection, line, target, body, headers)


def _talk(
    connection: http.client.HTTPConnection, line: socket.socket, target: str, body: bytes, headers: Mapping[str, str]
) -> int:
    """A socket's time-out counts from byte to byte; this one counts from the beginning, however slowly they drip."""
    over = Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            # The plain socket's: that of TLS would change what the other thread is reading with.
            socket.socket.shutdown(line, socket.SHUT_RDWR)

    watch = Timer(READ, cut)
    watch.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        if over.is_set():
            # What was cut off in the middle of the headers reads as if they had ended there.
            raise TimeoutError
        with suppress(OSError, http.client.HTTPException):
            answer.read(MOST_READ)
        return answer.status
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = over.is_set() or isinstance(error, TimeoutError)
        raise Unanswered("timeout" if late else "tls" if isinstance(error, ssl.SSLError) else "broken") from error
    finally:
        watch.cancel()
        connection.close()


def _connect(host: str, port: int, anywhere: bool) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unanswered("no_such_host") from error
    if not anywhere and not all(public(str(place[0])) for *_, place in found):
        raise Unanswered("not_public")
    why = "no_connection"
    for family, kind, protocol, _, place in found[:MOST_PLACES]:
        line = socket.socket(family, kind, protocol)
        line.settimeout(CONNECT)
        try:
            line.connect(place)
        except OSError as error:
            line.close()
            why = "timeout" if isinstance(error, TimeoutError) else why
        else:
            line.settimeout(READ)
            return line
    raise Unanswered(why)


def public(place: str) -> bool:
    """Whether a numeric address is one of the public internet's: not ours, not a neighbour's, not a group's, and none
    that carries such a one inside."""
    address = ip_address(place.partition("%")[0])
    if isinstance(address, IPv6Address):
        return address in GIVEN_OUT and address.is_global and address.sixtofour is None
    return address.is_global and not address.is_multicast


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
