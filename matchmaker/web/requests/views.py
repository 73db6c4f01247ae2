"""A teacher's requests: the list, a new one, where one stands, and a change of what it asks."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker import outbox, reasons
from matchmaker.clock import utc_now
from matchmaker.errors import Conflict, DomainError, Invalid
from matchmaker.extensions import db, limiter
from matchmaker.policies import Permission
from matchmaker.queries import (
    around_school,
    conversation,
    expected,
    learning_requests,
    other_times,
    paging,
    people,
    timeline,
)
from matchmaker.services import coach, introductions, requests
from matchmaker.web import context, failures, labels
from matchmaker.web.fields import LARGEST_ID
from matchmaker.web.invitations.forms import TimesForm
from matchmaker.web.requests import around, coaching
from matchmaker.web.requests.forms import CHANGES, ChangeForm, RequestForm
from models import Introduction, IntroductionState, LearningRequest, RequestState, Teacher

blueprint = Blueprint("requests", __name__, url_prefix="/requests")
blueprint.before_request(context.sign_in_first)

POST_LIMIT = "60 per hour"
LOOK_LIMIT = "300 per minute"


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The teacher's own requests, newest first."""
    teacher = _teacher()
    if teacher is None:
        return redirect(url_for("account.home"))
    page = paging.fetch(db.session, learning_requests.of_teacher(teacher.id), request.args.get("page", 1, type=int))
    lines = timeline.of_requests(db.session, page.rows, utc_now())
    rows = [(row, lines[row.id]) for row in page.rows]
    return render_template("requests/index.html", requests=rows, feed_key=teacher.feed_key, **page.place)


@blueprint.route("/new", methods=["GET", "POST"])
@limiter.limit(POST_LIMIT, methods=["POST"])
def new() -> ResponseReturnValue:
    """Post a learning need; or, by its other buttons, have the draft read or changed, which saves nothing."""
    teacher = _teacher()
    if teacher is None:
        return redirect(url_for("account.home"))
    form, do = _drawn(teacher), request.form.get("do", "")
    if form.is_submitted() and do in CHANGES:
        form.change(do)
        return _form(form, teacher)
    form.saving = do == "save"
    if form.validate_on_submit():
        store = requests.save_draft if form.saving else requests.post
        try:
            stored = store(db.session, g.actor, teacher, form.draft, utc_now)
        except requests.PossibleStudentName:
            form.ask_about_names()
        else:
            outbox.commit(db.session)
            return redirect(url_for("requests.show", request_id=stored.id))
    return _form(form, teacher, 422 if form.is_submitted() else 200)


@blueprint.post("/look")
@limiter.limit(LOOK_LIMIT)
def look() -> ResponseReturnValue:
    """What the coach says of a draft on its way, as a fragment of the form's page. Saves nothing."""
    teacher = _teacher()
    if teacher is None:
        return redirect(url_for("account.home"))
    form = RequestForm.for_class(context.region(), teacher, None)
    form.read_through()
    return render_template("requests/_look.html", form=form, **_coaching(form, teacher))


@blueprint.get("/<row:request_id>")
def show(request_id: int) -> ResponseReturnValue:
    """Where a request stands, and what happens next."""
    asked = learning_requests.whole(db.session, request_id)
    context.require(Permission.READ_REQUEST, asked)
    return _page(asked)


@blueprint.route("/<row:request_id>/change", methods=["GET", "POST"])
@limiter.limit(POST_LIMIT, methods=["POST"])
def change(request_id: int) -> ResponseReturnValue:
    """Ask something else, while nobody was chosen by what was asked."""
    asked = learning_requests.whole(db.session, request_id)
    context.require(Permission.CHANGE_REQUEST, asked)
    if request.method == "GET" and not requests.changeable(asked):
        # Its page says whom to ask instead.
        return redirect(url_for("requests.show", request_id=request_id))
    form, do = ChangeForm(context.region(), asked), request.form.get("do", "")
    if form.is_submitted() and do in CHANGES:
        form.change(do)
        return _form(form, asked.teacher, asked=asked)
    if form.validate_on_submit():
        try:
            changed = requests.change(db.session, g.actor, request_id, form.version.data, form.draft, utc_now)
        except requests.PossibleStudentName:
            form.ask_about_names()
        except Conflict as refusal:
            return _not_changed(form, request_id, refusal)
        else:
            return _changed(asked, form, changed)
    return _form(form, asked.teacher, 422 if form.is_submitted() else 200, asked=asked)


@blueprint.post("/introductions/<row:introduction_id>/times")
def choose_time(introduction_id: int) -> ResponseReturnValue:
    """Take one of the other times that a partner proposes, or none."""
    introduction = db.session.get_one(Introduction, introduction_id)
    asked = learning_requests.whole(db.session, introduction.request_id)
    context.require(Permission.CHOOSE_TIME, asked)
    proposed = other_times.by_key(db.session, introduction.key, utc_now())
    form = TimesForm(proposed.ahead if proposed else ())
    if not form.validate():
        if introduction.state is not IntroductionState.OTHER_TIMES:
            return _as_it_stands(asked.id, Conflict())
        return _page(asked, 422, form)
    try:
        if form.taken is None:
            introductions.none_fits(db.session, introduction.key, utc_now, g.actor)
        else:
            introductions.take_time(db.session, introduction.key, form.taken, utc_now, g.actor)
    except (Conflict, Invalid) as refusal:
        return _as_it_stands(asked.id, refusal)
    outbox.commit(db.session)
    return redirect(url_for("requests.show", request_id=asked.id))


@blueprint.post("/<row:request_id>/withdraw")
def withdraw(request_id: int) -> ResponseReturnValue:
    """Take a request back; throw a draft away."""
    asked = learning_requests.whole(db.session, request_id)
    context.require(Permission.WITHDRAW_REQUEST, asked)
    if requests.discard(db.session, g.actor, request_id, utc_now):
        outbox.commit(db.session)
        flash(_("The draft is thrown away."), "ok")
        return redirect(url_for("requests.index"))
    requests.withdraw(db.session, g.actor, request_id, utc_now)
    outbox.commit(db.session)
    flash(_("The request is withdrawn. Nobody will be asked."), "ok")
    return redirect(url_for("requests.show", request_id=request_id))


def _changed(asked: LearningRequest, form: ChangeForm, changed: tuple[str, ...]) -> ResponseReturnValue:
    """Say what became of a form that was sent; sent twice, it is the first time that counts."""
    if changed or asked.version != form.version.data:
        said = _("Changed. We look anew for whoever fits; your class keeps its place in line."), "ok"
    else:
        said = _("Nothing is different from what you asked, so nothing was changed."), "info"
    outbox.commit(db.session)
    flash(*said)
    return redirect(url_for("requests.show", request_id=asked.id))


def _not_changed(form: ChangeForm, request_id: int, refusal: Conflict) -> ResponseReturnValue:
    """Nothing was done: keep what was written, beside what stands now. Sent once more, it takes its place."""
    said = failures.sentence(refusal)
    db.session.rollback()
    asked = learning_requests.whole(db.session, request_id)
    form.now_at(asked)
    return _form(form, asked.teacher, refusal.status, asked=asked, refused=said)


def _as_it_stands(request_id: int, refusal: DomainError) -> ResponseReturnValue:
    """Nothing was done: show the request as it is now, and say why."""
    said = failures.sentence(refusal)
    db.session.rollback()
    flash(said, "stop")
    return _page(learning_requests.whole(db.session, request_id), refusal.status)


def _page(asked: LearningRequest, status: int = 200, form: TimesForm | None = None) -> ResponseReturnValue:
    told = reasons.for_teacher(str(get_locale()), timeline.weighed(db.session, asked))
    stands = expected.dated(db.session, timeline.of_request(db.session, asked, utc_now()), asked, utc_now())
    page = render_template(
        "requests/show.html",
        r=asked,
        timeline=stands,
        told=told,
        talks=conversation.of_request(db.session, asked.id, utc_now()),
        changeable=requests.changeable(asked),
        changed=learning_requests.last_change(db.session, asked),
        times_errors=form.time.errors if form else (),
    )
    return page, status


def _drawn(teacher: Teacher) -> RequestForm:
    """The form with the draft, the earlier request or the idea that the address names, else with the class alone."""
    for source, fill in (("draft", RequestForm.of_draft), ("again", RequestForm.again)):
        if wanted := _wanted(source):
            earlier = learning_requests.whole(db.session, wanted)
            context.require(Permission.READ_REQUEST, earlier)
            if earlier.teacher_id == teacher.id and (source == "again" or earlier.state is RequestState.DRAFT):
                return fill(context.region(), earlier)
    form = RequestForm.for_class(context.region(), teacher, learning_requests.last_of(db.session, teacher.id))
    if (wanted := _wanted("idea")) and (fund := around_school.idea(db.session, teacher, teacher.school, wanted)):
        for shown in around.titles([fund]):
            form.start_from(shown)
    return form


def _wanted(source: str) -> int:
    """The id of a row that the address names, 0 where it names none that could be one."""
    number = request.args.get(source, 0, type=int)
    return number if 0 < number <= LARGEST_ID else 0


def _form(
    form: RequestForm, teacher: Teacher, status: int = 200, asked: LearningRequest | None = None, refused: str = ""
) -> ResponseReturnValue:
    """The form; with ``asked`` to change that request, and with why it was ``refused``."""
    if form.is_submitted():
        form.read_through()
    page = render_template(
        "requests/change.html" if asked else "requests/new.html",
        form=form,
        format_notes=labels.FORMAT_NOTES,
        r=asked,
        refused=refused,
        changeable=asked is not None and requests.changeable(asked),
        **_coaching(form, teacher),
    )
    return page, status


def _coaching(form: RequestForm, teacher: Teacher) -> dict[str, object]:
    """What stands beside the form: the coach's words, and once there is a draft how many people may fit it."""
    reach = None
    if form.is_submitted():
        reach = around_school.reach(db.session, form.unsaved(teacher), utc_now(), around.FUNDS_SHOWN)
    return {
        "advice": coaching.ADVICE,
        "points": coaching.POINTS,
        "good_words": coach.GOOD_WORDS,
        "reach": reach,
        "known": around.titles(reach.funds) if reach else [],
    }


def _teacher() -> Teacher | None:
    """The teacher who is signed in; None while nobody has vouched for them yet."""
    if g.membership is None:
        return None
    context.require(Permission.POST_REQUEST, context.region())
    return people.teacher_of(db.session, context.region().id, current_user.id)
