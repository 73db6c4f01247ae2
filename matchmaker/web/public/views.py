"""The pages anyone may read, and the language switch."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user

from matchmaker import outbox
from matchmaker.extensions import db
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
