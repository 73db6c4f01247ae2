"""Notes for colleagues, about a request or about a partner."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.queries.aside import Noted
from matchmaker.services import notes
from matchmaker.web import context
from matchmaker.web.desk import viewing
from matchmaker.web.desk.aside_forms import NoteForm
from models import LearningRequest, Note, Partner

blueprint = Blueprint("notes", __name__)
blueprint.before_request(context.sign_in_first)


@blueprint.post("/desk/<row:request_id>/notes")
def about_request(request_id: int) -> ResponseReturnValue:
    """Keep a note about a request."""
    asked = db.session.get_one(LearningRequest, request_id)
    context.require(Permission.USE_DESK, asked)
    return _write(asked, asked.title, viewing.address(request_id, viewing.asked()) + "#notes")


@blueprint.post("/people/<row:partner_id>/notes")
def about_partner(partner_id: int) -> ResponseReturnValue:
    """Keep a note about a partner."""
    partner = db.session.get_one(Partner, partner_id)
    context.require(Permission.MANAGE_PEOPLE, partner)
    return _write(partner, partner.name, url_for("people.show", partner_id=partner_id) + "#notes")


@blueprint.post("/desk/notes/<row:note_id>/remove")
def remove(note_id: int) -> ResponseReturnValue:
    """Take a note away for good."""
    note = db.session.get_one(Note, note_id)
    context.require(Permission.REMOVE_NOTE, note)
    gone = notes.remove(db.session, g.actor, note_id, utc_now)
    back = _page_of(gone)
    outbox.commit(db.session)
    flash(_("The note is gone."), "info")
    return redirect(back)


@blueprint.app_template_test("removable")
def removable(note: Noted) -> bool:
    """Whether the reader may take a note away."""
    return permits(g.actor, Permission.REMOVE_NOTE, note)


def _write(about: notes.About, title: str, back: str) -> ResponseReturnValue:
    form = NoteForm()
    if form.validate():
        names = notes.named_in(db.session, about, form.text.data, utc_now)
        if not names or form.clears(names):
            notes.write(db.session, g.actor, about, form.text.data, utc_now, no_student_named=True)
            outbox.commit(db.session)
            flash(_("Noted, for colleagues only."), "ok")
            return redirect(back)
        form.ask_about(names)
    language = about.language if isinstance(about, LearningRequest) else None
    return render_template("desk/note.html", form=form, about=title, language=language, back=back), 422


def _page_of(note: Note) -> str:
    if note.request_id is not None:
        return url_for("desk.show", request_id=note.request_id) + "#notes"
    return url_for("people.show", partner_id=note.partner_id) + "#notes"
