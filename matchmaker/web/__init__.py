"""The pages: one folder an area, each with its views and forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, Response, current_app, g, request, session
from flask_babel import get_locale
from werkzeug.routing import IntegerConverter, Map

from matchmaker.extensions import limiter
from matchmaker.i18n import LANGUAGES
from matchmaker.settings import Settings
from matchmaker.web import api, context, failures, filters, first_visit, packing, traffic
from matchmaker.web.account import second_step
from matchmaker.web.account.links import blueprint as links
from matchmaker.web.account.oidc import blueprint as oidc
from matchmaker.web.account.sign_in import blueprint as sign_in
from matchmaker.web.account.views import blueprint as account
from matchmaker.web.admin.programs import blueprint as programs
from matchmaker.web.admin.region import blueprint as region
from matchmaker.web.admin.staff import blueprint as staff
from matchmaker.web.admin.views import blueprint as admin
from matchmaker.web.calendars.views import blueprint as calendars
from matchmaker.web.clearances.supervision import blueprint as supervision
from matchmaker.web.clearances.views import blueprint as clearances
from matchmaker.web.context import region_time_zone, session_locale
from matchmaker.web.desk.aside import blueprint as aside
from matchmaker.web.desk.bulk import blueprint as bulk
from matchmaker.web.desk.by_hand import blueprint as by_hand
from matchmaker.web.desk.compare import blueprint as compare
from matchmaker.web.desk.live import blueprint as live
from matchmaker.web.desk.notes import blueprint as notes
from matchmaker.web.desk.plans import blueprint as plans
from matchmaker.web.desk.tasks import blueprint as tasks
from matchmaker.web.desk.told_me import blueprint as told_me
from matchmaker.web.desk.views import blueprint as desk
from matchmaker.web.desk.waiting import blueprint as waiting
from matchmaker.web.equity import blueprint as equity
from matchmaker.web.equity import fairness
from matchmaker.web.fields import LARGEST_ID
from matchmaker.web.health.views import blueprint as health
from matchmaker.web.invitations.times import blueprint as other_times
from matchmaker.web.invitations.views import blueprint as invitations
from matchmaker.web.mail import blueprint as mail_choices
from matchmaker.web.mailbox.views import blueprint as mailbox
from matchmaker.web.messages.by_link import blueprint as messages
from matchmaker.web.messages.signed_in import blueprint as conversations
from matchmaker.web.partners.organisation import blueprint as organisation
from matchmaker.web.partners.views import blueprint as partners
from matchmaker.web.people.belonging import blueprint as belonging
from matchmaker.web.people.entering import blueprint as entering
from matchmaker.web.people.merging import blueprint as merging
from matchmaker.web.people.picked import blueprint as picked
from matchmaker.web.people.views import blueprint as people
from matchmaker.web.personal.views import blueprint as personal
from matchmaker.web.public import addresses
from matchmaker.web.public import blueprint as public
from matchmaker.web.reflections.views import blueprint as reflections
from matchmaker.web.requests.ideas import blueprint as ideas
from matchmaker.web.requests.views import blueprint as requests
from matchmaker.web.saved_views import blueprint as saved_views
from matchmaker.web.schools.views import blueprint as schools
from matchmaker.web.sheets.views import blueprint as sheets
from matchmaker.web.stories.views import blueprint as stories
from matchmaker.web.stories.views import office as stories_office
from matchmaker.web.visits.views import blueprint as visits

__all__ = ["init_app", "region_time_zone", "session_locale"]

AREAS = (
    public,
    account,
    sign_in,
    links,
    oidc,
    requests,
    ideas,
    partners,
    organisation,
    desk,
    bulk,
    by_hand,
    aside,
    notes,
    compare,
    plans,
    live,
    saved_views,
    tasks,
    waiting,
    told_me,
    people,
    entering,
    merging,
    picked,
    belonging,
    sheets,
    personal,
    schools,
    clearances,
    supervision,
    equity,
    fairness,
    invitations,
    other_times,
    visits,
    calendars,
    messages,
    conversations,
    reflections,
    stories,
    stories_office,
    mail_choices,
    admin,
    region,
    programs,
    staff,
    health,
)
CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src {styles}",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SIGN_IN_LIMIT = "20 per minute"
MAIL_LIMIT = "6 per minute"
STATIC_AGE = timedelta(hours=1)


class RowId(IntegerConverter):
    """An id in an address; a number that no row can have is an address that does not exist."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=LARGEST_ID)


def init_app(app: Flask, settings: Settings) -> None:
    """Register the areas, the context of a page, the errors and the headers."""
    app.url_map.converters["row"] = RowId
    for area in AREAS:
        app.register_blueprint(area)
    if settings.mailbox_dir:
        app.register_blueprint(mailbox)
    addresses.register(app)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_AGE
    traffic.init_app(app, settings)
    packing.init_app(app)
    first_visit.init_app(app)
    app.before_request(context.load)
    second_step.init_app(app)
    app.after_request(_headers)
    app.context_processor(_page_context)
    filters.register(app)
    api.init_app(app)
    failures.init_app(app)
    _limit(app)


def _limit(app: Flask) -> None:
    """Flask-Security's own views that guess passwords or send mail."""
    for endpoint, limit in {
        "security.login": SIGN_IN_LIMIT,
        "security.forgot_password": MAIL_LIMIT,
        "security.send_confirmation": MAIL_LIMIT,
    }.items():
        limited: Any = limiter.limit(limit, methods=["POST"])(app.view_functions[endpoint])
        app.view_functions[endpoint] = limited
    for endpoint in second_step.GUESSABLE:
        limited = limiter.limit(second_step.CODE_LIMIT, key_func=second_step.who_tries, methods=["POST"])
        app.view_functions[endpoint] = limited(app.view_functions[endpoint])


def _page_context() -> dict[str, object]:
    return {
        "region": g.get("region"),
        "membership": g.get("membership"),
        "memberships": g.get("memberships", []),
        "locale": str(get_locale()),
        "languages": LANGUAGES,
        "desk_count": context.desk_count(),
        "demo_mailbox": mailbox.name in current_app.blueprints,
    }


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP.format(styles=first_visit.style_sources()))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if context.by_program():
        response.headers.setdefault("Cache-Control", "no-store")
    elif request.endpoint != "static" and (session or "token" in (request.view_args or {})):
        # A page with somebody's matters stays out of shared caches and of the back button after signing out.
        response.headers["Cache-Control"] = "no-store"
    return response
