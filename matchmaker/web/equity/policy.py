"""The region's policy: where its dial stands, what every setting gives and costs, and every version with its reason."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import rankings
from matchmaker.web import context
from matchmaker.web.equity.area import blueprint


@blueprint.get("/policy")
def policy() -> ResponseReturnValue:
    """The policy in effect, its dial, and the versions before it."""
    region = context.region()
    context.require(Permission.READ_EQUITY, region)
    return render_template("equity/policy.html", policy=rankings.policy_in_effect(db.session, region.id))
