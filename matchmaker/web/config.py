"""Our settings in the words of Flask and its extensions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from matchmaker.clock import utc_now
from matchmaker.i18n import TRANSLATIONS
from matchmaker.settings import Settings
from matchmaker.web.account import factor_settings, factors
from matchmaker.web.account.passwords import Passwords

SECURITY_PARTS: dict[str, Any] = {"password_util_cls": Passwords, **factors.PARTS}
"""What Flask-Security is made with that is not a setting."""


def flask_config(settings: Settings, root: Path) -> dict[str, Any]:
    """The whole Flask configuration of an application."""
    secure = settings.public_url.startswith("https://")
    return {
        "SETTINGS": settings,
        "TESTING": settings.environment == "test",
        "SECRET_KEY": settings.secret_key,
        # Nobody but us says which host a link in a mail leads to.
        "TRUSTED_HOSTS": [urlsplit(settings.public_url).hostname] if settings.environment == "production" else None,
        "MAX_CONTENT_LENGTH": 1_000_000,
        "MAX_FORM_PARTS": 500,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        **_cookies("SESSION_COOKIE", secure),
        **_cookies("REMEMBER_COOKIE", secure),
        "SQLALCHEMY_ENGINES": {"default": {"url": settings.sqlalchemy_url, "pool_pre_ping": True}},
        "ALEMBIC": {
            "script_location": str(root / "migrations"),
            "version_locations": [str(root / "migrations" / "versions")],
            "file_template": "%%(rev)s_%%(slug)s",
        },
        "ALEMBIC_CONTEXT": {"compare_type": True},
        "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
        "RATELIMIT_STORAGE_URI": settings.redis_url.replace("unix://", "redis+unix://", 1),
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,
        "RATELIMIT_ENABLED": settings.environment != "test",
        "WTF_CSRF_TIME_LIMIT": None,
        **_security(settings),
        **factor_settings.flask_config(settings, secure=secure),
    }


def _cookies(prefix: str, secure: bool) -> dict[str, Any]:
    return {f"{prefix}_SECURE": secure, f"{prefix}_HTTPONLY": True, f"{prefix}_SAMESITE": "Lax"}


def _security(settings: Settings) -> dict[str, Any]:
    """Flask-Security: our pages, generic answers (nobody learns which addresses exist), mails through the outbox."""
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SALT": settings.password_salt,
        "SECURITY_PASSWORD_LENGTH_MIN": 10,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_CONFIRMABLE": True,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_REGISTERABLE": False,
        # Its commands would give rights that are no memberships.
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_DATETIME_FACTORY": utc_now,
        "SECURITY_POST_LOGIN_VIEW": "account.home",
        "SECURITY_POST_LOGOUT_VIEW": "public.landing",
        "SECURITY_POST_CONFIRM_VIEW": "security.login",
        "SECURITY_POST_RESET_VIEW": "security.login",
        "SECURITY_CONFIRM_ERROR_VIEW": "security.send_confirmation",
        "SECURITY_RESET_ERROR_VIEW": "security.forgot_password",
        # Whether an address can be reached is found out by writing to it, not by asking a name server meanwhile.
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_EMAIL_SENDER": f"no-reply@{settings.mail_domain}",
        # Letters are written when they are sent, from templates/mail.
        "SECURITY_EMAIL_PLAINTEXT": False,
        "SECURITY_EMAIL_HTML": False,
    }
