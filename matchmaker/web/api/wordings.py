"""What is wrong with a field, in our words and the reader's language, instead of marshmallow's in English.

marshmallow hands over sentences that are finished, so each is known again by the template it was made from.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields, validate

NO_PHONE = "Not a telephone number."
_OBJECT, _LIST, _TEXT = _("Please send an object here."), _("Please send a list here."), _("Please send a text here.")
_NUMBER, _FLAG = _("Please send a whole number here."), _("Please send true or false here.")
_TIME = _("Please send a time with its offset, like 2026-10-05T17:00:00Z.")
_ONE_OF = _("Please send one of these: %(choices)s.")


def _template(said: str) -> re.Pattern[str]:
    """What a template looks like once it is filled in; its facts are the pattern's groups."""
    parts = re.split(r"\{(\w+)\}", said)
    return re.compile(
        "".join(f"(?P<{part}>.*)" if number % 2 else re.escape(part) for number, part in enumerate(parts)), re.DOTALL
    )


def _messages(kind: type[fields.Field[Any]]) -> Any:
    return kind.default_error_messages


_RANGE = validate.Range(0, 0)
WORDINGS: tuple[tuple[re.Pattern[str], LazyString], ...] = tuple(
    (_template(said), wording)
    for said, wording in (
        (_messages(fields.Field)["required"], _("Please add this.")),
        (_messages(fields.Field)["null"], _("Please send something other than null.")),
        (Schema._default_error_messages["unknown"], _("There is no such field. Please look how it is spelled.")),
        (Schema._default_error_messages["type"], _OBJECT),
        (_messages(fields.Nested)["type"], _OBJECT),
        (_messages(fields.List)["invalid"], _LIST),
        (_messages(fields.String)["invalid"], _TEXT),
        (_messages(fields.String)["invalid_utf8"], _TEXT),
        (_messages(fields.Integer)["invalid"], _NUMBER),
        (_messages(fields.Number)["too_large"], _NUMBER),
        (_messages(fields.Boolean)["invalid"], _FLAG),
        (_messages(fields.Date)["invalid"], _("Please send a day like 2026-10-05.")),
        (_messages(fields.Email)["invalid"], _("Please write an address like name@school.org.")),
        (NO_PHONE, _("Please write the number with digits.")),
        # After all that are told apart by the kind of thing that they name.
        (_messages(fields.AwareDateTime)["invalid"], _TIME),
        (_messages(fields.AwareDateTime)["invalid_awareness"], _TIME),
        (_messages(fields.Enum)["unknown"], _ONE_OF),
        (validate.OneOf.default_message, _ONE_OF),
        (_RANGE.message_all, _("Please send a number from %(min)s to %(max)s.")),
        (validate.Length.message_max, _("Please shorten this: its length may be %(max)s at most.")),
        (validate.Length.message_all, _("Its length has to be from %(min)s to %(max)s.")),
        ("Invalid JSON body.", _("Please send JSON.")),
    )
)


def said(messages: Any) -> Any:
    """Messages as marshmallow hands them over, by fields and places in lists, in our words; ours stay as they are."""
    if isinstance(messages, dict):
        return {name: said(each) for name, each in messages.items()}
    return [said(each) for each in messages] if isinstance(messages, list) else _worded(messages)


def _worded(message: str) -> str:
    for template, wording in WORDINGS:
        if (found := template.fullmatch(message)) is not None:
            return str(wording) % found.groupdict()
    return message
