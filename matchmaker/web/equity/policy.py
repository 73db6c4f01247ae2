"""The region's policy: where its dial stands, what every setting gives and costs, trials, and every version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matching.plans import KEPT
from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.errors import DomainError
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.queries import plans, rankings
from matchmaker.queries import policy as reading
from matchmaker.services import planning
from matchmaker.services import policy as setting
from matchmaker.web import context, failures
from matchmaker.web.equity.area import blueprint
from matchmaker.web.equity.dial import Dial
from matchmaker.web.equity.forms import DialForm, RationaleForm
from models import EquityPolicy, Plan, PlanKind, PlanState, Region


@blueprint.get("/policy")
def policy() -> ResponseReturnValue:
    """The dial, the policy in effect, and the versions before it."""
    region = context.region()
    context.require(Permission.READ_EQUITY, region)
    return _policy_page(region)


@blueprint.post("/policy/try")
def try_dial() -> ResponseReturnValue:
    """Try a position of the dial; it changes nothing."""
    region = context.region()
    context.require(Permission.TRY_POLICY, region)
    form = _dial_form(region)
    if not form.validate_on_submit():
        return _policy_page(region, dial_form=form), 422
    trial = setting.try_dial(db.session, g.actor, region, float(form.dial.data), utc_now)
    outbox.commit(db.session)
    return redirect(url_for("equity.trial", plan_id=trial.id))


@blueprint.get("/policy/trials/<row:plan_id>")
def trial(plan_id: int) -> ResponseReturnValue:
    """How far a trial is, and what it changes. The script reads the job's card out of this page now and then."""
    return _trial_page(_trial(plan_id, Permission.READ_EQUITY))


@blueprint.post("/policy/trials/<row:plan_id>/cancel")
def cancel_trial(plan_id: int) -> ResponseReturnValue:
    """Cancel a trial that waits or runs."""
    planning.cancel(db.session, g.actor, _trial(plan_id, Permission.TRY_POLICY).id, utc_now)
    outbox.commit(db.session)
    return redirect(url_for("equity.policy"))


@blueprint.post("/policy/trials/<row:plan_id>/activate")
def activate(plan_id: int) -> ResponseReturnValue:
    """Put what a trial looked at into effect, with its reason."""
    plan = _trial(plan_id, Permission.SET_POLICY)
    region, form = context.region(), _rationale_form(context.region())

    def take_effect() -> EquityPolicy:
        words, seen = form.rationale.data, form.seen.data
        return setting.activate(db.session, g.actor, region, plan.id, words, seen, utc_now)

    return _decide(
        form, take_effect, lambda refused: _trial_page(_trial(plan_id, Permission.SET_POLICY), form, refused)
    )


@blueprint.post("/policy/back")
def back() -> ResponseReturnValue:
    """Take up the version before again, with its reason."""
    region = context.region()
    context.require(Permission.SET_POLICY, region)
    form = _rationale_form(region)

    def take_back() -> EquityPolicy:
        return setting.back(db.session, g.actor, region, form.rationale.data, form.seen.data, utc_now)

    return _decide(form, take_back, lambda refused: _policy_page(context.region(), back_form=form, refused=refused))


def _decide(
    form: RationaleForm, act: Callable[[], EquityPolicy], page: Callable[[str | None], str]
) -> ResponseReturnValue:
    """Store a decision; what stands in its way is said on the page it was made on, with the words still there."""
    if not form.validate_on_submit():
        return page(None), 422
    try:
        version = act().version
    except DomainError as error:
        db.session.rollback()
        return page(failures.sentence(error)), error.status
    outbox.commit(db.session)
    flash(_("Version %(version)s is in effect. The region is being planned with it now.", version=version), "ok")
    return redirect(url_for("equity.policy"))


def _trial(plan_id: int, permission: Permission) -> Plan:
    plan = db.session.get_one(Plan, plan_id)
    context.require(permission, plan)
    if plan.kind is not PlanKind.TRIAL:
        abort(404)
    return plan


def _dial(region: Region) -> Dial:
    return Dial(reading.curve(db.session, region), rankings.policy_in_effect(db.session, region.id).dial)


def _dial_form(region: Region) -> DialForm:
    dial = _dial(region)
    return DialForm(dial.now, dial.limit)


def _rationale_form(region: Region) -> RationaleForm:
    return RationaleForm(rankings.policy_in_effect(db.session, region.id).version)


def _may(region: Region) -> dict[str, Any]:
    may_set = permits(g.actor, Permission.SET_POLICY, region)
    return {
        "may_set": may_set,
        "may_try": permits(g.actor, Permission.TRY_POLICY, region),
        "who_sets": [] if may_set else reading.administrators(db.session, region.id, utc_now()),
        "promise": KEPT,
        "least": setting.LEAST_RATIONALE,
    }


def _policy_page(
    region: Region,
    dial_form: DialForm | None = None,
    back_form: RationaleForm | None = None,
    refused: str | None = None,
) -> str:
    return render_template(
        "equity/policy.html",
        versions=reading.versions(db.session, region.id),
        trials=reading.trials(db.session, region.id),
        dial=_dial(region),
        dial_form=dial_form or _dial_form(region),
        back_form=back_form or _rationale_form(region),
        refused=refused,
        **_may(region),
    )


def _trial_page(plan: Plan, form: RationaleForm | None = None, refused: str | None = None) -> str:
    region, now = context.region(), utc_now()
    versions = reading.versions(db.session, region.id)
    done = plan.state is PlanState.DONE
    return render_template(
        "equity/trial.html",
        plan=plan,
        done=done,
        stopped_at=plans.stopped_at(plan, now),
        tonight=reading.tried(db.session, plan, "tonight") if done else None,
        last_month=reading.tried(db.session, plan, "last_month") if done else None,
        present=versions[0].policy,
        beside=next(each.policy.version for each in versions if each.policy.id == plan.policy_id),
        taken=next((each.policy for each in versions if each.policy.trial_id == plan.id), None),
        past_promise=setting.past_promise(plan),
        out_of_date=setting.out_of_date(plan, now),
        form=form or _rationale_form(region),
        refused=refused,
        **_may(region),
    )
