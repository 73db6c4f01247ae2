"""Fields with the limits that the forms keep: what a page would refuse, a call is refused as well."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import time
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from matchmaker.web.fields import LARGEST_ID

_CONTROL = {True: r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f", False: r"\u0000-\u001f\u007f-\u009f"}


class Body(Schema):
    """What a call sends. What is not known is refused rather than overlooked: it may be a slip of the pen."""

    class Meta:
        unknown = RAISE


class Words(fields.String):
    """A text without blanks around it and without control characters; ``lines`` says whether it may have several."""

    def __init__(self, most: int, *, lines: bool = True, blank: bool = True, **options: Any) -> None:
        any_letters = f"[^{_CONTROL[lines]}]*"
        letter = "" if blank else rf"[^\s{_CONTROL[lines]}]{any_letters}"
        pattern = f"^{any_letters}{letter}$"
        limit = validate.Length(None if blank else 1, most)
        super().__init__(validate=limit, metadata={"pattern": pattern, **options.pop("metadata", {})}, **options)
        self.most, self.lines, self.blank = most, lines, blank

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs) or ""
        allowed = "\r\n\t" if self.lines else ""
        if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in allowed for letter in text):
            raise ValidationError(_("Please use letters, numbers and punctuation only."))
        text = unicodedata.normalize("NFC", text).strip()
        if not text and not self.blank:
            raise ValidationError(_("Please write at least one letter."))
        return text


class Whole(fields.Integer):
    """A whole number of JSON, and nothing that could be read as one."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
            raise self.make_error("invalid", input=value)
        return int(value)


class Flag(fields.Boolean):
    """True or false, and nothing that could be read as one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class OnOff(fields.Boolean):
    """True or false in an address."""

    truthy, falsy = {"true"}, {"false"}


class Hour(fields.String):
    """An hour of the day on the region's clock, as 14:30."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.strftime("%H:%M")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> time:  # type: ignore[override]
        said = str(super()._deserialize(value, attr, data, **kwargs))
        if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", said, re.ASCII):
            raise ValidationError(_("Please write an hour like 14:30."))
        return time.fromisoformat(said)


def whole(least: int, most: int, **options: Any) -> Whole:
    """A number within bounds."""
    return Whole(validate=validate.Range(least, most), **options)


def row(**options: Any) -> Whole:
    """The id of a row."""
    return whole(1, LARGEST_ID, **options)


def one_of(codes: Iterable[str], **options: Any) -> fields.String:
    """One of some codes."""
    return fields.String(validate=validate.OneOf([str(code) for code in codes]), **options)


def some_of(codes: Iterable[str], **options: Any) -> fields.List[str]:
    """Some codes, none perhaps."""
    known = [str(code) for code in codes]
    return fields.List(one_of(known), validate=validate.Length(max=len(known)), **options)


def code(kind: type[StrEnum], **options: Any) -> fields.Enum[StrEnum]:
    """A state or a kind, as its code."""
    return fields.Enum(kind, by_value=True, **options)


class Named(Schema):
    """Somebody or something by id and name."""

    id = fields.Integer()
    name = fields.String(required=True)


class FundNamed(Schema):
    """A fund by id and title."""

    id = fields.Integer()
    title = fields.String(required=True)


class TimeSpan(Body):
    """From one instant to another, each with its offset from UTC."""

    starts_at = fields.AwareDateTime(required=True, format="iso")
    ends_at = fields.AwareDateTime(required=True, format="iso")
