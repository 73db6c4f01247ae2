"""A coordinator offers help with renewing a school clearance. No visit depends on it yet; that letter is another."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from matchmaker.mail.letter import Correspondent, Letter, from_person, letterhead, reading_language
from matchmaker.queries import mail_choices
from matchmaker.queries.clearances import to_renew
from matchmaker.settings import Settings
from models import Account, Clearance, MailKind, OutboxItem, Partner, Region


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The partner's letter; None when it was renewed, or they stopped such mails, since."""
    partner = session.get(Partner, item.payload["partner_id"])
    by = session.get(Account, item.payload["by_id"])
    if partner is None or by is None or partner.merged_into_id is not None:
        return None
    region = session.get_one(Region, partner.region_id)
    today = now.astimezone(ZoneInfo(region.time_zone)).date()
    stopped = mail_choices.stopped(session, region.id, partner.email, MailKind.ASKING)
    if stopped or not to_renew(partner.clearance, partner.clearance_expires_on, today):
        return None
    language = reading_language(partner.language, region)
    ends_on = partner.clearance_expires_on if partner.clearance is Clearance.CLEARED else None
    return Letter(
        template="clearance_renewal",
        language=language,
        recipient=Correspondent(partner.addressee, partner.email),
        sender=from_person(by, region),
        reply_to=Correspondent(by.name, by.email),
        letterhead=letterhead(region, language),
        kind=MailKind.ASKING,
        context={"coordinator": by.name, "ends_on": ends_on, "ended": bool(ends_on and ends_on < today)},
    )
