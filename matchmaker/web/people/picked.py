"""What is done for several people at once: help with renewing, and their addresses for a mail of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import mail_choices, people
from matchmaker.services import renewals
from matchmaker.web import context, filters
from matchmaker.web.fields import LARGEST_ID
from models import Partner

blueprint = Blueprint("picked", __name__, url_prefix="/people/picked")
blueprint.before_request(context.sign_in_first)

MOST = 100
"""People to whom something is done at once; a page of the table has 20."""


@blueprint.post("/renewals")
def help_to_renew() -> ResponseReturnValue:
    """Leave a mail about renewing their clearance to those picked."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    helped = renewals.help_with(db.session, g.actor, region, _picked(), utc_now)
    outbox.commit(db.session)
    if helped.sent:
        count = len(helped.sent)
        flash(ngettext("A mail leaves to %(num)s person.", "Mails leave to %(num)s people.", count), "ok")
    for names, said in (
        (helped.lately, _("Had this help within the last 30 days: %(names)s.")),
        (helped.to_call, _("No e-mail to write to; please call: %(names)s.")),
        (helped.in_order, _("Nothing to renew now: %(names)s.")),
    ):
        if names:
            flash(said % {"names": filters.listed(names)}, "info")
    if not any((helped.sent, helped.lately, helped.to_call, helped.in_order)):
        flash(_("Nobody is picked. Tick the boxes beside the names first."), "warn")
    return redirect(_back())


@blueprint.post("/write")
def write() -> ResponseReturnValue:
    """The addresses of those picked, for a coordinator's own mail program; that they were seen is in the audit."""
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    picked = people.some(db.session, region.id, _picked())
    if not picked:
        flash(_("Nobody is picked. Tick the boxes beside the names first."), "warn")
        return redirect(_back())
    quiet = mail_choices.want_nothing(db.session, region.id, [partner.email for partner in picked])
    addresses = {mail_choices.tidy(partner.email): partner.email.strip() for partner in picked}
    reached = [address for tidied, address in addresses.items() if tidied and tidied not in quiet]
    to_call = [partner for partner in picked if mail_choices.tidy(partner.email) in {"", *quiet}]
    shown = render_template(
        "people/write.html", picked=picked, addresses=reached, mailto=_mailto(reached), to_call=to_call, back=_back()
    )
    _seen(picked)
    return shown


def _picked() -> list[int]:
    """The ids that were ticked; what is none is passed over."""
    said = request.form.getlist("who")[:MOST]
    return [int(each) for each in said if each.isascii() and each.isdigit() and 0 < int(each) <= LARGEST_ID]


def _seen(picked: Sequence[Partner]) -> None:
    for partner in picked:
        audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, partner, at=utc_now())
    outbox.commit(db.session)


def _mailto(addresses: Sequence[str]) -> str:
    """A link that opens a new mail in which nobody sees whom else it went to."""
    return f"mailto:?bcc={','.join(quote(address, safe='@+.-_') for address in addresses)}"


def _back() -> str:
    return context.local_path(request.form.get("back")) or url_for("people.index")
