"""What a program is told when it is refused: RFC 9457, with the sentence of the page and a code that stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import jsonify
from flask.wrappers import Response
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from matchmaker.errors import DomainError
from matchmaker.web.api import wordings

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 60
"""Seconds after which a program that asked too often tries again."""

SENTENCES = {
    400: _l("That could not be read"),
    401: _l("This call needs a token that works."),
    403: _l("Your account cannot do this."),
    404: _l("There is nothing at this address, or it is not yours to see."),
    405: _l("That does not work this way"),
    409: _l("This has changed since the page was drawn. Nothing was done."),
    413: _l("That is too much at once"),
    415: _l("That could not be read"),
    422: _l("Something in the form could not be used. Nothing was saved."),
    429: _l("That was a lot of tries in a short time. Wait a few minutes; nothing is lost."),
    500: _l("Something broke on our side"),
    503: _l("The database is not answering. Nothing was saved; please try again in a minute."),
}
"""What is said of a status where nothing more is known."""
CODES = {
    400: "bad_request",
    401: "token_missing",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "not_json",
    422: "invalid",
    429: "too_many_requests",
    503: "database_away",
}
"""What such a refusal is called for programs; those of the domain have names of their own."""
DESCRIBED = {
    400: "The call cannot be read: no JSON, or a header that is none.",
    401: "No token, or one that does not work (any more).",
    403: "The token lacks the scope, or its owner may not do this.",
    404: "No such thing in the token's region.",
    405: "The address knows another method.",
    409: "Things have changed since they were read; nothing was done.",
    410: "It was here, and is gone: a profile that was merged into another.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "Something in the call cannot be used; `errors` says where. Nothing was saved.",
    429: "Too many calls; `Retry-After` says when to go on.",
    503: "The database does not answer; nothing was saved.",
}
"""The refusals that every operation may answer with."""


class Problem(Schema):
    """A refusal (RFC 9457). `detail` is for people, in the language of the call; `code` is for programs, and stays."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"pattern": "^[a-z0-9_]+$"})
    detail = fields.String(required=True)
    errors = fields.Dict(metadata={"description": "What is wrong, by the place in the call where it stands."})
    names = fields.List(
        fields.String(), metadata={"description": "With `possible_student_name`: the words that may name a student."}
    )
    merged_into = fields.Integer(metadata={"description": "With `merged`: the profile that took this one in."})


def answer(
    status: int, sentence: object = None, code: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A refusal of a status; ``code`` is the status's own name unless something more is known."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code or CODES.get(status, "failed"),
        "detail": str(sentence or SENTENCES.get(status) or HTTPStatus(status).phrase),
        **more,
    }
    response = jsonify(said)
    response.status_code, response.mimetype = status, MEDIA_TYPE
    response.headers["Content-Language"] = str(get_locale())
    response.headers.update(headers or {})
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER))
    return response


def of(error: DomainError, said: str) -> Response:
    """A refusal of the domain, with what a program can use of its facts."""
    facts = error.facts
    more: dict[str, Any] = {name: facts[name] for name in ("names", "merged_into") if name in facts}
    if "field" in facts:
        more["errors"] = {"json": {facts["field"]: [said]}}
    return answer(error.status, said, code_of(type(error)), **more)


def of_http(error: HTTPException) -> Response:
    """A refusal of the framework: what it has to say to a program stays (which methods, when again, which field)."""
    known = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    wrong: dict[str, Any] = getattr(error, "data", None) or {}
    more = {"errors": wordings.said(wrong["messages"])} if "messages" in wrong else {}
    return answer(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, headers=known, **more)


def code_of(error: type[Exception]) -> str:
    """The code of a refusal: the name of its class, in small letters."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", error.__name__).lower()
