"""Equity: the policy with its dial, its trials and its history, and whom the network reached."""

from __future__ import annotations

from flask import Blueprint

from matchmaker.web import context

blueprint = Blueprint("equity", __name__, url_prefix="/equity")
blueprint.before_request(context.sign_in_first)
