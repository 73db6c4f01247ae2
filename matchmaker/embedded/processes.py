"""The processes of the application and the environment they get; Procfile says the same for other supervisors."""

import http.client
import sys
from collections.abc import Mapping
from socket import socket
from urllib.parse import urlsplit

from matchmaker.embedded.child import Spec
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home
from matchmaker.embedded.services import Services

PYTHON = sys.executable
FLASK = (PYTHON, "-m", "flask", "--app", "matchmaker")

MIGRATE = (*FLASK, "db", "upgrade")
LOAD_DEMO = (*FLASK, "demo")
SHOW_LOGINS = (*FLASK, "demo", "--logins")

# Preloaded: what is imported once need not be imported again in every worker, and its memory is shared.
WEB = (
    *(PYTHON, "-m", "gunicorn", "--preload", "--workers", "2", "--threads", "4"),
    *("--graceful-timeout", "5", "--no-control-socket"),
    *("--logger-class", "matchmaker.serverlog.ServerLog"),
)
APPLICATION = "matchmaker:create_app()"

# Name and command of every process beside the web; each works on one queue, the clock on none.
WORKERS = {
    "ranker": (PYTHON, "-m", "matchmaker.worker", "ranking"),
    "planner": (PYTHON, "-m", "matchmaker.worker", "planning"),
    "mailer": (PYTHON, "-m", "matchmaker.worker", "mail"),
    "caller": (PYTHON, "-m", "matchmaker.worker", "webhooks"),
    "clock": (PYTHON, "-m", "matchmaker.worker", "clock"),
}

OWN_SERVERS = ("DATABASE_URL", "REDIS_URL", "SMTP_URL")


def application(environment: Mapping[str, str], listener: socket) -> list[Spec]:
    """The specs of all processes; the web serves on the socket the parent already listens on."""
    web = Spec(
        name="web",
        command=(*WEB, "--bind", f"fd://{listener.fileno()}", APPLICATION),
        environment=environment,
        pass_fds=(listener.fileno(),),
        ready=lambda: healthy(listener, environment["PUBLIC_URL"]),
    )
    return [web, *(worker(name, environment) for name in WORKERS)]


def worker(name: str, environment: Mapping[str, str]) -> Spec:
    """The spec of one of WORKERS; it is ready when its model is loaded and it waits for work."""
    return Spec(
        name=name,
        command=WORKERS[name],
        environment=environment,
        ready_line="clock_ready" if name == "clock" else "worker_ready",
        patience=120.0,
    )


def healthy(listener: socket, public_url: str) -> bool:
    """Whether /healthz answers 200, asked for under the public name: in production no other is answered."""
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = http.client.HTTPConnection(reachable, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(public_url).netloc})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def environment(given: Mapping[str, str], services: Services, home: Home, address: str) -> dict[str, str]:
    """What the processes find in their environment: what was given, and the demo's values for what was not."""
    demo = {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "SMTP_URL": services.smtp_url,
        "MAILBOX_DIR": services.mail_dir,
        "SECRET_KEY": home.secret("session-key"),
        "SECURITY_PASSWORD_SALT": home.secret("password-salt"),
        "MATCHMAKER_ENV": "demo",
        "TICK_SECONDS": "5",
        "PUBLIC_URL": address,
        "PYTHONUNBUFFERED": "1",
    }
    return {**{name: value for name, value in demo.items() if value}, **{k: v for k, v in given.items() if v}}


def refuse_embedded_in_production(given: Mapping[str, str]) -> None:
    """Raise EmbeddedError when production is asked for without all of its servers."""
    missing = [name for name in OWN_SERVERS if not given.get(name)]
    if given.get("MATCHMAKER_ENV") == "production" and missing:
        raise EmbeddedError(
            f"MATCHMAKER_ENV is production, but {', '.join(missing)} is not set. "
            "The embedded servers are for the demo and the tests; docs/operations.md tells how to set up real ones."
        )
