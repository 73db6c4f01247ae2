"""Mail that comes in: reports about ours, and answers to addresses of ours. It is piped in, or sent by a webhook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from enum import StrEnum

import structlog
from sqlalchemy.orm import Session

from matchmaker.mail import reports
from matchmaker.mail.reports import Outcome, Report
from matchmaker.services import bounces, replies
from matchmaker.settings import Settings

log = structlog.get_logger()

LARGEST = 10_000_000
"""Bytes of a mail that we read: an answer may bring photographs along, of which we then say that they stay behind."""

ANSWERS: dict[str, Callable[[Session, Settings, str, EmailMessage, datetime], object]] = {
    "talk": replies.receive,
}
"""Who takes a mail addressed to ``word+code@`` the reply domain, by that word. It gets the code and the mail."""


class Taken(StrEnum):
    """What a mail was taken for."""

    REPORT = "report"
    ANSWER = "answer"
    NOTHING = "nothing"
    """Neither: an out-of-office reply, a report about somebody else's mail, or a mail for the region's own mailbox."""


def take(session: Session, raw: bytes, settings: Settings, now: datetime, to: Iterable[str] = ()) -> Taken:
    """Do what a mail asks for. ``to`` is whom its envelope names, where that is known. The caller commits."""
    report = reports.read(raw)
    if report is not None:
        return _reported(session, report, now)
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    if settings.reply_domain and not reports.is_automatic(mail):
        for word, code in _addressed(mail, settings.reply_domain, to):
            if word in ANSWERS:
                ANSWERS[word](session, settings, code, mail, now)
                return Taken.ANSWER
    return Taken.NOTHING


def _reported(session: Session, report: Report, now: datetime) -> Taken:
    item = bounces.find(session, report.uid, report.recipient, now)
    log.info("mail_reported", outcome=report.outcome.value, status=report.status, item=item.id if item else None)
    if item is None:
        return Taken.NOTHING
    if report.outcome is Outcome.UNWANTED:
        bounces.complained(session, item, now)
    elif report.outcome is Outcome.FAILED:
        bounces.came_back(session, item, report.status, now, for_good=report.for_good, about_us=report.about_us)
    return Taken.REPORT


def _addressed(mail: EmailMessage, domain: str, to: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The words and codes of our own addresses among a mail's recipients."""
    named = [str(value) for name in ("X-Original-To", "Delivered-To", "To", "Cc") for value in mail.get_all(name, ())]
    for _, address in getaddresses([*to, *named]):
        local, _, host = address.rpartition("@")
        word, plus, code = local.partition("+")
        if plus and host.lower() == domain.lower():
            yield word.lower(), code
