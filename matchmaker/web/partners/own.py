"""Whose profile it is: the partner who is signed in."""

from __future__ import annotations

from flask import abort
from flask_login import current_user

from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import people
from matchmaker.web import context
from models import Partner


def partner() -> Partner:
    """The partner who is signed in, with their funds."""
    context.require(Permission.HAVE_PROFILE, context.region())
    found = people.partner_of(db.session, context.region().id, current_user.id)
    if found is None:
        abort(404)
    context.require(Permission.EDIT_PARTNER, found)
    return found
