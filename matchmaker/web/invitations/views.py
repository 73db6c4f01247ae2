"""A partner's answer to an invitation, by the link of the mail and without signing in. Reading changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db, limiter
from matchmaker.queries import invitations
from matchmaker.services import capacity
from matchmaker.services.introductions import BY_LINK, Spoken
from matchmaker.web import context, failures
from matchmaker.web.invitations.forms import AnswerForm
from matchmaker.web.invitations.taking import take
from matchmaker.web.messages import by_link
from models import AnswerVia, Partner

blueprint = Blueprint("invitations", __name__, url_prefix="/i")

ANSWER_LIMIT = "60 per hour"


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """The invitation, or what became of it. A link that has ended still says so, and whether the visit stands."""
    try:
        link = _read(token)
    except tokens.ExpiredLink as ended:
        invitation = _invitation(_of(ended), link_holds=False)
        return render_template("invitations/show.html", inv=invitation, form=AnswerForm(invitation, formdata=None)), 410
    invitation = _invitation(link, link_holds=True)
    return _page(link, invitation, AnswerForm(invitation, formdata=None, answer=request.args.get("answer")), 200)


@blueprint.post("/<token>")
@limiter.limit(ANSWER_LIMIT)
def answer(token: str) -> ResponseReturnValue:
    """Take the answer. The first one stands, and sending it again shows it."""
    link = _read(token)
    invitation = _invitation(link, link_holds=True)
    form = AnswerForm(invitation)
    if not form.validate():
        return _page(link, invitation, form, 422)
    try:
        take(link.introduction, form, _spoken(invitation))
    except Conflict as conflict:
        return _as_it_stands(link, conflict)
    outbox.commit(db.session)
    return redirect(url_for("invitations.show", token=token))


def _spoken(invitation: invitations.Invitation) -> Spoken:
    """Which way the answer came: the link of a mail, or a partner who is signed in and came from their own page."""
    account = db.session.get_one(Partner, invitation.partner_id).account_id
    return Spoken(AnswerVia.PAGE, g.actor) if account and account == g.actor.account_id else BY_LINK


def _read(token: str) -> tokens.Link:
    return tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.ANSWER, token, utc_now())


def _of(ended: tokens.ExpiredLink) -> tokens.Link:
    """What an ended link was for."""
    facts: dict[str, Any] = ended.facts
    return tokens.Link(facts["introduction"], facts["recipient"], utc_now())


def _invitation(link: tokens.Link, *, link_holds: bool) -> invitations.Invitation:
    """The invitation a link is for, its page in the partner's language and the region's time."""
    found = invitations.by_key(db.session, link.introduction, utc_now(), link_holds=link_holds)
    if found is None or link.recipient != f"partner:{found.partner_id}":
        raise tokens.BadLink
    context.visit(found.region, found.reader_language)
    return found


def _as_it_stands(link: tokens.Link, conflict: Conflict) -> ResponseReturnValue:
    """Nothing was done: show the invitation as it is now, and say why."""
    full = isinstance(conflict, capacity.PartnerFull)
    said = _("Your visits of that month are all given by now. Please call or write if you want to come all the same.")
    db.session.rollback()
    flash(said if full else failures.sentence(conflict), "stop")
    invitation = _invitation(link, link_holds=True)
    return _page(link, invitation, AnswerForm(invitation, formdata=None), conflict.status)


def _page(link: tokens.Link, invitation: invitations.Invitation, form: AnswerForm, status: int) -> ResponseReturnValue:
    """The page, with the way to ask the teacher something first, and to the visit once there is one."""
    ask = by_link.page_of(link)
    visit = _page_of_visit(link) if invitation.state == "introduced" else None
    return render_template("invitations/show.html", inv=invitation, form=form, ask=ask, visit=visit), status


def _page_of_visit(link: tokens.Link) -> str:
    """Where the partner moves or cancels the visit, for as long as the link of the invitation holds."""
    secret = current_app.config["SETTINGS"].secret_key
    token = tokens.issue(secret, tokens.Purpose.VISIT, link.introduction, link.recipient, link.expires_at)
    return url_for("visits.show", token=token)
