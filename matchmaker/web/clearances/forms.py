"""A rule, what is kept of a clearance, and the plan of a visit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, RadioField, SelectMultipleField
from wtforms.validators import InputRequired

from matchmaker.queries.clearances import CONDITIONS, Rule
from matchmaker.services.clearances import MOST_SCHOOLS, Kept, Plan
from matchmaker.web import fields
from matchmaker.web.clearances import words
from models import Clearance, Partner, School, Visit

WHATEVER = "any"
_TRUTH = {"yes": True, "no": False}
_CHOSEN = InputRequired(message=_("Please choose one."))


class RuleForm(fields.PageForm):
    """One row more."""

    supervised = RadioField(words.ASKED["supervised"], default=WHATEVER)
    repeated = RadioField(words.ASKED["repeated"], default=WHATEVER)
    own_child = RadioField(words.ASKED["own_child"], default=WHATEVER)
    overnight = RadioField(words.ASKED["overnight"], default=WHATEVER)
    required = RadioField(_("Such a visit"), validators=[_CHOSEN])
    note = fields.line(_("Note"), 300)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in CONDITIONS:
            self[name].choices = fields.choices([(WHATEVER, _("Either way")), ("yes", _("Yes")), ("no", _("No"))])
        self.required.choices = fields.choices([("yes", _("Needs a clearance")), ("no", _("Needs none"))])

    def rule(self) -> Rule:
        """The row as the service takes it."""
        said = {name: _TRUTH.get(self[name].data) for name in CONDITIONS}
        return Rule(**said, required=self.required.data == "yes")


class ClearanceForm(fields.PageForm):
    """All that is kept: a status, who issued it, two dates, and the schools of the partner's children."""

    status = RadioField(_("School clearance"), validators=[_CHOSEN])
    issuer = fields.line(_("Issued by"), 120)
    issued_on = fields.line(_("Issued on"), 10)
    ends_on = fields.line(_("Ends on"), 10)
    schools = SelectMultipleField(_("Schools of their own children"), coerce=int)

    def __init__(self, partner: Partner, family: Iterable[int], schools: Iterable[School]) -> None:
        issued_on, ends_on = partner.clearance_issued_on, partner.clearance_expires_on
        super().__init__(
            data={
                "status": partner.clearance.value,
                "issuer": partner.clearance_issuer or "",
                "issued_on": issued_on.isoformat() if issued_on else "",
                "ends_on": ends_on.isoformat() if ends_on else "",
                "schools": sorted(family),
            }
        )
        self.status.choices = fields.coded(words.STATUSES, words.STATUSES)
        self.schools.choices = fields.choices((school.id, school.name) for school in schools)
        self.schools.validate_choice = True

    def validate(self, extra_validators: Any = None) -> bool:
        """Beside each field's own rules: dates that are dates, in their order."""
        sound = bool(super().validate(extra_validators))
        for field in (self.issued_on, self.ends_on):
            if field.data and _day(field) is None:
                sound = _say(field, gettext("Please choose a day, or leave it empty."))
        begins, ends = _day(self.issued_on), _day(self.ends_on)
        if begins and ends and ends < begins:
            sound = _say(self.ends_on, gettext("Please choose a day after the one it was issued on."))
        if len(self.schools.data or ()) > MOST_SCHOOLS:
            sound = _say(self.schools, gettext("Please choose %(most)s schools at most.", most=MOST_SCHOOLS))
        return sound

    def kept(self) -> Kept:
        """What is to be kept."""
        return Kept(Clearance(self.status.data), self.issuer.data or None, _day(self.issued_on), _day(self.ends_on))


class PlanForm(fields.PageForm):
    """Who is with the class. Reached by a link, it does not show the room that is there, and an empty one keeps it."""

    supervised = RadioField(_("Is somebody of the school in the room throughout?"), validators=[_CHOSEN])
    staff_name = fields.line(_("Who stays with the class"), 120)
    second_adult = fields.line(_("A second adult near by"), 120)
    room = fields.line(_("Room"), 120)
    sign_in = fields.line(_("Where our guest signs in"), 200)

    def __init__(self, visit: Visit, *, by_link: bool) -> None:
        planned = visit.planned_at is not None
        super().__init__(
            data={
                "supervised": ("yes" if visit.supervised else "no") if planned else None,
                "staff_name": visit.staff_name,
                "second_adult": visit.second_adult,
                "room": "" if by_link else visit.room,
                "sign_in": visit.sign_in,
            }
        )
        self.keeps_room = by_link and bool(visit.room)
        self.by_link = by_link
        self.supervised.choices = fields.choices([("yes", _("Yes, all the time")), ("no", _("No, not all the time"))])

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if self.supervised.data == "yes" and not self.staff_name.data:
            sound = _say(self.staff_name, gettext("Please name who stays with the class."))
        return sound

    def plan(self) -> Plan:
        """The plan as the service takes it."""
        return Plan(
            supervised=self.supervised.data == "yes",
            staff_name=self.staff_name.data or "",
            second_adult=self.second_adult.data or "",
            room=None if self.by_link and not self.room.data else self.room.data or "",
            sign_in=self.sign_in.data or "",
        )


def _say(field: Field, error: str) -> bool:
    field.errors = [*field.errors, error]
    return False


def _day(field: Field) -> date | None:
    try:
        read = date.fromisoformat(field.data or "")
    except ValueError:
        return None
    return read if 1950 < read.year < 2200 else None
