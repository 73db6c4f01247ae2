"""The area's blueprint; each module of the package adds its pages."""

from __future__ import annotations

from flask import Blueprint

from matchmaker.web import context

blueprint = Blueprint("equity", __name__, url_prefix="/equity")
blueprint.before_request(context.sign_in_first)
