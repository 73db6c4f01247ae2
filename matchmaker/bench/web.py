"""The request page beside a bare Flask + SQLAlchemy page with one query; a web process's size and imports."""

from __future__ import annotations

import http.client
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from matchmaker.embedded import processes
from matchmaker.embedded.child import Child, Spec
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import PROJECT, Home
from matchmaker.embedded.mailbox import listen
from matchmaker.embedded.rehearsal import run
from matchmaker.embedded.services import embedded_services

DEMO_PASSWORD = "ironwood-and-rain"
TEACHER = ("ana.luisa@treshermanas.example", DEMO_PASSWORD)
HEAVY = ("torch", "sentence_transformers", "sklearn", "scipy", "numba")
ROUNDS = 5
REQUESTS = 300
"""Pages asked for in a round, by CLIENTS at once over kept connections."""
CLIENTS = 4
LARGEST_MB = 150

IMPORTS = (
    "import sys, matchmaker; matchmaker.create_app();"
    f"print(','.join(name for name in {HEAVY!r} if name in sys.modules) or 'none')"
)


def measure() -> dict[str, Any]:
    """Requests a second of both pages in turn, the median of ROUNDS and their ratio; memory; heavy imports."""
    root = Path(tempfile.mkdtemp(prefix="mm-"))
    try:
        with ExitStack() as stack:
            services = stack.enter_context(embedded_services(root))
            given = {"SMTP_URL": "smtp://127.0.0.1:9", "PUBLIC_URL": "http://bench.example"}
            environment = processes.environment(given, services, Home.at(root), given["PUBLIC_URL"])
            run(processes.MIGRATE, environment)
            run(processes.LOAD_DEMO, environment)
            ours = serve(stack, "ours", "matchmaker:create_app()", environment, root)
            bare = serve(stack, "bare", "matchmaker.bench.bare:create_app()", environment, root)
            return figures(ours, bare, environment)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def figures(ours: tuple[int, Child], bare: tuple[int, Child], environment: Mapping[str, str]) -> dict[str, Any]:
    """Measure both servers, each a port and its process."""
    cookie = sign_in(ours[0])
    path = own_request(ours[0], cookie)
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):
        rates["ours"].append(rate(ours[0], path, cookie))
        rates["bare"].append(rate(bare[0], path, ""))
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["bare"], strict=True))
    heavy = subprocess.run(
        (sys.executable, "-c", IMPORTS), cwd=PROJECT, env={**environment}, capture_output=True, text=True, check=True
    )
    return {
        "request_page_per_second": round(statistics.median(rates["ours"]), 1),
        "bare_page_per_second": round(statistics.median(rates["bare"]), 1),
        "ratio_to_bare": round(ratio, 3),
        "web_process_mb": round(largest_worker_mb(ours[1]), 1),
        "bare_process_mb": round(largest_worker_mb(bare[1]), 1),
        "web_process_mb_allowed": LARGEST_MB,
        "heavy_libraries_loaded": heavy.stdout.strip(),
    }


def serve(stack: ExitStack, name: str, app: str, environment: Mapping[str, str], root: Path) -> tuple[int, Child]:
    """Serve an application with one gunicorn worker, both the same way; its port and process."""
    listener = stack.enter_context(listen())
    port: int = listener.getsockname()[1]
    command = (*processes.WEB, "--workers", "1", "--bind", f"fd://{listener.fileno()}", app)
    spec = Spec(name, command, environment, pass_fds=(listener.fileno(),), ready=lambda: answers(port))
    child = Child(spec, root / "log")
    stack.callback(child.stop)
    child.start()
    child.wait_until_ready()
    return port, child


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


def sign_in(port: int, who: tuple[str, str] = TEACHER) -> str:
    """The session cookie of a person of the demo, by address and password: its teacher."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/login")
    form = connection.getresponse()
    page = form.read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        raise EmbeddedError("the sign-in page has no form")
    fields = {"csrf_token": token[1], "email": who[0], "password": who[1]}
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


def own_request(port: int, cookie: str) -> str:
    """The path of the first request on the teacher's list."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/requests", headers={"Cookie": cookie})
    found = re.search(r'href="(/requests/\d+)"', connection.getresponse().read().decode())
    if found is None:
        raise EmbeddedError("the teacher's list shows no request")
    return found[1]


def rate(port: int, path: str, cookie: str) -> float:
    """Pages a second over one round."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda _: ask(port, path, cookie, REQUESTS // CLIENTS), range(CLIENTS)))
    return REQUESTS / (time.perf_counter() - started)


def ask(port: int, path: str, cookie: str, times: int) -> None:
    """Ask for a page again and again over one connection. Raises EmbeddedError for anything but 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(times):
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise EmbeddedError(f"{path} answered {answer.status}")
    connection.close()


def largest_worker_mb(server: Child) -> float:
    """Resident memory of the largest worker of a server, in megabytes."""
    if server.process is None:
        raise EmbeddedError("the server is not running")
    workers = psutil.Process(server.process.pid).children(recursive=True)
    return max(worker.memory_info().rss for worker in workers) / 1_000_000


def _cookies(answer: http.client.HTTPResponse) -> str:
    return "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie", []))
