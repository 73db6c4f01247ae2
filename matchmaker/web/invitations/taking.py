"""An answer to an invitation from its form to its verb, whoever filled it in."""

from __future__ import annotations

from uuid import UUID

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.services import introductions, partners
from matchmaker.services.introductions import Spoken
from matchmaker.web.invitations.forms import AnswerForm


def take(introduction: UUID, form: AnswerForm, spoken: Spoken) -> None:
    """Take a valid form's answer, and the pause that may come with a "not now". Raises what the verbs raise."""
    if form.answer.data == "yes":
        introductions.accept(db.session, introduction, form.window.data, utc_now, spoken)
    elif form.answer.data == "other_times":
        introductions.propose_times(db.session, introduction, form.times, utc_now, spoken)
    else:
        answered = introductions.not_now(db.session, introduction, form.why, utc_now, spoken)
        if form.pause_until.data is not None:
            partners.pause(db.session, spoken.actor, answered.partner, utc_now, form.pause_until.data)
