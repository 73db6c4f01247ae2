"""The page for when something broke on our side: it asks the database nothing, for that may be what broke."""

from __future__ import annotations

from contextlib import suppress

from flask import Response, current_app, g, request, session
from sqlalchemy.exc import SQLAlchemyError

from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES, gettext_in, mark

PHONE = "matchmaker.phone"
"""Where the application keeps the phone of its first region, as it last read it: whom to call when nothing works."""
_BROKEN = (
    mark("Something broke on our side"),
    mark("What you just sent may not have been saved. Everything from before stands as it was."),
    mark("It was noted, and a person will look at it. Please try once more; if it happens again, call us."),
)
_AWAY = (
    mark("The database is not answering"),
    mark("Nothing was saved, and nothing is lost."),
    mark("Please try again in a minute."),
)
_SAID = {503: _AWAY}
_CALL = mark("Call or text %(phone)s")
_NUMBER = mark("Number of this page for us: %(code)s")


def page(status: int) -> Response:
    """What happened, what stands, what to do next and whom to call, in both languages; nothing of the fault itself."""
    with suppress(SQLAlchemyError):
        db.session.rollback()
    phone = current_app.extensions.get(PHONE, "")
    first = session.get("language") or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    number = f"{status} · {g.request_id}" if "request_id" in g else str(status)
    said = [
        {
            "language": language,
            **dict(zip(("heading", "stands", "then"), _in(language, status), strict=True)),
            "call": gettext_in(language, _CALL, phone=phone),
            "number": gettext_in(language, _NUMBER, code=number),
        }
        for language in sorted(LANGUAGES, key=lambda language: language != first)
    ]
    # Not by render_template: what every other page is given is read from the database.
    shown = current_app.jinja_env.get_template("errors/down.html").render(said=said, phone=phone)
    answer = Response(shown, status, mimetype="text/html")
    if status == 503:
        answer.headers["Retry-After"] = "30"
    return answer


def _in(language: str, status: int) -> list[str]:
    return [gettext_in(language, sentence) for sentence in _SAID.get(status, _BROKEN)]
