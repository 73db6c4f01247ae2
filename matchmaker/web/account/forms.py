"""Joining as a teacher or as a partner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from flask_security.proxies import _security
from flask_security.utils import hash_password
from wtforms import IntegerField, PasswordField, SelectField
from wtforms.validators import Email, InputRequired, NumberRange, ValidationError

from matchmaker.services.accounts import Newcomer
from matchmaker.services.identities import Claimed
from matchmaker.services.partners import FundDraft
from matchmaker.web import fields
from matchmaker.web.account.pending import Pending
from models import Account, School

LONGEST_EMAIL = 254


class JoinForm(fields.PageForm):
    """Who joins. Whoever is signed in already is not asked again, whom another provider has sent needs no password."""

    name = fields.line(_("Your name"), 120, required=_("Please write your name."))
    email = fields.line(_("E-mail"), LONGEST_EMAIL, required=_("Please write your e-mail address."))
    password = PasswordField(_("A new password"), validators=[InputRequired(message=_("Please choose a password."))])
    phone = fields.phone(_("Phone"))
    language = SelectField(_("Language"), choices=fields.written)

    def __init__(self, account: Account | None, sent: Pending | None = None) -> None:
        known = {"name": sent.claimed.name, "email": sent.claimed.email} if sent else {}
        super().__init__(language=str(get_locale()), **known)
        self.sent = sent
        if account is not None:
            del self.name, self.email, self.password, self.language
        elif sent is not None:
            del self.password

    def validate_email(self, field: Any) -> None:
        Email(message=_("Please write an address like name@school.org."))(self, field)
        field.data = field.data.lower()

    def validate_password(self, field: Any) -> None:
        wrong, field.data = _security._password_util.validate(
            field.data, True, name=self.name.data, email=self.email.data
        )
        if wrong:
            raise ValidationError(wrong[0])

    @property
    def newcomer(self) -> Newcomer:
        """Who joins, with the password hashed where there is one."""
        hashed = hash_password(self.password.data) if self.password else None
        return Newcomer(self.name.data, self.email.data, hashed, self.language.data)

    @property
    def proven(self) -> Claimed | None:
        """Whom a provider has sent, if it vouches for the very address that they join with."""
        claimed = self.sent.claimed if self.sent else None
        return claimed if claimed and claimed.verified and claimed.email == self.email.data else None


class TeacherForm(JoinForm):
    """Joining as a teacher of one of the region's schools."""

    school = SelectField(_("Your school"), coerce=fields.whole_or_none)

    def __init__(self, account: Account | None, sent: Pending | None, schools: Sequence[School]) -> None:
        super().__init__(account, sent)
        named = ((school.id, school.name) for school in schools)
        self.school.choices = fields.choices([("", gettext("Choose your school")), *named])

    def validate_school(self, field: Any) -> None:
        if field.data is None:
            raise ValidationError(gettext("Please choose your school."))


class PartnerForm(JoinForm):
    """Joining as a partner, with the first fund of knowledge."""

    title = fields.line(_("What you know"), 200, required=_("Please name one thing you know."))
    text = fields.words(_("More about it"), 6000, required=_("Please write what a class would see, try or ask."))
    story = fields.words(_("How I came to know this"), 6000, required=_("Please write how you came to know it."))
    neighbourhood = fields.line(_("Neighborhood"), 120)

    @property
    def fund(self) -> FundDraft:
        """The fund, in the language of the page it was written on."""
        return FundDraft(self.title.data, self.text.data, self.story.data, language=str(get_locale()))


class SwitchForm(fields.PageForm):
    """Which membership to work as."""

    membership = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])
