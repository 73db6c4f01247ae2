"""One message."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, HiddenField
from wtforms.validators import Regexp

from matchmaker.services.conversation import LONGEST, ContactInside, NameInside
from matchmaker.web import fields, filters


class MessageForm(fields.PageForm):
    """A message, and the one question about names that its words may raise."""

    form_key = HiddenField(
        validators=[Regexp(r"^[0-9a-f]{32}$", message=_("Please reload the page and send it again."))]
    )
    text = fields.words(_("Your message"), LONGEST, required=_("Please write a few words."))
    names_meant = BooleanField(_("Send it as it is"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.students: list[str] = []
        self.own_name: str | None = None
        if not self.is_submitted():
            self.form_key.data = uuid4().hex

    def ask_about(self, question: NameInside) -> None:
        """Come back with the names in the words, and a way to say that they are meant."""
        self.students = [str(name) for name in question.facts["students"]]  # type: ignore[attr-defined]
        self.own_name = str(question.facts["own"]) if question.facts["own"] else None
        self.names_meant.errors = [gettext("Please look at the names in your message.")]

    def stop_at(self, contacts: ContactInside) -> None:
        """Come back with the addresses and numbers in the words."""
        found = filters.listed([str(contact) for contact in contacts.facts["found"]])  # type: ignore[attr-defined]
        stopped = gettext(
            "Please leave this out: %(contacts)s. Contacts are exchanged once both have said yes. Nothing was sent."
        )
        self.text.errors = [*self.text.errors, stopped % {"contacts": found}]
