"""Settings are read once, checked at the start, and refused in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchmaker.errors import SettingsError
from matchmaker.settings import Settings

GOOD = {
    "DATABASE_URL": "postgresql://matchmaker@db/matchmaker",
    "REDIS_URL": "redis://cache:6379/0",
    "SMTP_URL": "smtp+starttls://user:word@mail.example:587",
    "SECRET_KEY": "k" * 32,
    "SECURITY_PASSWORD_SALT": "salt",
    "PUBLIC_URL": "https://matchmaker.example",
}
REQUIRED = sorted(GOOD)
PROVIDERS = {
    "OIDC_PROVIDERS": "google cuesta",
    "OIDC_GOOGLE_CLIENT_ID": "ours-at-google",
    "OIDC_GOOGLE_CLIENT_SECRET": "between google and us",
    "OIDC_CUESTA_CLIENT_ID": "ours-at-cuesta",
    "OIDC_CUESTA_CLIENT_SECRET": "between cuesta and us",
    "OIDC_CUESTA_ISSUER": "https://id.cuesta.example",
    "OIDC_CUESTA_LABEL": "Cuesta School District",
}


def test_what_is_needed_is_enough_and_the_rest_has_its_defaults() -> None:
    settings = Settings.from_environ(GOOD)
    assert (settings.environment, settings.tick_seconds, settings.proxies) == ("production", 30, 0)
    assert (settings.default_region, settings.embedding_model, settings.mailbox_dir) == ("", "", "")


def test_every_setting_is_read_from_its_name(tmp_path: Path) -> None:
    given = {
        **GOOD,
        "MATCHMAKER_ENV": "demo",
        "DEFAULT_REGION": "palo-fierro",
        "EMBEDDING_MODEL": "some-model",
        "INDEX_MEMORY_MB": "512",
        "MAILBOX_DIR": str(tmp_path),
        "REPLY_DOMAIN": "reply.example.org",
        "MAIL_WEBHOOK_SECRET": "w" * 32,
        "SMTP_TIMEOUT": "20",
        "TICK_SECONDS": "5",
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": "m" * 16,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
    }
    keys = ("1" * 32, "2" * 32)
    settings = Settings.from_environ({**given, **PROVIDERS, "SECOND_STEP_KEYS": " ".join(keys)})
    assert settings.second_step_keys == keys
    for name, spec in Settings.__dataclass_fields__.items():
        if name not in ("providers", "second_step_keys"):
            assert str(getattr(settings, name)) == given[spec.metadata["env"]]
    assert [(each.label, each.issuer, each.client_id) for each in settings.providers] == [
        ("Google", "https://accounts.google.com", "ours-at-google"),
        ("Cuesta School District", "https://id.cuesta.example", "ours-at-cuesta"),
    ]


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "], ids=["missing", "empty", "blank"])
def test_a_missing_setting_is_named(name: str, value: str | None) -> None:
    given = {**GOOD, name: value} if value is not None else {key: GOOD[key] for key in GOOD if key != name}
    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        Settings.from_environ(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://db/matchmaker"),
        ("DATABASE_URL", "matchmaker"),
        ("REDIS_URL", "http://cache"),
        ("SMTP_URL", "mail.example:25"),
        ("PUBLIC_URL", "matchmaker.example"),
        ("PUBLIC_URL", "http://matchmaker.example"),
        ("SECRET_KEY", "k" * 31),
        ("MATCHMAKER_ENV", "staging"),
        ("TICK_SECONDS", "soon"),
        ("TICK_SECONDS", "0"),
        ("SMTP_TIMEOUT", "0"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "1.5"),
        ("MAILBOX_DIR", "/no/such/folder"),
        ("METRICS_TOKEN", "short"),
        ("PROMETHEUS_MULTIPROC_DIR", "/no/such/folder"),
        ("REPLY_DOMAIN", "talk@reply.example.org"),
        ("REPLY_DOMAIN", "reply."),
        ("REPLY_DOMAIN", "a." * 100 + "example"),
        ("SECOND_STEP_KEYS", f"{'1' * 32} short"),
        ("OIDC_PROVIDERS", "google google"),
        ("OIDC_PROVIDERS", "Google"),
        ("OIDC_PROVIDERS", "google,cuesta"),
        ("OIDC_GOOGLE_CLIENT_SECRET", ""),
        ("OIDC_CUESTA_ISSUER", ""),
        ("OIDC_CUESTA_ISSUER", "http://id.cuesta.example"),
        ("OIDC_CUESTA_LABEL", " "),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        Settings.from_environ({**GOOD, **PROVIDERS, name: value})
    assert "\n" not in str(refused.value)


def test_the_mailbox_is_not_for_production(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MAILBOX_DIR"):
        Settings.from_environ({**GOOD, "MAILBOX_DIR": str(tmp_path)})
    demo = {**GOOD, "MAILBOX_DIR": str(tmp_path), "MATCHMAKER_ENV": "demo", "PUBLIC_URL": "http://127.0.0.1:8000"}
    assert Settings.from_environ(demo).mailbox_dir == str(tmp_path)


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    shown = repr(Settings.from_environ({**GOOD, **PROVIDERS, "SECURITY_PASSWORD_SALT": "very-salty"}))
    assert "kkkk" not in shown and "very-salty" not in shown and "between" not in shown


def test_the_driver_is_named_where_the_address_does_not() -> None:
    for url in ("postgresql://h/d", "postgresql+psycopg://h/d"):
        assert Settings.from_environ({**GOOD, "DATABASE_URL": url}).sqlalchemy_url == "postgresql+psycopg://h/d"


def test_message_ids_end_in_our_host() -> None:
    assert Settings.from_environ(GOOD).mail_domain == "matchmaker.example"
