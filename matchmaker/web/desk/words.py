"""Cautions as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from matchmaker.queries.cautions import Caution, Warn
from matchmaker.web import filters

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
