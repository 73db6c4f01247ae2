"""The view of the queue that an address or a form of the desk carries, and the addresses that keep it.

Every form of the desk has it in a hidden field named ``view``; every link has it as parameters.
"""

from __future__ import annotations

from flask import request, url_for

from matchmaker.queries.desk import View


def asked() -> View:
    """The view that came with this request."""
    return View.parse(request.form.get("view", "")) if request.method == "POST" else View.read(request.args)


def address(request_id: int | None, view: View, page: int | None = None) -> str:
    """Where a request of the queue is seen in a view; without one, the queue itself."""
    if request_id is None:
        return url_for("desk.index", **view.arguments, page=page)
    return url_for("desk.show", request_id=request_id, **view.arguments)
