"""Each network's own addresses: /n/<network> before those of the pages that anybody may read.

The same views answer, and on such a page all links to such pages stay with the network.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, g

ITS_OWN = (
    "public.landing", "public.how", "public.privacy", "public.funds", "public.asset_map", "public.turns",
    "stories.index", "fairness.index", "fairness.table",
    "account.join", "account.join_teacher", "account.join_partner",
)  # fmt: skip
"""Endpoints whose pages are a network's."""


def register(app: Flask) -> None:
    """Give the pages their further addresses."""
    for rule in list(app.url_map.iter_rules()):
        if rule.endpoint in ITS_OWN:
            app.add_url_rule(
                f"/n/<network>{rule.rule.rstrip('/')}",
                endpoint=rule.endpoint,
                view_func=app.view_functions[rule.endpoint],
                methods=rule.methods,
                provide_automatic_options=False,
            )
    app.url_defaults(_stay)


def _stay(endpoint: str, values: dict[str, Any]) -> None:
    if g.get("network") and endpoint in ITS_OWN:
        values.setdefault("network", g.network)
