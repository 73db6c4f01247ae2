"""Somebody tried to join with an address that has an account: only its owner is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail.letter import Correspondent, Letter, from_network, letterhead, reading_language
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import Account, OutboxItem, Region


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when the account is gone."""
    account = session.scalar(select(Account).where(Account.email == item.payload["email"]))
    region = session.get(Region, item.region_id) if item.region_id else None
    if account is None or region is None:
        return None
    language = reading_language(account.language, region)
    return Letter(
        template="account_exists",
        language=language,
        recipient=Correspondent(account.name, account.email),
        sender=from_network(region, language),
        letterhead=letterhead(region, language),
        context={
            "sign_in": link(settings, "security.login"),
            "forgot": link(settings, "security.forgot_password"),
        },
        automatic=True,
        kind=None,
    )
