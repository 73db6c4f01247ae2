"""What changes on the desk while somebody looks at it: counts, who else is here, and what became of the request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission
from matchmaker.queries import desk
from matchmaker.web import context, filters
from matchmaker.web.desk import presence, viewing
from matchmaker.web.fields import LARGEST_ID
from models import LearningRequest, RequestState

blueprint = Blueprint("live", __name__, url_prefix="/desk/live")
blueprint.before_request(context.sign_in_first)

_OLDEST = 24 * 60 * 60
"""Seconds of which news are told at most."""


_DECIDED = _l("This no longer waits for a decision.")
_APPROVED = {True: _l("%(name)s approved this at %(at)s."), False: _l("%(name)s approved this on %(at)s.")}
_SAID = {
    RequestState.WITHDRAWN: {
        True: _l("%(name)s withdrew this at %(at)s."),
        False: _l("%(name)s withdrew this on %(at)s."),
    },
    **dict.fromkeys(desk.MORE_WANTED, _APPROVED),
}
"""What is said of a change of today, and of another day."""


@dataclass(frozen=True)
class Live:
    """What stands in the fixed row: ``others`` who have the request open, how many are ``new``, what there is to be
    ``said`` of the request since; ``off`` when it cannot be decided from this page any more. ``url`` is where to ask
    next."""

    url: str
    request_id: int | None
    others: tuple[str, ...] = ()
    new: int = 0
    said: str = ""
    off: bool = False


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The parts of a page of the desk as they are now. Its script asks for them every few seconds."""
    region, now, view = context.region(), utc_now(), viewing.asked()
    context.require(Permission.USE_DESK, region)
    opened, ranking = _number("request"), _number("ranking")
    since = datetime.fromtimestamp(max(_number("since") or 0, now.timestamp() - _OLDEST), UTC)
    queue = desk.queue(db.session, region, now)
    g.desk_count = len(queue.to_review)
    item = queue.item(opened) if opened else None
    if opened and item is None:
        context.require(Permission.USE_DESK, db.session.get_one(LearningRequest, opened))
    heard = desk.news(db.session, [each.id for each in queue.to_review], since, opened)
    said, off = _since_then(item, heard.last, view, ranking) if ranking else ("", False)
    return render_template(
        "desk/live.html",
        live=Live(request.full_path, opened, looking(opened, now), len(heard.new), said, off),
        seen=queue.seen(view, g.actor.account_id),
        view=view,
        section=view.section,
        to_review=queue.to_review,
        address=viewing.address,
    )


def of_page(asked: LearningRequest | None, ranking_id: int | None, view: desk.View, now: datetime) -> Live:
    """The row of a page that is being drawn; ``ranking_id`` is the one that its form decides on, if it has one."""
    here = asked.id if asked else None
    drawn: dict[str, Any] = {"request": here, "ranking": ranking_id, "since": int(now.timestamp())}
    withdrawn = asked is not None and asked.state is RequestState.WITHDRAWN
    said = became(desk.news(db.session, [], now, here).last) if withdrawn else ""
    return Live(url_for("live.show", **drawn, **view.arguments), here, looking(here, now), said=said)


def _since_then(item: desk.Waiting | None, last: desk.Change | None, view: desk.View, ranking: int) -> tuple[str, bool]:
    """What has become of a request since its form was drawn, and whether that form is of no use any more."""
    if item is None:
        return became(last), True
    if item.anew:
        return _("The teacher changed this request, and its list of people is being made anew."), True
    if item.held_until is not None and view.section != "held":
        day = filters.day(item.held_until)
        return _("%(name)s put this on hold until %(day)s.", name=item.held_by or _("A colleague"), day=day), False
    if item.ranking_id not in (None, ranking):
        return _("Its list of people was made anew since you opened this."), True
    return "", False


def looking(request_id: int | None, now: datetime) -> tuple[str, ...]:
    """Who else has a request open, now that the reader has."""
    return tuple(presence.note(request_id, current_user, now)) if request_id else ()


def became(last: desk.Change | None) -> str:
    """What became of a request that is no longer to be decided, by whom and when."""
    if last is None:
        return str(_DECIDED)
    today = filters.local(last.at).date() == filters.local(utc_now()).date()
    said = _SAID.get(last.after)
    if said is None or last.by is None:
        return _("This was withdrawn.") if last.after is RequestState.WITHDRAWN else str(_DECIDED)
    return str(said[today]) % {"name": last.by, "at": filters.time(last.at) if today else filters.day_time(last.at)}


def _number(name: str) -> int | None:
    """A parameter that is an id or a time; 404 for what cannot be one."""
    given = request.args.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit()) or not 0 < int(given) <= LARGEST_ID:
        abort(404)
    return int(given)
