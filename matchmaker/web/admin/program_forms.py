"""What is asked about a program, and the words for what it may ask for and be told."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, NumberRange

from matchmaker.services.api_tokens import LONGEST, LONGEST_NAME, Scope
from matchmaker.services.events import EventType
from matchmaker.web import fields

SCOPES: Mapping[str, LazyString] = {
    Scope.REQUESTS_READ: _("Read learning requests"),
    Scope.REQUESTS_WRITE: _("Post, hold and withdraw learning requests"),
    Scope.PARTNERS_READ: _("Read partners"),
    Scope.PARTNERS_WRITE: _("Enter and change partners"),
    Scope.FUNDS_READ: _("Read funds of knowledge"),
    Scope.FUNDS_WRITE: _("Add and change funds of knowledge"),
    Scope.PROPOSALS_READ: _("Read proposals and their reasons"),
    Scope.PROPOSALS_DECIDE: _("Approve, pass over and undo"),
    Scope.INTRODUCTIONS_READ: _("Read introductions"),
    Scope.INTRODUCTIONS_WRITE: _("Call introductions off"),
    Scope.VISITS_READ: _("Read visits"),
    Scope.VISITS_WRITE: _("Set, move and call off visits"),
}
EVENTS: Mapping[str, LazyString] = {
    EventType.REQUEST_POSTED: _("A learning request was posted"),
    EventType.REQUEST_CHANGED: _("A learning request was changed"),
    EventType.REQUEST_NONE_YET: _("Nobody was found for a request yet"),
    EventType.REQUEST_WITHDRAWN: _("A request was withdrawn"),
    EventType.REQUEST_DONE: _("A request is done"),
    EventType.PROPOSAL_READY: _("Proposals wait for a decision"),
    EventType.INTRODUCTION_APPROVED: _("Somebody was approved"),
    EventType.INTRODUCTION_UNDONE: _("An approval was undone"),
    EventType.INTRODUCTION_INVITED: _("An invitation has left"),
    EventType.INTRODUCTION_ANSWERED: _("An invitation was answered"),
    EventType.INTRODUCTION_LAPSED: _("An invitation lapsed"),
    EventType.INTRODUCTION_WITHDRAWN: _("An invitation was taken back"),
    EventType.INTRODUCTION_MADE: _("Two people were introduced"),
    EventType.INTRODUCTION_CANCELLED: _("An introduction was called off before it had a date"),
    EventType.VISIT_SCHEDULED: _("A visit has a date"),
    EventType.VISIT_MOVED: _("A visit was moved"),
    EventType.VISIT_CANCELLED: _("A visit was called off"),
    EventType.VISIT_HELD: _("A visit took place"),
    EventType.VISIT_NOT_HELD: _("A visit did not take place"),
}
USUAL = (EventType.REQUEST_POSTED, EventType.INTRODUCTION_MADE, EventType.VISIT_SCHEDULED, EventType.VISIT_MOVED,
         EventType.VISIT_CANCELLED, EventType.VISIT_HELD)  # fmt: skip
"""What is ticked already."""
ANSWERS: Mapping[str, LazyString] = {
    "no_such_host": _("There is no such address."),
    "not_public": _("This address is not on the public internet, so it is not called."),
    "no_connection": _("Nobody picks up there."),
    "timeout": _("The answer took too long."),
    "tls": _("The secure connection could not be made. Please check the certificate."),
    "broken": _("The connection broke off."),
}
"""What became of a call that got no answer. An answer is shown by its number."""


class TokenForm(fields.PageForm):
    """A token for a program. ``newest`` is the reader's newest one when the page was drawn."""

    name = fields.line(_("What is the program called?"), LONGEST_NAME, required=_("Please write a name."))
    scopes = SelectMultipleField(
        _("What may it do?"),
        choices=lambda: fields.choices(SCOPES.items()),
        validators=[InputRequired(message=_("Please tick at least one."))],
    )
    days = IntegerField(
        _("Days until it ends"),
        default=90,
        validators=[
            InputRequired(message=_("Please write a number of days.")),
            NumberRange(1, LONGEST, message=_("Please write a number from 1 to %(most)s.", most=LONGEST)),
        ],
    )
    newest = HiddenField(default="0")

    @property
    def drawn_after(self) -> int:
        """The newest token's id; 0 where the form does not say."""
        given = self.newest.data or ""
        return int(given) if given.isascii() and given.isdigit() else 0


class WebhookForm(fields.PageForm):
    """An address that is told what happens."""

    url = StringField(
        _("Address of the program"),
        filters=[fields.trimmed],
        validators=[InputRequired(message=_("Please write the address, beginning with https://."))],
    )
    events = SelectMultipleField(
        _("What is it told?"),
        choices=lambda: fields.choices(EVENTS.items()),
        default=USUAL,
        validators=[InputRequired(message=_("Please tick at least one."))],
    )


class SeedForm(fields.PageForm):
    """Which secret the page showed."""

    seed = HiddenField(validators=[InputRequired()])
