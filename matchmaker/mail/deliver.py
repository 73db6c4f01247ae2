"""One outbox item to one mail: compose, render, send, and what the sending changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from matchmaker.mail import (
    account,
    account_exists,
    clearance_ends,
    clearance_renewal,
    how_was_it,
    introduction_partner,
    introduction_teacher,
    invitation,
    invitation_over,
    invitation_reminder,
    looking_further,
    message,
    message_held,
    other_times,
    plan_wanted,
    sign_in_link,
    visit_cancelled,
    visit_changed,
    visit_soon,
    vouched,
)
from matchmaker.mail.failures import NotYet, PermanentFailure, TransientFailure, UnknownKind
from matchmaker.mail.letter import Letter
from matchmaker.mail.render import render
from matchmaker.mail.transport import Transport
from matchmaker.queries import mail_choices
from matchmaker.settings import Settings
from models import MailKind, OutboxItem, Region

__all__ = ["NotYet", "PermanentFailure", "TransientFailure", "UnknownKind", "deliver"]

log = structlog.get_logger()

COMPOSE: dict[str, Callable[[Session, OutboxItem, Settings, datetime], Letter | None]] = {
    "invitation": invitation.compose,
    "invitation_reminder": invitation_reminder.compose,
    "invitation_over": invitation_over.compose,
    "other_times": other_times.compose,
    "looking_further": looking_further.compose,
    "introduction_teacher": introduction_teacher.compose,
    "introduction_partner": introduction_partner.compose,
    "account": account.compose,
    "account_exists": account_exists.compose,
    "sign_in_link": sign_in_link.compose,
    "vouched": vouched.compose,
    "message": message.compose,
    "message_held": message_held.compose,
    "clearance_ends": clearance_ends.compose,
    "clearance_renewal": clearance_renewal.compose,
    "plan_wanted": plan_wanted.compose,
    "how_was_it": how_was_it.compose,
    "visit_changed": visit_changed.compose,
    "visit_cancelled": visit_cancelled.compose,
    "visit_soon": visit_soon.compose,
}
SENT: dict[str, Callable[[Session, OutboxItem, datetime], None]] = {
    "account": account.sent,
}


def deliver(
    session: Session,
    item: OutboxItem,
    transport: Transport,
    settings: Settings,
    now: datetime,
    leaving: Callable[[], None] = lambda: None,
) -> bool:
    """Mark a claimed item done and send what it asks for; False when it was no longer to be sent. The caller commits,
    or rolls back when this raises.

    Everything that can go wrong does so before the server is asked, or by its answer: ``leaving`` is called when all is
    ready. A process killed between the server's 250 and the caller's commit sends the mail once more, with the same
    Message-ID. Needs an application context.

    Raises PermanentFailure when a person must look at the item, TransientFailure when it may be tried again, NotYet
    when it has to wait.
    """
    if item.kind not in COMPOSE:
        raise UnknownKind(f"this version has no letter {item.kind!r}: it was left by another one")
    letter = COMPOSE[item.kind](session, item, settings, now)
    if letter is None or not _wanted(session, item, letter):
        item.done_at = now
        log.info("mail_dropped", kind=item.kind, item=item.id, unwanted=letter is not None)
        return False
    _require_good_time(session, item, letter, now)
    message = render(letter, item, settings, now)
    item.done_at, item.recipient = now, mail_choices.tidy(letter.recipient.address)
    if item.kind in SENT:
        SENT[item.kind](session, item, now)
    session.flush()
    leaving()
    transport.send(message, _returns_to(item, settings))
    log.info("mail_sent", kind=item.kind, item=item.id)
    return True


def _wanted(session: Session, item: OutboxItem, letter: Letter) -> bool:
    """Whether a letter may go to its address; False for one that its reader can do without.

    Raises PermanentFailure for one that may not leave and that somebody waits for: a person must decide.
    """
    if not letter.recipient.address.strip():
        raise PermanentFailure("this person has no e-mail address; call instead")
    reason = mail_choices.stopped(session, item.region_id, letter.recipient.address, letter.kind)
    if reason is None:
        return True
    if letter.kind is MailKind.AFTERWARDS:
        return False
    what = {None: "mail", MailKind.ASKING: "invitations or questions"}.get(letter.kind, "mails about what was agreed")
    raise PermanentFailure(f"no {what} may go to this address ({reason}); call instead")


def _require_good_time(session: Session, item: OutboxItem, letter: Letter, now: datetime) -> None:
    """Raises NotYet for a letter that can wait, in quiet hours and where its reader got enough for today.

    What was agreed leaves at any hour, and however much came before: somebody is waiting for it.
    """
    if letter.kind in (None, MailKind.AGREED) or item.region_id is None:
        return
    region = session.get_one(Region, item.region_id)
    until = mail_choices.not_before(session, region, letter.recipient.address, now)
    if until is not None:
        raise NotYet(until)


def _returns_to(item: OutboxItem, settings: Settings) -> str | None:
    """Where the mail comes back to if it cannot be delivered: an address that names it, where we read such mail."""
    return f"bounce+{item.uid.hex}@{settings.reply_domain}" if settings.reply_domain else None
