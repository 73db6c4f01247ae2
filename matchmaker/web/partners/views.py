"""What a partner knows, and when they can come."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.mail import introductions as letters
from matchmaker.policies import Permission
from matchmaker.queries import capacity, introductions, paging, public_face, reach, suggestions, waiting
from matchmaker.services import organisations, partners, publicity
from matchmaker.web import context, failures, labels
from matchmaker.web.partners import own
from matchmaker.web.partners.forms import ClassesForm, FundForm, PauseForm, ProfileForm, PublicForm
from matchmaker.web.partners.prompts import PROMPTS, next_for
from matchmaker.web.public import shown
from models import Fund, Introduction, Partner

blueprint = Blueprint("partners", __name__, url_prefix="/profile")
blueprint.before_request(context.sign_in_first)


@blueprint.route("", methods=["GET", "POST"])
def profile() -> ResponseReturnValue:
    """The partner's own profile."""
    partner = own.partner()
    schools = reach.schools(db.session, partner.region_id)
    reached = reach.of_partner(partner, schools)
    form = ProfileForm(partner, schools, reached)
    if form.validate_on_submit():
        try:
            partners.save_logistics(db.session, g.actor, partner, form.logistics, utc_now)
        except (organisations.BelongsSomewhere, organisations.HasPeople) as held:
            form.kind.errors = [failures.sentence(held)]
        else:
            outbox.commit(db.session)
            flash(_("Saved."), "ok")
            return redirect(url_for("partners.profile"))
    page = render_template(
        "partners/profile.html",
        partner=partner,
        form=form,
        month=_month(partner),
        reach=reached,
        format_notes=labels.FORMAT_NOTES,
        prompts=PROMPTS,
        asked=next_for(len(partner.funds)),
        called=public_face.first_name(partner),
        held_back=shown.held_back(partner.funds),
    )
    return page, 422 if form.errors else 200


@blueprint.get("/preview")
def preview() -> ResponseReturnValue:
    """What others see of the profile: a teacher before and after a yes, and a coordinator."""
    partner = own.partner()
    days = [str(name) for number, name in enumerate(labels.WEEKDAYS) if number in partner.weekdays]
    public = shown.funds(partner.funds, public_face.areas(db.session, partner.region_id))
    return render_template("partners/preview.html", partner=partner, month=_month(partner), days=days, public=public)


@blueprint.get("/visits")
def visits() -> ResponseReturnValue:
    """What the partner was asked, what they said, and the visits that came of it."""
    query = introductions.of_partner(own.partner().id)
    page = paging.fetch(db.session, query, request.args.get("page", 1, type=int))
    dates = waiting.visits(db.session, page.rows)
    return render_template("partners/visits.html", rows=page.rows, visits=dates, now=utc_now(), **page.place)


@blueprint.get("/visits/<row:introduction_id>")
def answer(introduction_id: int) -> ResponseReturnValue:
    """To the page of an invitation, by the same link that its mail carries."""
    introduction = db.session.get_one(Introduction, introduction_id)
    context.require(Permission.EDIT_PARTNER, introduction.partner)
    settings, until = current_app.config["SETTINGS"], introduction.answer_by or utc_now()
    return redirect(url_for("invitations.show", token=letters.answer_token(settings, introduction, until)))


@blueprint.route("/funds/new", methods=["GET", "POST"])
def fund_new() -> ResponseReturnValue:
    """Add a fund of knowledge."""
    return _edit(None)


@blueprint.route("/funds/<row:fund_id>", methods=["GET", "POST"])
def fund_edit(fund_id: int) -> ResponseReturnValue:
    """Rewrite a fund of knowledge."""
    return _edit(fund_id)


@blueprint.route("/funds/<row:fund_id>/classes", methods=["GET", "POST"])
def fund_classes(fund_id: int) -> ResponseReturnValue:
    """Which subjects and grades a fund could serve: suggested, and kept only once confirmed."""
    partner = own.partner()
    fund = _fund(partner, fund_id)
    suggested = suggestions.for_fund(db.session, fund)
    form = ClassesForm(fund, suggested)
    if form.validate_on_submit():
        said = {"subjects": form.subjects.data, "grades": form.grades.data}
        partners.say_classes(db.session, g.actor, partner, fund.id, **said, clock=utc_now)
        outbox.commit(db.session)
        flash(_("Saved."), "ok")
        return redirect(url_for("partners.profile"))
    page = render_template("partners/classes.html", form=form, fund=fund, suggested=suggested)
    return page, 422 if form.errors else 200


@blueprint.post("/funds/<row:fund_id>/remove")
def fund_remove(fund_id: int) -> ResponseReturnValue:
    """Take a fund out of the profile."""
    partner = own.partner()
    partners.remove_fund(db.session, g.actor, partner, fund_id, utc_now)
    outbox.commit(db.session)
    flash(_("It is no longer offered to anyone."), "ok")
    return redirect(url_for("partners.profile"))


@blueprint.post("/public")
def make_public() -> ResponseReturnValue:
    """Everybody may read what the partner knows, with the first name or without."""
    partner = own.partner()
    publicity.allow(db.session, g.actor, partner, utc_now, named=bool(PublicForm().named.data))
    outbox.commit(db.session)
    flash(_("Thank you. Everybody may read it now, and you can take it back at any time."), "ok")
    return redirect(url_for("partners.profile"))


@blueprint.post("/private")
def make_private() -> ResponseReturnValue:
    """Nobody but the network reads it any more."""
    publicity.take_back(db.session, g.actor, own.partner(), utc_now)
    outbox.commit(db.session)
    flash(_("It is gone from the page that everybody can read."), "ok")
    return redirect(url_for("partners.profile"))


@blueprint.post("/pause")
def pause() -> ResponseReturnValue:
    """No invitations for a while: until a day, or until they say so."""
    partner = own.partner()
    form = PauseForm(_today())
    if form.validate_on_submit():
        partners.pause(db.session, g.actor, partner, utc_now, until=form.until.data)
        outbox.commit(db.session)
        flash(_("You get no invitations until you are back. Visits already agreed stay on."), "ok")
    else:
        flash(_("Please choose a day that is still ahead."), "stop")
    return redirect(url_for("partners.profile"))


@blueprint.post("/resume")
def resume() -> ResponseReturnValue:
    """Take invitations again."""
    partners.resume(db.session, g.actor, own.partner(), utc_now)
    outbox.commit(db.session)
    flash(_("Welcome back. You get invitations again."), "ok")
    return redirect(url_for("partners.profile"))


def _edit(fund_id: int | None) -> ResponseReturnValue:
    partner = own.partner()
    fund = None if fund_id is None else _fund(partner, fund_id)
    form = FundForm(fund, **({} if fund else {"language": str(get_locale())}))
    if form.validate_on_submit():
        saved = partners.save_fund(db.session, g.actor, partner, form.draft(fund), utc_now, fund_id=fund_id).id
        outbox.commit(db.session)
        flash(_("Saved."), "ok")
        return redirect(url_for("partners.profile") if fund else url_for("partners.fund_classes", fund_id=saved))
    prompt = None if fund else PROMPTS.get(request.args.get("ask", ""))
    return render_template("partners/fund.html", form=form, fund=fund, prompt=prompt), 422 if form.errors else 200


def _fund(partner: Partner, fund_id: int) -> Fund:
    """One of the partner's own funds."""
    fund = next((own for own in partner.funds if own.id == fund_id), None)
    return fund or abort(404)


def _today() -> date:
    """Today, on the region's calendar."""
    return utc_now().astimezone(ZoneInfo(context.region().time_zone)).date()


def _month(partner: Partner) -> capacity.Places:
    """This month's places."""
    period = _today().replace(day=1)
    taken = capacity.months(db.session, [partner.id], [period])
    return capacity.places(taken, partner.id, partner.monthly_capacity, period)
