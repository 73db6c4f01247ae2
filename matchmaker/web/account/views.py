"""Joining, the page after signing in, and working in another role."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import current_user
from flask_security.confirmable import send_confirmation_instructions

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.policies import NOBODY, Permission
from matchmaker.queries import people, schools
from matchmaker.services import accounts, partners
from matchmaker.web import context
from matchmaker.web.account import invited
from matchmaker.web.account.forms import JoinForm, PartnerForm, SwitchForm, TeacherForm
from models import Account, PartnerKind, Region, Role

blueprint = Blueprint("account", __name__)

JOIN_LIMIT = "10 per hour"
HOMES = {
    Role.TEACHER: "requests.index",
    Role.PARTNER: "partners.profile",
    Role.COORDINATOR: "desk.index",
    Role.ADMIN: "desk.index",
    Role.FUNDER: "equity.index",
}


@blueprint.get("/home")
def home() -> ResponseReturnValue:
    """Where a person's work is, or what they wait for."""
    if (elsewhere := context.sign_in_first()) is not None:
        return elsewhere
    if g.membership is not None:
        return redirect(url_for(HOMES[g.membership.role]))
    state = "vouch" if people.waits_for_vouch(db.session, current_user.id) else "none"
    return render_template("account/waiting.html", state=state, email=current_user.email)


@blueprint.get("/join")
def join() -> ResponseReturnValue:
    return render_template("account/join.html")


@blueprint.route("/join/teacher", methods=["GET", "POST"])
@limiter.limit(JOIN_LIMIT, methods=["POST"])
def join_teacher() -> ResponseReturnValue:
    """Become a teacher of a school, once a coordinator has vouched for it."""
    region = context.region()
    form = TeacherForm(_signed_in(), schools.of_region(db.session, region.id))
    if not form.validate_on_submit():
        return render_template("account/join_teacher.html", form=form), 422 if form.errors else 200
    account = _account(form, region)
    if account is not None and people.teacher_of(db.session, region.id, account.id) is None:
        accounts.join_teacher(
            db.session, account, region, form.school.data,
            grades=[], subjects=[], phone=form.phone.data or "", clock=utc_now,
        )  # fmt: skip
    return _joined(form)


@blueprint.route("/join/partner", methods=["GET", "POST"])
@limiter.limit(JOIN_LIMIT, methods=["POST"])
def join_partner() -> ResponseReturnValue:
    """Become a partner with a first fund of knowledge, seen once a coordinator has read it."""
    return _join_as_partner(context.region(), None)


@blueprint.route("/join/by/<token>", methods=["GET", "POST"])
@limiter.limit(JOIN_LIMIT, methods=["POST"])
def join_by_link(token: str) -> ResponseReturnValue:
    """Become a partner by the link of somebody of the network, who is noted as the one who knows the newcomer."""
    region, inviter = invited.read(token)
    context.visit(region, str(get_locale()))
    return _join_as_partner(region, inviter)


@blueprint.get("/join/invite")
def invite() -> ResponseReturnValue:
    """A link to hand to a neighbor."""
    if (elsewhere := context.sign_in_first()) is not None:
        return elsewhere
    region = context.region()
    context.require(Permission.INVITE_NEIGHBOR, region)
    token, until = invited.issue(region, current_user.id)
    link = url_for("account.join_by_link", token=token, _external=True)
    return render_template("account/invite.html", link=link, until=until)


@blueprint.post("/account/switch")
def switch() -> ResponseReturnValue:
    """Work as another of one's own memberships from now on."""
    form = SwitchForm()
    membership = context.membership_to_work_as(form.membership.data) if form.validate() else None
    if membership is None:
        abort(404)
    session["membership_id"] = membership.id
    return redirect(url_for("account.home"))


def _join_as_partner(region: Region, inviter: Account | None) -> ResponseReturnValue:
    form = PartnerForm(_signed_in())
    if not form.validate_on_submit():
        page = render_template("account/join_partner.html", form=form, inviter=inviter)
        return page, 422 if form.errors else 200
    account = _account(form, region)
    if account is not None and people.partner_of(db.session, region.id, account.id) is None:
        partner = accounts.join_partner(
            db.session, account, region, kind=PartnerKind.PERSON, phone=form.phone.data or "",
            neighbourhood=form.neighbourhood.data or "", invited_by=inviter.id if inviter else None, clock=utc_now,
        )  # fmt: skip
        partners.save_fund(db.session, NOBODY, partner, form.fund, utc_now)
    return _joined(form)


def _signed_in() -> Account | None:
    return current_user._get_current_object() if current_user.is_authenticated else None


def _account(form: JoinForm, region: Region) -> Account | None:
    """The account that joins: the one signed in, or a new one. None when the address has one already."""
    if (account := _signed_in()) is not None:
        return account
    account = accounts.open_account(db.session, form.newcomer)
    if account is None:
        accounts.tell_owner(db.session, region, form.email.data, utc_now)
    else:
        send_confirmation_instructions(account)  # type: ignore[no-untyped-call]
    return account


def _joined(form: JoinForm) -> ResponseReturnValue:
    """The same page whether the address was new or had an account: nobody learns who is here."""
    if current_user.is_authenticated:
        outbox.commit(db.session)
        return redirect(url_for("account.home"))
    email = form.email.data
    outbox.commit(db.session)
    return render_template("account/waiting.html", state="confirm", email=email)
