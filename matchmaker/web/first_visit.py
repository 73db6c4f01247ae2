"""The stylesheet within the page, for whoever has none yet.

A page and its sheet are two trips, and the second waits for the first: on a slow line that is most of what a reader
waits for, and the first page is often the one a mail led to. So a browser that has not had this sheet gets it within
the page, allowed there by its digest, and fetches it beside for the pages after: as a sheet for paper, which holds
nothing up. A cookie remembers which sheet was sent. It holds the sheet's version and nothing about the reader. The
sheet's address holds its version too, so that browsers need never ask whether it is still the same.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, current_app, g, request
from markupsafe import Markup

SHEET = "matchmaker.css"
COOKIE = "stylesheet"
KEPT = timedelta(days=180)
_EXTENSION = "matchmaker.first_visit"


@dataclass(frozen=True)
class _Sheet:
    text: Markup
    digest: bytes


def init_app(app: Flask) -> None:
    """Read the sheet once, and let pages ask for it."""
    text = (Path(app.static_folder or "") / SHEET).read_text(encoding="utf-8")
    # Markup: it is our own file, and stands where nothing is a tag but its own end, which it doesn't hold.
    app.extensions[_EXTENSION] = _Sheet(Markup(text), sha256(text.encode()).digest())
    app.context_processor(_page_context)
    app.after_request(_remember)


def version(app: Flask) -> str:
    """What the cookie holds of somebody who has the sheet."""
    return _sheet(app).digest.hex()[:16]


def _sheet(app: Flask) -> _Sheet:
    kept: _Sheet = app.extensions[_EXTENSION]
    return kept


def _page_context() -> dict[str, Callable[[], Markup | None] | str]:
    return {"sheet_within": _within, "sheet_version": version(current_app)}


def _within() -> Markup | None:
    """The sheet itself, or None for a browser that has it."""
    g.sheet_sent = request.cookies.get(COOKIE) != version(current_app)
    return _sheet(current_app).text if g.sheet_sent else None


def style_sources() -> str:
    """What the answer's policy says of styles: ours, and the sheet within this page if it holds one."""
    if not g.get("sheet_sent"):
        return "'self'"
    return f"'self' 'sha256-{b64encode(_sheet(current_app).digest).decode()}'"


def _remember(response: Response) -> Response:
    if request.endpoint == "static" and request.args.get("v") == version(current_app):
        response.cache_control.max_age = int(KEPT.total_seconds())
        response.cache_control.immutable = True
    if "sheet_sent" not in g:
        return response
    response.vary.add("Cookie")
    if g.sheet_sent:
        response.set_cookie(
            COOKIE,
            version(current_app),
            max_age=KEPT,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response
