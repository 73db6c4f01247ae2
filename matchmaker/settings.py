"""All settings, in one place: the only reader of the environment. Each is described in docs/operations.md."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask.cli import load_dotenv
from flask.helpers import get_load_dotenv

from matchmaker.errors import SettingsError

ENVIRONMENTS = ("demo", "test", "production")
_DOMAIN = re.compile(r"(?=.{1,189}\Z)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""A domain short enough that an address there, with the longest local part, is one (254 characters)."""


TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""How Microsoft numbers the organisations whose people it signs in."""
_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
"""What another place to sign in may be called: it stands in our addresses and in the names of its settings."""


@dataclass(frozen=True)
class Provider:
    """Another place where people sign in (OpenID Connect). ``issuer`` is where its description of itself begins."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str

    KNOWN: ClassVar = {
        "google": ("Google", "https://accounts.google.com"),
        "microsoft": ("Microsoft", "https://login.microsoftonline.com/common/v2.0"),
    }
    """Those whose issuer need not be given."""

    @classmethod
    def read(cls, name: str, given: Mapping[str, str]) -> Provider:
        """One provider from its settings OIDC_<NAME>_*. Raises SettingsError for the first that is missing or wrong."""
        if not _NAME.fullmatch(name):
            raise SettingsError(f"OIDC_PROVIDERS must be names of small letters and digits, not {name!r}")
        label, issuer = cls.KNOWN.get(name, ("", ""))
        values = {"ISSUER": issuer, "CLIENT_ID": "", "CLIENT_SECRET": "", "LABEL": label}
        for what, otherwise in values.items():
            env = f"OIDC_{name.upper()}_{what}"
            values[what] = given.get(env, "").strip() or otherwise
            if not values[what]:
                raise SettingsError(f"{env} is not set, and OIDC_PROVIDERS names {name}")
        provider = cls(name, **{what.lower(): value for what, value in values.items()})
        provider.check()
        return provider

    @property
    def many_issuers(self) -> bool:
        """Whether it is Microsoft, where each organisation is an issuer of its own and says of people what it likes."""
        return self.name == "microsoft" or urlsplit(self.issuer).hostname == "login.microsoftonline.com"

    def is_issuer(self, issuer: str) -> bool:
        """Whether an identity of that issuer was made here."""
        if self.many_issuers:
            return urlsplit(issuer).netloc == urlsplit(self.issuer).netloc and bool(TENANT.search(issuer))
        return issuer.rstrip("/") == self.issuer.rstrip("/")

    def check(self) -> None:
        """Raise SettingsError where the issuer cannot be one."""
        where = urlsplit(self.issuer)
        if where.scheme != "https" and where.hostname not in ("localhost", "127.0.0.1"):
            raise SettingsError(f"OIDC_{self.name.upper()}_ISSUER must begin with https://, not {self.issuer!r}")


def _providers(given: Mapping[str, str], raw: str) -> tuple[Provider, ...]:
    names = raw.split()
    if len(set(names)) != len(names):
        raise SettingsError(f"OIDC_PROVIDERS names one twice: {raw!r}")
    return tuple(Provider.read(name, given) for name in names)


def _second_step_keys(given: Mapping[str, str], raw: str) -> tuple[str, ...]:
    if any(len(key) < 32 for key in raw.split()):
        raise SettingsError("SECOND_STEP_KEYS must be keys of at least 32 characters, parted by blanks")
    return tuple(raw.split())


@dataclass(frozen=True)
class Settings:
    """What a deployment decides. Names in the environment are the metadata's ``env``."""

    database_url: str = field(metadata={"env": "DATABASE_URL"})
    redis_url: str = field(metadata={"env": "REDIS_URL"})
    smtp_url: str = field(metadata={"env": "SMTP_URL"})
    secret_key: str = field(repr=False, metadata={"env": "SECRET_KEY"})
    password_salt: str = field(repr=False, metadata={"env": "SECURITY_PASSWORD_SALT"})
    public_url: str = field(metadata={"env": "PUBLIC_URL"})
    environment: str = field(default="production", metadata={"env": "MATCHMAKER_ENV"})
    default_region: str = field(default="", metadata={"env": "DEFAULT_REGION"})
    embedding_model: str = field(default="", metadata={"env": "EMBEDDING_MODEL"})
    index_memory_mb: int = field(default=2048, metadata={"env": "INDEX_MEMORY_MB"})
    mailbox_dir: str = field(default="", metadata={"env": "MAILBOX_DIR"})
    reply_domain: str = field(default="", metadata={"env": "REPLY_DOMAIN"})
    mail_webhook_secret: str = field(default="", repr=False, metadata={"env": "MAIL_WEBHOOK_SECRET"})
    smtp_timeout: int = field(default=15, metadata={"env": "SMTP_TIMEOUT"})
    tick_seconds: int = field(default=30, metadata={"env": "TICK_SECONDS"})
    proxies: int = field(default=0, metadata={"env": "TRUSTED_PROXIES"})
    metrics_token: str = field(default="", repr=False, metadata={"env": "METRICS_TOKEN"})
    # Each named there has settings of its own, which ``read`` takes from the same environment.
    providers: tuple[Provider, ...] = field(default=(), metadata={"env": "OIDC_PROVIDERS", "read": _providers})
    second_step_keys: tuple[str, ...] = field(
        default=(), repr=False, metadata={"env": "SECOND_STEP_KEYS", "read": _second_step_keys}
    )
    # prometheus_client's own name: it reads the same one.
    metrics_dir: str = field(default="", metadata={"env": "PROMETHEUS_MULTIPROC_DIR"})

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check every setting; without ``environ``, from the environment and the file ``.env``.

        Raises SettingsError naming the first one that is missing or wrong.
        """
        if environ is None:
            read_dotenv()
        given = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for name, spec in cls.__dataclass_fields__.items():
            env = spec.metadata["env"]
            raw = given.get(env, "").strip()
            if raw and "read" in spec.metadata:
                values[name] = spec.metadata["read"](given, raw)
            elif raw:
                values[name] = _whole_number(env, raw) if spec.type == "int" else raw
            elif name in ("database_url", "redis_url", "smtp_url", "secret_key", "password_salt", "public_url"):
                raise SettingsError(f"{env} is not set; scripts/run sets it for a demo, docs/operations.md says how")
        settings = cls(**values)
        settings.check()
        return settings

    def check(self) -> None:
        """Raise SettingsError in one clear line where a value cannot work."""
        if self.environment not in ENVIRONMENTS:
            raise SettingsError(f"MATCHMAKER_ENV must be one of {', '.join(ENVIRONMENTS)}, not {self.environment!r}")
        _scheme("DATABASE_URL", self.database_url, "postgresql", "postgresql+psycopg")
        _scheme("REDIS_URL", self.redis_url, "redis", "rediss", "unix")
        _scheme("SMTP_URL", self.smtp_url, "smtp", "smtps", "smtp+starttls")
        _scheme("PUBLIC_URL", self.public_url, "http", "https")
        if len(self.secret_key) < 32:
            raise SettingsError("SECRET_KEY must have at least 32 characters")
        if self.tick_seconds < 1 or self.proxies < 0:
            raise SettingsError("TICK_SECONDS must be 1 or more and TRUSTED_PROXIES 0 or more")
        if self.smtp_timeout < 1:
            raise SettingsError("SMTP_TIMEOUT must be 1 or more")
        if self.index_memory_mb < 1:
            raise SettingsError("INDEX_MEMORY_MB must be 1 or more")
        if self.reply_domain and not _DOMAIN.fullmatch(self.reply_domain):
            raise SettingsError(f"REPLY_DOMAIN must be a domain such as reply.example.org, not {self.reply_domain!r}")
        if self.mail_webhook_secret and len(self.mail_webhook_secret) < 32:
            raise SettingsError("MAIL_WEBHOOK_SECRET must have at least 32 characters")
        if self.mailbox_dir and not Path(self.mailbox_dir).is_dir():
            raise SettingsError(f"MAILBOX_DIR {self.mailbox_dir!r} is not a folder")
        if self.metrics_token and len(self.metrics_token) < 16:
            raise SettingsError("METRICS_TOKEN must have at least 16 characters")
        if self.metrics_dir and not Path(self.metrics_dir).is_dir():
            raise SettingsError(f"PROMETHEUS_MULTIPROC_DIR {self.metrics_dir!r} is not a folder")
        if self.environment == "production":
            self._check_production()

    def _check_production(self) -> None:
        if self.mailbox_dir:
            raise SettingsError("MAILBOX_DIR shows everybody's mail: it is for the demo, not for production")
        if not self.public_url.startswith("https://"):
            raise SettingsError("PUBLIC_URL must begin with https:// in production")

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address with the driver named."""
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def mail_domain(self) -> str:
        """The right-hand side of our Message-IDs."""
        return urlsplit(self.public_url).hostname or "localhost"


def read_dotenv() -> None:
    """Add to the environment what a file ``.env`` says; what is set already wins, and no file is no error.

    The file is looked for, and left alone with FLASK_SKIP_DOTENV, as the command ``flask`` does it: by its function.
    """
    if not get_load_dotenv():
        return
    try:
        load_dotenv()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"the file .env cannot be read: {error}") from error


def _whole_number(env: str, raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        raise SettingsError(f"{env} must be a whole number, not {raw!r}") from None


def _scheme(env: str, url: str, *allowed: str) -> None:
    if urlsplit(url).scheme not in allowed:
        raise SettingsError(f"{env} must begin with {' or '.join(f'{a}://' for a in allowed)}")
