"""The pages anyone may read, the language switch, and what a load balancer asks."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from matchmaker import outbox
from matchmaker.extensions import db, limiter
from matchmaker.i18n import LANGUAGES
from matchmaker.queries import network
from matchmaker.web.context import local_path

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def landing() -> ResponseReturnValue:
    counts = network.counts(db.session, g.region.id) if g.region else None
    return render_template("public/landing.html", counts=counts)


@blueprint.get("/how")
def how() -> ResponseReturnValue:
    return render_template("public/how.html")


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    return render_template("public/privacy.html")


@blueprint.get("/language/<code>")
def language(code: str) -> ResponseReturnValue:
    """Choose the language of every page from now on; a signed-in person's account remembers it."""
    if code not in LANGUAGES:
        abort(404)
    session["language"] = code
    if current_user.is_authenticated and current_user.language != code:
        current_user.language = code
        outbox.commit(db.session)
    return redirect(local_path(request.args.get("next")) or "/")


@blueprint.get("/healthz")
@limiter.exempt
def health() -> ResponseReturnValue:
    """The process answers."""
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
@limiter.exempt
def ready() -> ResponseReturnValue:
    """Whether pages can be served. Without Redis they can: what it would hurry along waits in the database."""
    database, redis = _answers_database(), _answers_redis()
    lines = [f"database {'ok' if database else 'away'}", f"redis {'ok' if redis else 'away'}"]
    return "\n".join(lines) + "\n", 200 if database else 503, {"Content-Type": "text/plain; charset=utf-8"}


def _answers_database() -> bool:
    try:
        return db.session.scalar(text("SELECT 1")) == 1
    except SQLAlchemyError:
        return False


def _answers_redis() -> bool:
    try:
        return bool(current_app.extensions["redis"].ping())
    except (RedisError, OSError):
        return False
