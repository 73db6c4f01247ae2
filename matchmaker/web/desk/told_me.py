"""A partner's answer that was told to a coordinator, by phone or in person, and is taken down for them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import invitations
from matchmaker.queries.invitations import Invitation
from matchmaker.web import context, failures
from matchmaker.web.desk.forms import ToldForm
from matchmaker.web.invitations import taking
from models import Introduction

blueprint = Blueprint("told_me", __name__, url_prefix="/desk/introductions")
blueprint.before_request(context.sign_in_first)


@blueprint.get("/<row:introduction_id>/answer")
def show(introduction_id: int) -> ResponseReturnValue:
    """The form, or what became of the invitation."""
    introduction, invitation = _asked(introduction_id)
    return _page(introduction, invitation, ToldForm(invitation, formdata=None))


@blueprint.post("/<row:introduction_id>/answer")
def take(introduction_id: int) -> ResponseReturnValue:
    """Take the answer down, as the partner's own link would have."""
    introduction, invitation = _asked(introduction_id)
    form = ToldForm(invitation)
    if not form.validate():
        if not invitation.answerable:
            return _as_it_stands(introduction_id, Conflict())
        return _page(introduction, invitation, form, 422)
    name, request_id = introduction.partner.name, introduction.request_id
    try:
        taking.take(introduction.key, form, form.spoken(g.actor))
    except Conflict as conflict:
        return _as_it_stands(introduction_id, conflict)
    outbox.commit(db.session)
    flash(
        _("What %(partner)s told you is taken down, as if they had answered themselves.", partner=name),
        "ok",
    )
    return redirect(url_for("desk.show", request_id=request_id))


def _as_it_stands(introduction_id: int, conflict: Conflict) -> ResponseReturnValue:
    """Nothing was done: show the invitation as it is now, and say why."""
    said = failures.sentence(conflict)
    db.session.rollback()
    flash(said, "stop")
    introduction, invitation = _asked(introduction_id)
    return _page(introduction, invitation, ToldForm(invitation, formdata=None), conflict.status)


def _asked(introduction_id: int) -> tuple[Introduction, Invitation]:
    introduction = db.session.get_one(Introduction, introduction_id)
    context.require(Permission.USE_DESK, introduction)
    invitation = invitations.by_key(db.session, introduction.key, utc_now())
    if invitation is None:
        abort(404)
    return introduction, invitation


def _page(introduction: Introduction, invitation: Invitation, form: ToldForm, status: int = 200) -> ResponseReturnValue:
    page = render_template("desk/told_me.html", introduction=introduction, inv=invitation, form=form)
    return page, status
