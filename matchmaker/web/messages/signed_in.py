"""A conversation as its two sides see it signed in, and as a coordinator may. Each coordinator's look is audited."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, g
from flask.typing import ResponseReturnValue

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.policies import Permission, permits
from matchmaker.queries import conversation
from matchmaker.queries.conversation import Conversation
from matchmaker.web import context
from matchmaker.web.messages import page
from models import Side

blueprint = Blueprint("conversations", __name__, url_prefix="/introductions")
blueprint.before_request(context.sign_in_first)


@blueprint.get("/<uuid:key>/messages")
def show(key: UUID) -> ResponseReturnValue:
    """What was said, as far as the reader may know it."""
    talk, side = _conversation(key)
    readable = permits(g.actor, Permission.READ_CONVERSATION, talk)
    shown = page.show(talk, side, readable=readable)
    if side is Side.COORDINATOR and readable:
        audit.record(db.session, g.actor, audit.Tag.CONVERSATION_READ, talk.introduction, at=utc_now())
        outbox.commit(db.session)
    return shown


@blueprint.post("/<uuid:key>/messages")
@limiter.limit(page.SAY_LIMIT)
def say(key: UUID) -> ResponseReturnValue:
    """Say something to the other side, or as a coordinator to both."""
    talk, side = _conversation(key)
    return page.take(talk, side, g.actor, readable=permits(g.actor, Permission.READ_CONVERSATION, talk))


def _conversation(key: UUID) -> tuple[Conversation, Side]:
    """The conversation, and the side that whoever is signed in has in it."""
    talk = conversation.by_key(db.session, key, utc_now())
    if talk is None:
        abort(404)
    context.require(Permission.JOIN_CONVERSATION, talk)
    account_id = g.actor.account_id
    if account_id == talk.teacher_account_id:
        side = Side.TEACHER
    elif account_id == talk.partner_account_id:
        side = Side.PARTNER
    else:
        side = Side.COORDINATOR
    if side is not Side.COORDINATOR and not talk.begun:
        abort(404)
    return talk, side
