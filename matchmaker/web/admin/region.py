"""How this network works: the days, hours and addresses that its admins decide on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, IntegerField
from wtforms.validators import Email, InputRequired, NumberRange, ValidationError

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.services import regions
from matchmaker.web import context, fields

blueprint = Blueprint("region", __name__, url_prefix="/admin/region")
blueprint.before_request(context.sign_in_first)


def _whole(label: LazyString, least: int, most: int) -> IntegerField:
    said = _l("Please write a whole number from %(least)s to %(most)s.", least=least, most=most)
    return IntegerField(label, validators=[InputRequired(message=said), NumberRange(least, most, message=said)])


class RegionForm(fields.PageForm):
    """Every number of the page. The table's own checks hold as well."""

    answer_days = _whole(_l("School days to answer an invitation"), 1, 60)
    remind_days = _whole(_l("School days until the reminder"), 1, 59)
    limit_days = _whole(_l("School days anybody waits at most"), 1, 120)
    task_days = _whole(_l("School days for a task"), 1, 60)
    notice_days = _whole(_l("School days before a visit"), 1, 30)
    quiet_from = _whole(_l("Quiet from this hour"), 0, 23)
    quiet_until = _whole(_l("Quiet until this hour"), 0, 23)
    daily_mails = _whole(_l("Mails a day to one person"), 1, 100)
    undo_seconds = _whole(_l("Seconds to undo an approval"), 0, 86_400)
    conversations_read = BooleanField(_l("Coordinators may read what two people write to each other"))
    second_step_required = BooleanField(_l("Coordinators, admins and funders need a second step to sign in"))
    postal_address = fields.line(_l("Postal address"), 200)
    phone = fields.phone(_l("Phone"))
    email = fields.line(_l("E-mail"), 200, required=_l("Please write the address at which people reach you."))

    def validate_remind_days(self, field: Field) -> None:
        if self.answer_days.data and field.data and field.data >= self.answer_days.data:
            raise ValidationError(_("The reminder has to come before the answer is due."))

    def validate_email(self, field: Field) -> None:
        Email(message=_("Please write an e-mail address."))(self, field)

    def groups(self) -> Iterator[tuple[str, list[tuple[Field, str]]]]:
        """The fields in their order, each with one sentence of what it does."""
        yield (
            _("Days"),
            [
                (self.answer_days, _("After so many the next person is asked.")),
                (self.remind_days, _("Whoever has not answered by then is reminded once.")),
                (self.limit_days, _("Then a coordinator gets a task, and the teacher is told who and by when.")),
                (self.task_days, _("A task is due after so many.")),
                (self.notice_days, _("Both sides are reminded of a visit so many before it.")),
            ],
        )
        yield (
            _("Mails"),
            [
                (self.quiet_from, _("From this hour on no mail leaves that can wait.")),
                (self.quiet_until, _("At this hour mails leave again; the same hour twice means no quiet hours.")),
                (self.daily_mails, _("What is more waits until the next day, except what was agreed.")),
                (self.undo_seconds, _("An invitation leaves only after them, so that an approval can be taken back.")),
            ],
        )
        yield (
            _("How people reach you"),
            [
                (self.postal_address, _("Stands below every mail; the law asks for it.")),
                (self.phone, _("Stands in every invitation and on the help pages.")),
                (self.email, _("Mails come from it, and answers go there.")),
            ],
        )


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The numbers as they are."""
    region = context.region()
    context.require(Permission.SET_REGION, region)
    return _page(RegionForm(formdata=None, obj=region))


@blueprint.post("")
def save() -> ResponseReturnValue:
    """Put them into effect."""
    region = context.region()
    context.require(Permission.SET_REGION, region)
    form = RegionForm()
    if not form.validate():
        return _page(form, 422)
    wanted: dict[str, Any] = {name: form[name].data for name in regions.NUMBERS}
    wanted |= {name: wanted[name] or "" for name in ("postal_address", "phone")}
    regions.set_numbers(db.session, g.actor, region.id, wanted, utc_now)
    outbox.commit(db.session)
    flash(_("That is how the network works from now on. What is under way keeps the days it was promised."), "ok")
    return redirect(url_for("region.show"))


def _page(form: RegionForm, status: int = 200) -> ResponseReturnValue:
    return render_template("admin/region.html", form=form), status
