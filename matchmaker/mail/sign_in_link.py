"""Somebody asked for a link to sign in. It is made when the mail is written, so that none is kept anywhere.

Whoever decides for others signs in with more than a mailbox, and is told so.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.mail.letter import Correspondent, Letter, from_network, letterhead, reading_language
from matchmaker.mail.links import link
from matchmaker.queries import people
from matchmaker.settings import Settings
from models import Account, OutboxItem, Partner, Region


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when the account is gone or closed, or the profile has an account by now."""
    region = session.get(Region, item.region_id) if item.region_id else None
    holder = _holder(session, item)
    if holder is None or region is None:
        return None
    language = reading_language(holder.language, region)
    staff = isinstance(holder, Account) and people.is_staff(session, holder.id, now)
    name = holder.name if isinstance(holder, Account) else holder.addressee
    return Letter(
        template="sign_in_instead" if staff else "sign_in_link",
        language=language,
        recipient=Correspondent(name, holder.email),
        sender=from_network(region, language),
        letterhead=letterhead(region, language),
        context=_other_ways(settings) if staff else _the_link(settings, holder, now),
        automatic=True,
        kind=None,
    )


def _holder(session: Session, item: OutboxItem) -> Account | Partner | None:
    if "account_id" in item.payload:
        account = session.get(Account, item.payload["account_id"])
        return account if account is not None and account.active else None
    partner = session.get(Partner, item.payload["partner_id"])
    return partner if partner is not None and partner.account_id is None and partner.email else None


def _the_link(settings: Settings, holder: Account | Partner, now: datetime) -> dict[str, object]:
    until = now + tokens.SIGN_IN_LASTS
    token = tokens.issue(settings.secret_key, tokens.Purpose.SIGN_IN, uuid4(), tokens.who_signs_in(holder), until)
    return {"page": link(settings, "links.show", token=token), "until": until}


def _other_ways(settings: Settings) -> dict[str, object]:
    return {"sign_in": link(settings, "security.login"), "forgot": link(settings, "security.forgot_password")}
