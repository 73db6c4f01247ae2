"""The page of a conversation, the same for whoever may see it: what was said, and room for more."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.policies import Actor
from matchmaker.queries import conversation as conversations
from matchmaker.queries.conversation import Conversation
from matchmaker.services import conversation
from matchmaker.web import failures
from matchmaker.web.messages.forms import MessageForm
from models import Side

SAY_LIMIT = "60 per hour"


def show(
    talk: Conversation,
    side: Side,
    form: MessageForm | None = None,
    *,
    status: int = 200,
    readable: bool = True,
    ended: bool = False,
) -> ResponseReturnValue:
    """Draw it for one side. Where its words are not ``readable``, only what the network's own people wrote is shown;
    a link that has ``ended`` shows no words at all."""
    said = [] if ended else conversations.said(db.session, talk, only_by_network=not readable)
    page = render_template(
        "messages/show.html",
        talk=talk,
        side=side.value,
        names={named.value: name for named, name in talk.names(side).items()},
        said=said,
        readable=readable,
        ended=ended,
        form=form if form is not None else MessageForm(formdata=None),
    )
    return page, status


def take(talk: Conversation, side: Side, actor: Actor, *, readable: bool = True) -> ResponseReturnValue:
    """Take what was written, and come back to the page; with what stands in its way, if anything does."""
    form = MessageForm()
    if not form.validate():
        return show(talk, side, form, status=422, readable=readable)
    try:
        conversation.say(
            db.session,
            talk.introduction.key,
            side,
            form.text.data,
            str(get_locale()),
            utc_now,
            form_key=form.form_key.data,
            actor=actor,
            names_meant=form.names_meant.data,
        )
    except conversation.NameInside as question:
        form.ask_about(question)
    except conversation.ContactInside as contacts:
        form.stop_at(contacts)
    except Conflict as conflict:
        # Said now, in the reader's language; the page then shows how things stand.
        flash(failures.sentence(conflict), "stop")
        return show(talk, side, form, status=conflict.status, readable=readable)
    else:
        outbox.commit(db.session)
        flash(_("Your message is on its way."), "ok")
        return redirect(request.path)
    return show(talk, side, form, status=422, readable=readable)
