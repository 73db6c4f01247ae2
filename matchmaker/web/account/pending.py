"""Somebody whom another provider has sent and whom no account here is connected to: kept in their browser's session
for a while, until they say which account is theirs, or join."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask import current_app, session

from matchmaker.clock import utc_now
from matchmaker.services.identities import Claimed
from matchmaker.settings import Provider

LASTS = timedelta(minutes=20)
_KEY = "sent_by"


@dataclass(frozen=True)
class Pending:
    """Who it is, and who says so."""

    provider: Provider
    claimed: Claimed


def provider_named(name: str) -> Provider | None:
    """One of the providers of this installation."""
    return next((each for each in current_app.config["SETTINGS"].providers if each.name == name), None)


def keep(provider: Provider, claimed: Claimed) -> None:
    """Remember who was sent."""
    session[_KEY] = {"by": provider.name, "until": (utc_now() + LASTS).isoformat(), **asdict(claimed)}


def current() -> Pending | None:
    """Who was sent a short while ago."""
    kept = dict(session.get(_KEY) or {})
    if not kept or datetime.fromisoformat(kept.pop("until")) <= utc_now():
        return None
    provider = provider_named(kept.pop("by"))
    return Pending(provider, Claimed(**kept)) if provider else None


def settle() -> None:
    """They are connected, or do not want to be."""
    session.pop(_KEY, None)
