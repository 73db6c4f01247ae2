"""The mails of a demonstration, readable in the browser. Registered only where a mailbox folder is set."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, abort, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue

from matchmaker.queries import paging
from matchmaker.web.mailbox import letters

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")

HTML_CSP = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    )
)
"""A mail brings its own styles and nothing else: no script, no picture, no form, and an origin of its own."""


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All mails, newest first."""
    page = paging.cut(letters.names(_folder()), request.args.get("page", 1, type=int))
    found = [letter for name in page.rows if (letter := letters.read(_folder(), name)) is not None]
    return render_template("mailbox/index.html", messages=found, **page.place)


@blueprint.get("/<message_id>")
def show(message_id: str) -> ResponseReturnValue:
    """One mail as plain text."""
    return render_template("mailbox/show.html", message=_letter(message_id))


@blueprint.get("/<message_id>/html")
def html(message_id: str) -> ResponseReturnValue:
    """The mail as most people see it, on a page of its own."""
    letter = _letter(message_id)
    if not letter.html:
        abort(404)
    response = make_response(letter.html)
    response.headers["Content-Security-Policy"] = HTML_CSP
    return response


def _letter(name: str) -> letters.Letter:
    letter = letters.read(_folder(), name)
    if letter is None:
        abort(404)
    return letter


def _folder() -> Path:
    return Path(current_app.config["SETTINGS"].mailbox_dir)
