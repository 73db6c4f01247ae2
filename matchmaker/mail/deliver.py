"""One outbox item to one mail: compose, render, send, and what the sending changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from matchmaker.mail import (
    account,
    account_exists,
    introduction_partner,
    introduction_teacher,
    invitation,
    vouched,
)
from matchmaker.mail.failures import PermanentFailure, TransientFailure
from matchmaker.mail.letter import Letter
from matchmaker.mail.render import render
from matchmaker.mail.transport import Transport
from matchmaker.settings import Settings
from models import OutboxItem

__all__ = ["PermanentFailure", "TransientFailure", "deliver"]

log = structlog.get_logger()

COMPOSE: dict[str, Callable[[Session, OutboxItem, Settings, datetime], Letter | None]] = {
    "invitation": invitation.compose,
    "introduction_teacher": introduction_teacher.compose,
    "introduction_partner": introduction_partner.compose,
    "account": account.compose,
    "account_exists": account_exists.compose,
    "vouched": vouched.compose,
}
SENT: dict[str, Callable[[Session, OutboxItem, datetime], None]] = {
    "invitation": invitation.sent,
    "introduction_teacher": introduction_teacher.sent,
    "introduction_partner": introduction_partner.sent,
    "account": account.sent,
}


def deliver(session: Session, item: OutboxItem, transport: Transport, settings: Settings, now: datetime) -> bool:
    """Send what a claimed item asks for and mark it done; False when it was no longer to be sent. The caller commits.

    Everything that can go wrong does so before the server is asked, or by its answer. A process killed between the
    server's 250 and the caller's commit sends the mail once more, with the same Message-ID. Needs an application
    context.

    Raises PermanentFailure when a person must look at the item, TransientFailure when it may be tried again.
    """
    if item.kind not in COMPOSE:
        raise PermanentFailure(f"there is no letter for {item.kind!r}")
    letter = COMPOSE[item.kind](session, item, settings, now)
    if letter is None:
        item.done_at = now
        log.info("mail_dropped", kind=item.kind, item=item.id)
        return False
    message = render(letter, item, settings, now)
    session.flush()
    transport.send(message)
    item.done_at = now
    if item.kind in SENT:
        SENT[item.kind](session, item, now)
    session.flush()
    log.info("mail_sent", kind=item.kind, item=item.id)
    return True
