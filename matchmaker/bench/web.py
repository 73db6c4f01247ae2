"""The request page beside a bare Flask + SQLAlchemy page with one query; a web process's size and imports."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil

from matchmaker.bench import served
from matchmaker.embedded.child import Child
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import PROJECT

TEACHER = "ana.luisa@treshermanas.example"
BARE = "matchmaker.bench.bare:create_app()"
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
    with served.demo() as site:
        return figures(site.serve("ours"), site.serve("bare", BARE), site.environment)


def figures(ours: tuple[int, Child], bare: tuple[int, Child], environment: Mapping[str, str]) -> dict[str, Any]:
    """Measure both servers, each a port and its process."""
    cookie = served.sign_in(ours[0], TEACHER)
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


def own_request(port: int, cookie: str) -> str:
    """The path of the first request on the teacher's list."""
    found = re.search(r'href="(/requests/\d+)"', served.ask(port, "/requests", cookie).decode())
    if found is None:
        raise EmbeddedError("the teacher's list shows no request")
    return found[1]


def rate(port: int, path: str, cookie: str) -> float:
    """Pages a second over one round."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda _: served.ask(port, path, cookie, REQUESTS // CLIENTS), range(CLIENTS)))
    return REQUESTS / (time.perf_counter() - started)


def largest_worker_mb(server: Child) -> float:
    """Resident memory of the largest worker of a server, in megabytes."""
    if server.process is None:
        raise EmbeddedError("the server is not running")
    workers = psutil.Process(server.process.pid).children(recursive=True)
    return max(worker.memory_info().rss for worker in workers) / 1_000_000
