"""A teacher's requests: the list, a new one, and where one stands."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker import outbox, reasons
from matchmaker.clock import utc_now
from matchmaker.extensions import db, limiter
from matchmaker.policies import Permission
from matchmaker.queries import conversation, learning_requests, paging, people, timeline
from matchmaker.services import requests
from matchmaker.web import context, labels
from matchmaker.web.requests.forms import RequestForm
from models import Teacher

blueprint = Blueprint("requests", __name__, url_prefix="/requests")
blueprint.before_request(context.sign_in_first)

POST_LIMIT = "30 per hour"


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The teacher's own requests, newest first."""
    teacher = _teacher()
    if teacher is None:
        return redirect(url_for("account.home"))
    page = paging.fetch(db.session, learning_requests.of_teacher(teacher.id), request.args.get("page", 1, type=int))
    lines = timeline.of_requests(db.session, page.rows)
    rows = [(row, lines[row.id]) for row in page.rows]
    return render_template("requests/index.html", requests=rows, feed_key=teacher.feed_key, **page.place)


@blueprint.route("/new", methods=["GET", "POST"])
@limiter.limit(POST_LIMIT, methods=["POST"])
def new() -> ResponseReturnValue:
    """Post a learning need."""
    teacher = _teacher()
    if teacher is None:
        return redirect(url_for("account.home"))
    last = learning_requests.last_of(db.session, teacher.id)
    form = RequestForm.for_class(context.region(), teacher, last)
    if form.validate_on_submit():
        try:
            posted = requests.post(db.session, g.actor, teacher, form.draft, utc_now)
        except requests.PossibleStudentName as question:
            form.ask_about(question)
        else:
            outbox.commit(db.session)
            return redirect(url_for("requests.show", request_id=posted.id))
    page = render_template("requests/new.html", form=form, prefilled=bool(last), format_notes=labels.FORMAT_NOTES)
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/<row:request_id>")
def show(request_id: int) -> ResponseReturnValue:
    """Where a request stands, and what happens next."""
    asked = learning_requests.whole(db.session, request_id)
    context.require(Permission.READ_REQUEST, asked)
    told = reasons.for_teacher(str(get_locale()), timeline.weighed(db.session, asked))
    return render_template(
        "requests/show.html",
        r=asked,
        timeline=timeline.of_request(db.session, asked),
        told=told,
        talks=conversation.of_request(db.session, asked.id, utc_now()),
    )


@blueprint.post("/<row:request_id>/withdraw")
def withdraw(request_id: int) -> ResponseReturnValue:
    """Take a request back."""
    asked = learning_requests.whole(db.session, request_id)
    context.require(Permission.WITHDRAW_REQUEST, asked)
    requests.withdraw(db.session, g.actor, request_id, utc_now)
    outbox.commit(db.session)
    flash(_("The request is withdrawn. Nobody will be asked."), "ok")
    return redirect(url_for("requests.show", request_id=request_id))


def _teacher() -> Teacher | None:
    """The teacher who is signed in; None while nobody has vouched for them yet."""
    if g.membership is None:
        return None
    context.require(Permission.POST_REQUEST, context.region())
    return people.teacher_of(db.session, context.region().id, current_user.id)
