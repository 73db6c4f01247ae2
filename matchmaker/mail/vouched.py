"""A coordinator has vouched for a teacher, who can post from now on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail.letter import (
    Correspondent,
    Letter,
    from_network,
    from_person,
    letterhead,
    reading_language,
)
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import Account, Membership, OutboxItem, Region


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when the membership has ended meanwhile."""
    membership = session.get(Membership, item.payload["membership_id"])
    if membership is None or not membership.counts(now):
        return None
    region, account = session.get_one(Region, membership.region_id), membership.account
    coordinator = session.get(Account, membership.vouched_by_id) if membership.vouched_by_id else None
    language = reading_language(account.language, region)
    return Letter(
        template="vouched",
        language=language,
        recipient=Correspondent(account.name, account.email),
        sender=from_person(coordinator, region) if coordinator else from_network(region, language),
        reply_to=Correspondent(coordinator.name, coordinator.email) if coordinator else None,
        letterhead=letterhead(region, language),
        kind=None,
        context={
            "coordinator": coordinator.name if coordinator else "",
            "page": link(settings, "requests.new"),
            # Whoever was put on a list by somebody else has never chosen one.
            "password_page": "" if account.password else link(settings, "security.forgot_password"),
        },
    )
