"""Reading the mails that a demonstration keeps as files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")


@dataclass(frozen=True)
class Letter:
    """One mail. ``id`` is its file's name; ``language`` and ``html`` are empty when it does not say, or has none."""

    id: str
    subject: str
    sender: str
    to: str
    reply_to: str
    sent_at: datetime
    text: str
    html: str
    language: str
    attachments: tuple[str, ...]


def names(folder: Path) -> list[str]:
    """The names of all mails, newest first: names sort by arrival."""
    return sorted((file.stem for file in folder.glob("*.eml") if NAME.fullmatch(file.stem)), reverse=True)


def read(folder: Path, name: str) -> Letter | None:
    """One mail by name; None when there is no such file."""
    if NAME.fullmatch(name) is None:
        return None
    try:
        raw = (folder / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    return _letter(name, BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw))


def _letter(name: str, mail: EmailMessage) -> Letter:
    return Letter(
        id=name,
        subject=str(mail["Subject"] or ""),
        sender=str(mail["From"] or ""),
        to=str(mail["To"] or mail["Delivered-To"] or ""),
        reply_to=str(mail["Reply-To"] or ""),
        sent_at=_sent_at(mail),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
        language=str(mail["Content-Language"] or ""),
        attachments=tuple(part.get_filename() or part.get_content_type() for part in mail.iter_attachments()),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""


def _sent_at(mail: EmailMessage) -> datetime:
    moment: datetime | None = getattr(mail["Date"], "datetime", None)
    if moment is None:
        return datetime.fromtimestamp(0, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
