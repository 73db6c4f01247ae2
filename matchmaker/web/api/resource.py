"""One noun of the API: its operations, each with its scope, what it takes, what it answers, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema

from matchmaker.extensions import csrf
from matchmaker.services.api_tokens import Scope
from matchmaker.web.api import auth, once, problems

PREFIX = "/api/v1"
_KEY_PARAMETER = {
    "in": "header",
    "name": once.KEY,
    "description": "Sent along again, the same call is done once and answered alike, for 24 hours.",
    "schema": {"type": "string", "pattern": once.KEY_PATTERN},
}
_REPLAYED = {"description": "`true` where this is the answer of an earlier call.", "schema": {"type": "string"}}

View = Callable[..., Any]


class Resource(Blueprint):  # type: ignore[misc]
    """The operations on one noun. Programs only: no cookie counts here, so no form token is asked for."""

    def __init__(self, noun: str, description: str) -> None:
        super().__init__(f"api_{noun}", __name__, url_prefix=f"{PREFIX}/{noun}", description=description)
        self.noun = noun
        self._prepare_doc_cbks.append(_document)
        csrf.exempt(self)
        auth.limit(self)
        self.before_request(auth.load)

    def operation(
        self,
        method: str,
        path: str,
        scope: Scope,
        answer: type[Schema] | None,
        *,
        status: int = 200,
        body: type[Schema] | Schema | None = None,
        query: type[Schema] | None = None,
    ) -> Callable[[View], View]:
        """Register a view for a method and a path. What changes something is committed, and done once (see `once`).

        A view gets the path's ids, then what was sent, and returns what ``answer`` is written from.
        """

        def register(view: View) -> View:
            done = self.response(status, answer)(view)
            if query is not None:
                done = self.arguments(query, location="query", unknown=None)(done)
            if body is not None:
                done = self.arguments(body, location="json", unknown=None)(done)
            if method != "GET":
                done = once.changing(done)
            done = self.doc(operationId=view.__name__, security=[{"token": [scope.value]}])(_guarded(done, scope))
            self.add_url_rule(path, view.__name__, done, methods=[method], tags=[self.noun])
            return view

        return register


def _guarded(view: View, scope: Scope) -> View:
    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        refused = auth.needs(scope)
        return refused if refused is not None else view(*args, **kwargs)

    return wrapper


def _document(doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_more: Any) -> dict[str, Any]:
    """Add to an operation what all of them share: the refusals, and the key of a POST."""
    answers = doc["responses"]
    if method == "post":
        doc.setdefault("parameters", []).append(_KEY_PARAMETER)
        for each in answers.values():
            if isinstance(each, dict):
                each.setdefault("headers", {})[once.REPLAYED] = _REPLAYED
    if "requestBody" not in doc:
        doc["description"] = doc.get("description", "")
    for status in problems.DESCRIBED:
        answers[str(status)] = {"$ref": f"#/components/responses/problem_{status}"}
        answers.pop(status, None)
    return doc
