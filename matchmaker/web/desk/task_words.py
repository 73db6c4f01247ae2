"""What a task asks of a coordinator, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from models import Task, TaskKind

SENTENCES: Mapping[TaskKind, LazyString] = {
    TaskKind.NOBODY_LEFT: _("Everybody who was asked cannot come, and nobody is left in line. Find somebody new."),
    TaskKind.NO_ANSWER: _("Nobody has been found for too long. Look further, and write to the teacher."),
    TaskKind.NO_DATE: _("They were introduced and have no date yet. Ask how it goes."),
    TaskKind.MAIL_CAME_BACK: _("A mail came back. Call instead."),
    TaskKind.CLEARANCE_ENDS: _("The school clearance ends before the agreed visit. Renew it, or find another date."),
    TaskKind.CANCELLED: _("An agreed visit was called off. Find somebody new."),
    TaskKind.UNCLEAR: _("The two sides do not say the same about whether the visit took place. Ask both."),
}

TIMES_WAIT = _("A partner proposed other times, and the teacher has not chosen. Call the teacher.")

NOBODY_LEFT: Mapping[str, LazyString] = {
    "not_now": _("The last person asked said not now, and nobody is left in line. Find somebody new."),
    "lapsed": _("The last person asked did not answer, and nobody is left in line. Find somebody new."),
    "withdrawn": _("No time suited both, and nobody is left in line. Find somebody new."),
}
"""By what became of the last invitation."""

CANCELLED: Mapping[str, LazyString] = {
    "teacher": _("The teacher called the agreed visit off. Find out what the class needs now."),
    "partner": _("The partner called the agreed visit off. Find somebody new."),
}
"""By who called it off."""

CAME_BACK: Mapping[str, LazyString] = {
    "teacher": _("A mail to the teacher did not arrive. Call instead."),
    "partner": _("A mail to the partner did not arrive. Call instead."),
}
"""By whose mail it was."""


def sentence(task: Task) -> str:
    """Why a person is needed, and what to do."""
    told = task.detail or {}
    if task.kind is TaskKind.NO_ANSWER and told.get("waits") == "partner":
        return str(TIMES_WAIT)
    closer, by = {
        TaskKind.NOBODY_LEFT: (NOBODY_LEFT, "state"),
        TaskKind.CANCELLED: (CANCELLED, "by"),
        TaskKind.MAIL_CAME_BACK: (CAME_BACK, "side"),
    }.get(task.kind, ({}, ""))
    return str(closer.get(str(told.get(by)), SENTENCES[task.kind]))
