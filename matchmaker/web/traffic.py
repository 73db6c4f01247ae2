"""One line in the log for each request, by its route: an address may hold a token, and says who looks at whom."""

from __future__ import annotations

import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from matchmaker import metrics
from matchmaker.settings import Settings

log = structlog.get_logger()

QUIET = frozenset({"static", "health.live", "health.ready", "health.figures"})
"""Endpoints asked for all the time, and by nobody."""
NO_ROUTE = "none"


def init_app(app: Flask, settings: Settings) -> None:
    """Give each request an id that all its lines carry, then log and count it."""
    app.before_request(_begin)
    app.after_request(lambda response: _end(response, count=bool(settings.metrics_dir)))


def _begin() -> None:
    g.began, g.request_id = time.perf_counter(), uuid4().hex[:16]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response, *, count: bool) -> Response:
    if "began" not in g:
        return response
    seconds = time.perf_counter() - g.began
    endpoint = request.endpoint or NO_ROUTE
    # Whatever else somebody sends as a method is theirs, not ours.
    method = request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
    response.headers["X-Request-Id"] = g.request_id
    if count:
        metrics.observe(endpoint, method, response.status_code, seconds)
    if endpoint not in QUIET:
        route = str(request.url_rule) if request.url_rule else NO_ROUTE
        log.info(
            "request",
            endpoint=endpoint,
            route=route,
            method=method,
            status=response.status_code,
            ms=round(1000 * seconds, 1),
        )
    return response
