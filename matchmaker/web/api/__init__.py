"""The API: for programs what the pages are for people, by the same services and the same permissions.

Each noun has its module; `docs/api.md` is for those who call it.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from flask import Blueprint, Flask, Response
from flask_smorest import Api

from matchmaker.web import context
from matchmaker.web.api import funds, introductions, invitations, partners, problems, proposals, requests, visits
from matchmaker.web.api.resource import PREFIX, Resource

RESOURCES: tuple[Resource, ...] = tuple(
    each.blueprint for each in (requests, partners, funds, proposals, introductions, invitations, visits)
)
DOCUMENT = f"{PREFIX}/openapi.json"
_AGE = 300


class Programs(Api):  # type: ignore[misc]
    """flask-smorest, with the refusals of `web.failures` and a document without a page that would load scripts."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: every refusal of the application becomes an answer in one place."""

    def _register_doc_blueprint(self) -> None:
        document = Blueprint("api", __name__)
        document.add_url_rule(DOCUMENT, "document", self._document)
        self._app.register_blueprint(document)

    @cached_property
    def told(self) -> str:
        """What the API can do, as OpenAPI 3.1: the same as long as the process runs."""
        return json.dumps(self.spec.to_dict(), indent=1)

    def _document(self) -> Response:
        return Response(self.told, mimetype="application/json", headers={"Cache-Control": f"public, max-age={_AGE}"})

    def register_blueprint(self, blp: Resource, **options: Any) -> None:
        """Register a resource and describe its operations."""
        self._app.register_blueprint(blp, **options)
        blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
        self.spec.tag({"name": blp.noun, "description": blp.description})


def init_app(app: Flask) -> None:
    """Register every resource, and the document that describes them; keep cookies away from all of it."""
    pages: Any = app.wsgi_app

    def without_cookies(environ: dict[str, Any], start_response: Any) -> Any:
        return pages(_without_cookies(environ), start_response)

    app.wsgi_app = without_cookies  # type: ignore[method-assign]
    info = {
        "description": "Tokens are made on the page of the account. `docs/api.md` says more.",
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    api = Programs(spec_kwargs={"title": "Matchmaker", "version": "1", "openapi_version": "3.1.0", "info": info})
    api.init_app(app)
    told = "A token, with the scopes that an operation names. It never may more than its owner at that moment."
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "description": told})
    for status, description in problems.DESCRIBED.items():
        content = {problems.MEDIA_TYPE: {"schema": problems.Problem}}
        api.spec.components.response(f"problem_{status}", {"description": description, "content": content})
    for resource in RESOURCES:
        api.register_blueprint(resource)


def _without_cookies(environ: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends along by itself is taken away before anything of the framework could look at it."""
    if environ.get("PATH_INFO", "").startswith(f"{context.API}/"):
        environ.pop("HTTP_COOKIE", None)
    return environ
