"""Joining, the page after signing in, and working in another role."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.confirmable import send_confirmation_instructions

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.policies import NOBODY, Permission
from matchmaker.queries import people, schools
from matchmaker.services import accounts, identities, organisations, partners, sign_in_links
from matchmaker.web import context
from matchmaker.web.account import invited, pending, second_step
from matchmaker.web.account.forms import JoinForm, PartnerForm, SwitchForm, TeacherForm
from models import Account, Partner, PartnerKind, Region, Role

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
    form = TeacherForm(_signed_in(), pending.current(), schools.of_region(db.session, region.id))
    if not form.validate_on_submit():
        return render_template("account/join_teacher.html", form=form), 422 if form.errors else 200
    account = _account(form, region)
    if account is not None and people.teacher_of(db.session, region.id, account.id) is None:
        accounts.join_teacher(
            db.session, account, region, form.school.data,
            grades=[], subjects=[], phone=form.phone.data or "", clock=utc_now,
        )  # fmt: skip
    return _joined(form, account)


@blueprint.route("/join/partner", methods=["GET", "POST"])
@limiter.limit(JOIN_LIMIT, methods=["POST"])
def join_partner() -> ResponseReturnValue:
    """Become a partner with a first fund of knowledge, seen once a coordinator has read it."""
    return _join_as_partner(context.region(), None)


@blueprint.route("/join/by/<token>", methods=["GET", "POST"])
@limiter.limit(JOIN_LIMIT, methods=["POST"])
def join_by_link(token: str) -> ResponseReturnValue:
    """Become a partner by the link of somebody of the network, who is noted as the one who knows the newcomer."""
    link = invited.read(token)
    context.visit(link.region, str(get_locale()))
    if link.organisation is not None and (here := _partner_here(link.region)) is not None:
        return _join_organisation(here, link.organisation)
    return _join_as_partner(link.region, link)


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


def _join_as_partner(region: Region, link: invited.Invited | None) -> ResponseReturnValue:
    form = PartnerForm(_signed_in(), pending.current())
    if not form.validate_on_submit():
        return render_template("account/join_partner.html", form=form, link=link), 422 if form.errors else 200
    account = _account(form, region)
    if account is not None and people.partner_of(db.session, region.id, account.id) is None:
        partner = accounts.join_partner(
            db.session, account, region, kind=PartnerKind.PERSON, phone=form.phone.data or "",
            neighbourhood=form.neighbourhood.data or "", invited_by=link.by.id if link else None, clock=utc_now,
        )  # fmt: skip
        partners.save_fund(db.session, NOBODY, partner, form.fund, utc_now)
        if link is not None and link.organisation is not None:
            organisations.join(db.session, NOBODY, partner.id, link.organisation.id, utc_now)
    return _joined(form, account)


def _partner_here(region: Region) -> Partner | None:
    """The profile that whoever is signed in has in the region already."""
    account = _signed_in()
    return people.partner_of(db.session, region.id, account.id) if account else None


def _join_organisation(partner: Partner, organisation: Partner) -> ResponseReturnValue:
    """Somebody who has a profile follows a colleague's link: one question, no form."""
    if request.method == "GET":
        return render_template("account/join_organisation.html", partner=partner, organisation=organisation)
    organisations.join(db.session, g.actor, partner.id, organisation.id, utc_now)
    outbox.commit(db.session)
    flash(_("You belong to %(organisation)s now.", organisation=organisation.name), "ok")
    return redirect(url_for("partners.profile"))


def _signed_in() -> Account | None:
    return current_user._get_current_object() if current_user.is_authenticated else None


def _account(form: JoinForm, region: Region) -> Account | None:
    """The account that joins: the one signed in, or a new one. None when the address has one already."""
    if (account := _signed_in()) is not None:
        return account
    confirmed_at = utc_now() if form.proven else None
    account = accounts.open_account(db.session, form.newcomer, confirmed_at=confirmed_at)
    if account is None:
        accounts.tell_owner(db.session, region, form.email.data, utc_now)
    elif form.proven:
        identities.link(db.session, NOBODY, account, form.proven, utc_now)
    elif form.sent:
        # The first time they sign in by a link, which shows that the address is theirs; then it can be connected.
        sign_in_links.ask(db.session, account.email, region.id, utc_now)
    else:
        send_confirmation_instructions(account)  # type: ignore[no-untyped-call]
    return account


def _joined(form: JoinForm, account: Account | None) -> ResponseReturnValue:
    """The same page whether the address was new or had an account: nobody learns who is here."""
    if current_user.is_authenticated:
        outbox.commit(db.session)
        return redirect(url_for("account.home"))
    email = form.email.data
    outbox.commit(db.session)
    if account is not None and form.sent and form.proven:
        pending.settle()
        return second_step.enter(account, via=form.sent.provider.name)
    again = url_for("links.ask" if form.sent else "security.send_confirmation")
    return render_template("account/waiting.html", state="confirm", email=email, again=again)
