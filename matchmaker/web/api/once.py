"""Doing what a call asks, once: the one place where the API commits.

A POST with an ``Idempotency-Key`` is answered from what was kept when the same call comes again, and says so in
``Idempotency-Replayed``. Refusals are not kept: nothing was done, so the next try is looked at anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from flask import Response, g, jsonify, request

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.services import api_replies
from matchmaker.web.api import problems

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_PATTERN = "^[!-~]{1,200}$"

View = Callable[..., Response]


def changing(view: View) -> View:
    """Commit what a view has done, and for a POST with a key keep what it answers; a view itself never commits."""

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(KEY) if request.method == "POST" else None
        if key is None:
            response = view(*args, **kwargs)
            outbox.commit(db.session)
            return response
        if not re.match(KEY_PATTERN, key):
            return problems.answer(400, code="idempotency_key_unusable")
        return _once(key, lambda: view(*args, **kwargs))

    return wrapper


def _once(key: str, do: Callable[[], Response]) -> Response:
    now, digest = utc_now(), _digest()
    if (reply := api_replies.given(db.session, g.token, key, digest, now)) is not None:
        response = jsonify(reply.body)
        response.status_code = reply.status
        if reply.location:
            response.headers["Location"] = reply.location
        response.headers[REPLAYED] = "true"
        return response
    response = do()
    body, location = response.get_json(), response.headers.get("Location")
    api_replies.keep(db.session, g.token, key, digest, now, status=response.status_code, location=location, body=body)
    outbox.commit(db.session)
    return response


def _digest() -> str:
    """What tells this call from another."""
    said = b"\n".join((request.method.encode(), request.full_path.encode(), request.get_data()))
    return sha256(said).hexdigest()
