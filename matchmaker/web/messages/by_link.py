"""A conversation by the link of a mail, without signing in. Reading changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, url_for
from flask.typing import ResponseReturnValue

from matchmaker import tokens
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.policies import NOBODY
from matchmaker.queries import conversation
from matchmaker.queries.conversation import Conversation
from matchmaker.web import context
from matchmaker.web.messages import page
from models import Side

blueprint = Blueprint("messages", __name__, url_prefix="/messages")


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """What was said. A link that has ended says so, shows no words, and whom to call."""
    try:
        talk, side = _conversation(_read(token))
    except tokens.ExpiredLink as over:
        facts: dict[str, Any] = over.facts
        talk, side = _conversation(tokens.Link(facts["introduction"], facts["recipient"], utc_now()))
        return page.show(talk, side, status=410, ended=True)
    return page.show(talk, side)


@blueprint.post("/<token>")
@limiter.limit(page.SAY_LIMIT)
def say(token: str) -> ResponseReturnValue:
    """Say something to the other side."""
    talk, side = _conversation(_read(token))
    return page.take(talk, side, NOBODY)


def page_of(link: tokens.Link) -> str:
    """Where whoever holds another link of an introduction writes to the other side, for as long as that link holds."""
    secret = current_app.config["SETTINGS"].secret_key
    token = tokens.issue(secret, tokens.Purpose.TALK, link.introduction, link.recipient, link.expires_at)
    return url_for("messages.show", token=token)


def _read(token: str) -> tokens.Link:
    return tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.TALK, token, utc_now())


def _conversation(link: tokens.Link) -> tuple[Conversation, Side]:
    """The conversation a link is for and whose link it is, shown in that side's language and the region's time."""
    talk = conversation.by_key(db.session, link.introduction, utc_now())
    side = None
    if talk is not None and talk.begun:
        side = next((each for each in (Side.TEACHER, Side.PARTNER) if link.recipient == talk.recipient(each)), None)
    if talk is None or side is None:
        raise tokens.BadLink
    context.visit(talk.region, talk.language_of(side))
    return talk, side
