"""Why somebody is not among those put forward, in sentences: of what excludes them now, and of what held them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from babel.dates import get_day_names
from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _

from matching.why_not import Part
from matchmaker.queries import cautions
from matchmaker.queries.why_not import WhyNot
from matchmaker.web import filters, labels
from models import Clearance, LearningRequest, Partner, Region

RULES: Mapping[str, LazyString] = {
    "not_reviewed": _("The profile of %(partner)s has not been read yet; nobody is asked before that."),
    "paused": _("%(partner)s has been taking a break since %(since)s."),
    "passed": _("%(partner)s was passed over for this request."),
    "set_aside": _("%(partner)s was set aside for this request."),
    "said_not_now": _("%(partner)s was asked for this request and did not say yes."),
    "asked": _("%(partner)s is asked for this request already, or comes."),
    "must_not_meet": _("%(partner)s and %(teacher)s are kept apart, as one of them asked."),
    "format": _("%(partner)s offers: %(offered)s. The class asked for: %(asked)s."),
    "language": _("%(partner)s speaks %(spoken)s. The class asked for %(wanted)s."),
    "distance": _("%(partner)s lives %(miles)s miles from the school and travels up to %(radius)s."),
    "dates": _("%(partner)s can come on %(days)s. None of the dates offered falls on such a day."),
    "clearance": _("%(partner)s has no school clearance."),
    "full": _("%(partner)s has given all the visits of %(month)s."),
}
CLEARANCE_ENDS = _("The school clearance of %(partner)s ends on %(ends)s, before the first date offered.")

PARTS: Mapping[str, tuple[LazyString, LazyString]] = {
    "closeness": (
        _("Closeness holds them back: %(own)s beside %(other)s."),
        _("Closeness speaks for them: %(own)s beside %(other)s."),
    ),
    "boost": (
        _("The exposure boost is smaller: %(own)s beside %(other)s, because they have been shown oftener."),
        _("The exposure boost is larger: %(own)s beside %(other)s, because they have been shown less often."),
    ),
    "price": (
        _("They are busier that month: a busy price of %(own)s beside %(other)s."),
        _("They are freer that month: a busy price of %(own)s beside %(other)s."),
    ),
}
"""For each part of the score: what is said where it holds the candidate back, and where it speaks for them."""

LESS: Mapping[str, LazyString] = {
    "meaning": _("what they know is less close to what was asked"),
    "words": _("fewer of the same words"),
    "subject": _("the subject"),
    "grade": _("the grade"),
    "format": _("the kind of visit"),
    "language": _("the language"),
    "distance": _("the way to the school"),
    "dates": _("the dates"),
}

SMALLEST = 0.005
"""Differences below this are 0.00 beside 0.00 on the page."""


def excluded(
    rule: str, partner: Partner, miles: float | None, asked: LearningRequest, region: Region, now: datetime
) -> str:
    """The hard rule that excludes somebody now, with the facts it found."""
    days = cautions.days([window.starts_at for window in asked.windows], region, now)
    ends = partner.clearance_expires_on
    sentence = RULES[rule]
    if rule == "clearance" and partner.clearance is not Clearance.NONE and ends is not None:
        sentence = CLEARANCE_ENDS
    return str(sentence) % {
        "partner": partner.name,
        "teacher": asked.teacher.name,
        "since": filters.day(partner.paused_at) if partner.paused_at else "",
        "offered": filters.listed(labels.label(labels.FORMATS, code) for code in partner.formats),
        "asked": filters.listed((labels.label(labels.FORMATS, code) for code in asked.formats), "or"),
        "spoken": filters.listed(labels.language(code) for code in partner.languages),
        "wanted": filters.listed((labels.language(code) for code in asked.languages), "or"),
        "miles": round(miles) if miles is not None else "",
        "radius": partner.radius_miles,
        "days": filters.listed(_days(partner.weekdays)),
        "ends": filters.day(ends) if ends else "",
        "month": filters.month(min(days.ahead, default=days.today)),
    }


def parts(told: WhyNot) -> list[str]:
    """How the score differs from that of whom the ranker put forward last, what holds back first."""
    return [_part(part) for part in told.parts if abs(part.gap) >= SMALLEST]


def less(told: WhyNot) -> str:
    """What within closeness says less, as a list in a sentence; empty where nothing stands out."""
    return filters.listed(LESS[code] for code in told.less)


def _part(part: Part) -> str:
    against, for_them = PARTS[part.code]
    figures = {"own": f"{abs(part.own):.2f}", "other": f"{abs(part.other):.2f}"}
    return str(against if part.gap > 0 else for_them) % figures


def _days(weekdays: list[int]) -> list[str]:
    names = get_day_names("wide", locale=get_locale() or "en")
    return [names[weekday] for weekday in sorted(weekdays)]
