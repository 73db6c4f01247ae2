"""The area's blueprint; each module of the package adds its pages."""

from __future__ import annotations

from flask import Blueprint, Response, request, session

blueprint = Blueprint("public", __name__)


@blueprint.after_request
def ask_again(response: Response) -> Response:
    """A copy of a page may be kept, and is asked about each time: what somebody takes back is gone at once."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not session:
        response.headers["Cache-Control"] = "no-cache"
        response.vary.update(("Accept-Language", "Cookie"))
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response
