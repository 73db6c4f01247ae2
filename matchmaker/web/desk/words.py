"""Cautions as sentences, and the way out of each hard rule."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, force_locale, gettext
from flask_babel import lazy_gettext as _

from matchmaker.queries.cautions import Caution, Warn
from matchmaker.web import filters, labels

SENTENCES: Mapping[Warn, LazyString] = {
    Warn.DATES_PAST: _("All the dates of this request have passed; ask the teacher for others first."),
    Warn.PAUSED: _("Has paused invitations since this list was made."),
    Warn.FULL: _("Has no free place in %(month)s any more."),
    Warn.CLEARANCE_ENDS: _("The school clearance ends on %(day)s, before the last date offered."),
    Warn.CLEARANCE_ENDED: _("The school clearance ended on %(day)s."),
    Warn.CLEARANCE_IN_PROCESS: _("The school clearance is still in process."),
    Warn.CLEARANCE_UNKNOWN: _("We do not know of a school clearance."),
}


def sentence(caution: Caution) -> str:
    """What to mind, in the reader's language."""
    if caution.on is None:
        return str(SENTENCES[caution.kind])
    return str(SENTENCES[caution.kind]) % {"day": filters.day(caution.on), "month": filters.month(caution.on)}


WAYS_OUT: Mapping[str, LazyString] = {
    "not_reviewed": _("Reading their profiles lets them be asked."),
    "paused": _("They come back by themselves; a call may tell when."),
    "passed": _("Somebody passed over them here, with a reason."),
    "set_aside": _("Taking that back lets them be asked again."),
    "said_not_now": _("Their answer stands for this request."),
    "asked": _("They are asked already."),
    "must_not_meet": _("This stays as it is."),
    "format": _("Another kind of visit would let them be asked."),
    "language": _("Another language, or somebody who interprets, would let them be asked."),
    "distance": _("A meeting online, or nearer to them, would let them be asked."),
    "dates": _("Other days of the week would let them be asked."),
    "clearance": _("A clearance under way or renewed would let them be asked."),
    "full": _("A date in another month would let them be asked."),
}
"""What would let those be asked whom a hard rule excludes."""

QUESTIONS: Mapping[str, LazyString] = {
    "format": _("Would another kind of visit help your class too: %(formats)s?"),
    "language": _("Could somebody interpret in your class, or would another language do?"),
    "distance": _("Could your class meet somebody online?"),
    "dates": _("Could your class also offer other days of the week?"),
    "full": _("Could your class also offer dates in another month?"),
}
"""What to ask the teacher about each rule that a change of the request could lift; written for the teacher."""


def question(rule: str, language: str) -> str | None:
    """What to ask the teacher, in the teacher's language; None where the request is not what stands in the way."""
    if rule not in QUESTIONS:
        return None
    with force_locale(language):
        formats = filters.listed((str(name) for name in labels.FORMATS.values()), "or")
        return str(QUESTIONS[rule]) % {"formats": formats}


DROPPED: Mapping[str, LazyString] = {
    "not_reviewed": _("Not asked: the profile has not been read."),
    "paused": _("Not asked: takes a break."),
    "passed": _("Not asked: was passed over."),
    "set_aside": _("Not asked: was set aside."),
    "said_not_now": _("Not asked: had said not now."),
    "must_not_meet": _("Not asked: is kept apart from this teacher."),
    "format": _("Not asked: offers another kind of visit."),
    "language": _("Not asked: shares no language with the class."),
    "distance": _("Not asked: lives too far away."),
    "dates": _("Not asked: none of the dates works any more."),
    "clearance": _("Not asked: has no school clearance on those dates."),
    "full": _("Not asked: has no free place that month any more."),
    "asked": _("Not asked again: was asked for this request already."),
}
"""Why a backup was not asked when the turn came."""


def dropped(rule: str | None) -> str:
    """Why a backup is no longer in line."""
    return str(DROPPED[rule]) if rule is not None and rule in DROPPED else gettext("Not needed any more.")
