"""What a load balancer and a collector of figures ask: no session, no limit, no page."""

from __future__ import annotations

import hmac
from functools import cache

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from matchmaker import metrics
from matchmaker.clock import utc_now
from matchmaker.extensions import alembic, db, limiter
from matchmaker.queries import health

blueprint = Blueprint("health", __name__)
limiter.exempt(blueprint)


@blueprint.get("/healthz")
def live() -> ResponseReturnValue:
    """The process answers."""
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Whether pages can be served. Without Redis they can: what it would hurry along waits in the database."""
    database = health.database(db.session, *_revisions())
    ready = database is health.Database.OK
    answer = {"ready": ready, "database": database.value, "redis": "ok" if _answers_redis() else "away"}
    return jsonify(answer), 200 if ready else 503


@blueprint.get("/metrics")
def figures() -> ResponseReturnValue:
    """Figures for whoever has the token; without one in the settings there is no such page."""
    settings = current_app.config["SETTINGS"]
    if not settings.metrics_token:
        abort(404)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), settings.metrics_token.encode()):
        return "", 401, {"WWW-Authenticate": "Bearer"}
    told = metrics.exposition(db.session, utc_now(), settings.metrics_dir)
    return told, {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """The newest revisions of this code, and all of them."""
    scripts = alembic.script_directory
    return frozenset(scripts.get_heads()), frozenset(script.revision for script in scripts.walk_revisions())


def _answers_redis() -> bool:
    try:
        return bool(current_app.extensions["redis"].ping())
    except (RedisError, OSError):
        return False
