"""Ideas: what people around the school know, to start a request from."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import around_school, paging, people
from matchmaker.web import context, fields, labels
from matchmaker.web.requests import around
from models.codes import SUBJECTS

blueprint = Blueprint("ideas", __name__, url_prefix="/ideas")
blueprint.before_request(context.sign_in_first)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The funds of knowledge around the teacher's school, without names."""
    if g.membership is None:
        return redirect(url_for("account.home"))
    context.require(Permission.POST_REQUEST, context.region())
    teacher = people.teacher_of(db.session, context.region().id, current_user.id)
    if teacher is None:
        return redirect(url_for("account.home"))
    subject = request.args.get("subject", "")
    subject = subject if subject in SUBJECTS else ""
    grade = request.args.get("grade", type=int)
    grade = grade if grade in range(13) else None
    found = around_school.ideas(teacher, teacher.school, subject, grade)
    page = paging.fetch(db.session, found, request.args.get("page", 1, type=int))
    return render_template(
        "ideas/index.html",
        ideas=around.ideas(db.session, page.rows),
        school=teacher.school,
        subject=subject,
        grade=grade,
        subjects=fields.choices([("", _("Any subject")), *((code, labels.SUBJECTS[code]) for code in SUBJECTS)]),
        grades=fields.choices([("", _("Any grade")), *((number, labels.grade(number)) for number in range(13))]),
        **page.place,
    )
