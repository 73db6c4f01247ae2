"""The demo region behind real web processes, and what a browser would ask of them."""

from __future__ import annotations

import http.client
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from matchmaker.embedded import processes
from matchmaker.embedded.child import Child, Spec
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home
from matchmaker.embedded.mailbox import listen
from matchmaker.embedded.rehearsal import run
from matchmaker.embedded.services import embedded_services

OURS = "matchmaker:create_app()"
DEMO_PASSWORD = "ironwood-and-rain"


@dataclass(frozen=True)
class Site:
    """A freshly loaded demo region in a folder of its own. What it serves is stopped when ``stack`` closes."""

    root: Path
    database_url: str
    environment: Mapping[str, str]
    stack: ExitStack

    def serve(self, name: str, app: str = OURS) -> tuple[int, Child]:
        """Serve an application with one gunicorn worker, every one the same way; its port and process."""
        listener = self.stack.enter_context(listen())
        port: int = listener.getsockname()[1]
        command = (*processes.WEB, "--workers", "1", "--bind", f"fd://{listener.fileno()}", app)
        spec = Spec(name, command, self.environment, pass_fds=(listener.fileno(),), ready=lambda: answers(port))
        child = Child(spec, self.root / "log")
        self.stack.callback(child.stop)
        child.start()
        child.wait_until_ready()
        return port, child


@contextmanager
def demo() -> Iterator[Site]:
    """The demo region, loaded; nothing of it is left afterwards."""
    root = Path(tempfile.mkdtemp(prefix="mm-"))
    try:
        with ExitStack() as stack:
            services = stack.enter_context(embedded_services(root))
            given = {"SMTP_URL": "smtp://127.0.0.1:9", "PUBLIC_URL": "http://bench.example"}
            environment = processes.environment(given, services, Home.at(root), given["PUBLIC_URL"])
            run(processes.MIGRATE, environment)
            run(processes.LOAD_DEMO, environment)
            yield Site(root, services.database_url, environment, stack)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def answers(port: int) -> bool:
    """Whether anything at all is served."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        return True
    except OSError:
        return False
    finally:
        connection.close()


def sign_in(port: int, email: str) -> str:
    """The session cookie of a person of the demo."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/login")
    form = connection.getresponse()
    page = form.read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        raise EmbeddedError("the sign-in page has no form")
    fields = {"csrf_token": token[1], "email": email, "password": DEMO_PASSWORD}
    headers = {
        "Cookie": _cookies(form),
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"http://127.0.0.1:{port}/login",
    }
    connection.request("POST", "/login", urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise EmbeddedError(f"signing in answered {answer.status}")
    return _cookies(answer)


def ask(port: int, path: str, cookie: str, times: int = 1) -> bytes:
    """A page, asked for again and again over one connection. Raises EmbeddedError for anything but 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = b""
    for _ in range(times):
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise EmbeddedError(f"{path} answered {answer.status}")
    connection.close()
    return body


def _cookies(answer: http.client.HTTPResponse) -> str:
    return "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie", []))
