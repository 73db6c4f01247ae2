"""Wiring: settings and extensions to one Flask application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from flask_security.core import Security
from flask_security.datastore import FSQLALiteUserDatastore
from werkzeug.middleware.proxy_fix import ProxyFix

from matchmaker import cli, logs, queue, web
from matchmaker.extensions import alembic, babel, csrf, db, limiter
from matchmaker.mail.account import OutboxMailUtil
from matchmaker.services import events
from matchmaker.settings import Settings
from matchmaker.web import config, session_locale
from models import Account, GlobalRole, Passkey

ROOT = Path(__file__).resolve().parents[1]


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Without settings they are read from the environment.

    Raises SettingsError in one line when a setting is missing or wrong.
    """
    settings = settings or Settings.from_environ()
    logs.configure(production=settings.environment == "production")
    app = Flask("matchmaker", template_folder=str(ROOT / "templates"))
    app.config.from_mapping(config.flask_config(settings, ROOT))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.proxies:
        wrapped: Any = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)
        app.wsgi_app = wrapped  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        events.listen(db.sessionmaker)
    alembic.init_app(app)
    queue.init_app(app, settings.redis_url)
    babel.init_app(app, locale_selector=session_locale, timezone_selector=web.region_time_zone)
    csrf.init_app(app)
    limiter.init_app(app)
    # Its parts are taken by the constructor only; init_app would ignore them and mail past the outbox.
    accounts = FSQLALiteUserDatastore(db, Account, GlobalRole, webauthn_model=Passkey)
    Security(app, accounts, mail_util_cls=OutboxMailUtil, **config.SECURITY_PARTS)
    web.init_app(app, settings)
    cli.init_app(app)
    return app
