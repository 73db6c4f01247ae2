"""Form fields with the limits that every text and choice from outside must keep."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations as theirs
from wtforms import Field, Form, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from matchmaker.i18n import LANGUAGES
from matchmaker.web import labels
from models.codes import SPOKEN

LARGEST_ID = 2**31 - 1
"""PostgreSQL's integer; anything beyond is not one of our ids."""


SAID_BETTER = {
    "This field is required.": _("Please answer this."),
    "Not a valid choice.": _("Please choose one."),
    "Invalid Choice: could not coerce.": _("Please choose one."),
    "Not a valid integer value.": _("Please write a whole number, such as 3."),
    "Not a valid date value.": _("Please choose a day."),
    "Not a valid time value.": _("Please choose a time."),
}
"""What the library says of a field, and what we say: what to do comes first."""


class _Wording:
    """The library's sentences in the reader's language, or ours where they are better."""

    def gettext(self, sentence: str) -> str:
        return str(SAID_BETTER.get(sentence) or theirs.gettext(sentence))

    def ngettext(self, one: str, many: str, n: int) -> str:
        return str(theirs.ngettext(one, many, n))


class OurWords:
    """What a form, or a form within one, is told with: its ``Meta``."""

    def get_translations(self, form: Form) -> _Wording:
        return _Wording()


class PageForm(FlaskForm):  # type: ignore[misc]
    """A form of a page. What is wrong is said in the reader's language as soon as it is found."""

    Meta = type("Meta", (OurWords, FlaskForm.Meta), {})

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for field in self:
            field.errors = [str(error) if isinstance(error, LazyString) else error for error in field.errors]
        return bool(sound)


def trimmed(value: str | None) -> str | None:
    """A text without blanks around it; two ways of writing one letter are made the same."""
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


def plain(_form: Form, field: Field) -> None:
    """Refuse control characters; a text of several lines may hold line ends and tabs."""
    allowed = "\r\n\t" if isinstance(field, TextAreaField) else ""
    if any(unicodedata.category(letter) == "Cc" and letter not in allowed for letter in field.data or ""):
        raise ValidationError(str(_("Please use letters, numbers and punctuation only.")))


def line(label: object, most: int, *, required: object = None) -> StringField:
    """One line of at most ``most`` characters. ``required`` is what to say when it is missing; without it, optional."""
    return StringField(label, filters=[trimmed], validators=_text_rules(most, required))


def words(label: object, most: int, *, required: object = None) -> TextAreaField:
    """A text of several lines, otherwise like ``line``."""
    return TextAreaField(label, filters=[trimmed], validators=_text_rules(most, required))


def phone(label: object) -> StringField:
    """A telephone number as people write it; optional."""
    shape = Regexp(r"^[0-9+()./ -]*$", message=_("Please write the number with digits."))
    return StringField(label, filters=[trimmed], validators=[Optional(), Length(max=40), shape])


def choices(pairs: Iterable[tuple[Any, object]]) -> list[SelectChoice]:
    """What a field offers, out of values and their names."""
    return [SelectChoice(value, str(name)) for value, name in pairs]


def coded(codes: Iterable[str], names: Mapping[str, object]) -> list[SelectChoice]:
    """Choices of codes with their names; a code without one is shown as it is."""
    return choices((code, names.get(code, code)) for code in codes)


def spoken() -> list[SelectChoice]:
    """Choices of languages, each named in itself."""
    return choices((code, labels.own_language(code)) for code in SPOKEN)


def written() -> list[SelectChoice]:
    """Choices of the languages we write in."""
    return choices((code, labels.own_language(code)) for code in LANGUAGES)


def with_present(offered: list[SelectChoice], present: Iterable[Any]) -> list[SelectChoice]:
    """Choices, and whatever is stored already though we would not offer it: saving a form must not drop it."""
    known = {choice.value for choice in offered}
    return offered + choices((value, value) for value in present if value not in known)


def whole_or_none(value: str | int | None) -> int | None:
    """A select's value as a number, and its empty choice as None."""
    return None if value in ("", None, "None") else int(value)


def _text_rules(most: int, required: object) -> list[Any]:
    too_long = _("Please shorten this to %(most)s characters or fewer.", most=most)
    limits = [Length(max=most, message=too_long), plain]
    # Sent at all, and not only blanks: what a form is filled in with beforehand does not count as sent.
    given = [InputRequired(message=required), DataRequired(message=required)] if required else [Optional()]
    return [*given, *limits]
