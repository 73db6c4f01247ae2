"""What mail servers and readers report about a mail: bounces (RFC 3464, and older shapes) and complaints (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    """What became of a mail."""

    FAILED = "failed"
    """It will not be delivered: the server gave up, or nobody is there."""
    DELAYED = "delayed"
    """The server keeps trying."""
    UNWANTED = "unwanted"
    """Its reader marked it as unwanted."""


@dataclass(frozen=True)
class Report:
    """One report. ``uid`` is the mail's, where the report still holds it; ``recipient`` is in lower case.

    ``status`` is the enhanced code (RFC 3463), of a failure only: 5.x.x for good, 4.x.x for now.
    """

    outcome: Outcome
    uid: UUID | None
    recipient: str | None
    status: str = ""

    @property
    def for_good(self) -> bool:
        """Whether trying again is useless. A full mailbox (x.2.2) may be emptied."""
        return self.status.startswith("5") and self.status != "5.2.2"

    @property
    def about_us(self) -> bool:
        """Whether the server refused the mail for its sender, size or content: nothing is known of the address."""
        return self.status.startswith(("5.3.4", "5.6.", "5.7."))


_HEX = r"[0-9a-fA-F]"
_UID = re.compile(rf"<({_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})@[^<>\s]+>")
_RETURNED_TO = re.compile(rf"\bbounce\+({_HEX}{{32}})@")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
_ADDRESS = re.compile(r"<?([^\s<>\"',;:()]+@[^\s<>\"',;:()]+\.[^\s<>\"',;:()]+)>?")
_POSTMASTERS = ("mailer-daemon", "postmaster", "mail-daemon")
_RETURNED = re.compile(
    r"undeliver|deliver\w* (?:status|fail)|return(?:ed|ing)|failure|could not be delivered|no se pudo", re.I
)
_FAILED, _DELAYED = frozenset({"failed", "failure"}), frozenset({"delayed"})


def read(raw: bytes) -> Report | None:
    """What a mail reports; None when it is no report, or reports that all is well."""
    # Parsed the old way, which takes every header as it comes: broken ones are not rare among these.
    mail = message_from_bytes(raw)
    kinds = {part.get_content_type() for part in mail.walk()}
    if "message/feedback-report" in kinds:
        return _complaint(mail)
    if "message/delivery-status" in kinds:
        return _delivery_status(mail)
    return _in_words(mail, raw) if _from_postmaster(mail) else None


def is_automatic(mail: Message) -> bool:
    """Whether no person wrote it: an out-of-office reply, a receipt, a list."""
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    empty = str(mail.get("Return-Path", "x")).strip() == "<>"
    return submitted != "no" or precedence in ("bulk", "auto_reply", "junk", "list") or empty


def _complaint(mail: Message) -> Report | None:
    fields = _fields(mail, "message/feedback-report")
    if fields.get("feedback-type", "abuse") == "not-spam":
        return None
    recipient = _address(fields.get("original-rcpt-to", "")) or _address(_original(mail).get("to", ""))
    return Report(Outcome.UNWANTED, _uid(mail), recipient)


def _delivery_status(mail: Message) -> Report | None:
    """The worst that is said about a recipient; ours have one each."""
    fields = _fields(mail, "message/delivery-status")
    action = fields.get("action", "").partition(" ")[0]
    diagnostic = fields.get("diagnostic-code", "")
    said = _STATUS.search(fields.get("status", "")) or _STATUS.search(diagnostic)
    status = said.group(1) if said else _plain_code(diagnostic)
    if not action:
        action = "failed" if status[:1] in "45" else "delivered"
    recipient = _address(fields.get("original-recipient", "")) or _address(fields.get("final-recipient", ""))
    if action in _DELAYED:
        return Report(Outcome.DELAYED, _uid(mail), recipient, status)
    if action in _FAILED:
        return Report(Outcome.FAILED, _uid(mail), recipient, status if status[:1] in ("4", "5") else "5.0.0")
    return None


def _in_words(mail: Message, raw: bytes) -> Report | None:
    """A bounce from before RFC 3464: its words hold a code, our Message-ID, and the address."""
    text = _text(mail) or raw.decode("utf-8", "replace")
    uid = _uid(mail)
    if uid is None and not _RETURNED.search(f"{mail.get('Subject', '')} {text[:2000]}"):
        return None
    said = next((found for found in _STATUS.finditer(text) if not found.group(1).startswith("2")), None)
    ours = {address.lower() for _, address in getaddresses([str(mail.get("To", "")), str(mail.get("From", ""))])}
    named = (found.group(1).rstrip(".").lower() for found in _ADDRESS.finditer(text))
    recipient = next((address for address in named if address not in ours and not _UID.match(f"<{address}>")), None)
    return Report(Outcome.FAILED, uid, recipient, said.group(1) if said else _plain_code(text))


def _plain_code(text: str) -> str:
    """An enhanced code made of a plain one ("550"); for good where there is none."""
    found = _CODE.search(text)
    return f"{found.group(1) if found else '5'}.0.0"


def _from_postmaster(mail: Message) -> bool:
    senders = getaddresses([str(mail.get(name, "")) for name in ("From", "Sender")])
    return any(address.partition("@")[0].lower() in _POSTMASTERS for _, address in senders)


def _fields(mail: Message, kind: str) -> dict[str, str]:
    """The fields of a machine-readable part, of all its blocks; names and values in lower case, the first of each."""
    found: dict[str, str] = {}
    for part in mail.walk():
        if part.get_content_type() != kind:
            continue
        blocks = part.get_payload() if part.is_multipart() else [message_from_string(_payload(part))]
        for block in blocks if isinstance(blocks, list) else ():
            if isinstance(block, Message):
                # Some servers leave an empty line between fields of one block, which makes the rest of it a body.
                later = message_from_string(_payload(block)).items() if not block.is_multipart() else ()
                for name, value in (*block.items(), *later):
                    found.setdefault(name.lower(), str(value).strip().lower())
    return found


def _original(mail: Message) -> dict[str, str]:
    """The headers of the mail that is reported on, as far as they were sent along."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                return {name.lower(): str(value) for name, value in inner[0].items()}
        elif part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            return {name.lower(): str(value) for name, value in message_from_string(_payload(part)).items()}
    return {}


def _uid(mail: Message) -> UUID | None:
    """Which of our mails it is about: by the address it came back to, else by our Message-ID wherever it stands."""
    for candidate in _places(mail):
        if found := _RETURNED_TO.search(candidate) or _UID.search(candidate):
            return UUID(found.group(1))
    return None


def _places(mail: Message) -> Iterator[str]:
    for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To"):
        yield from (f"{value}" for value in mail.get_all(name, ()))
    yield _original(mail).get("message-id", "")
    yield _fields(mail, "message/delivery-status").get("x-original-message-id", "")
    for name in ("References", "In-Reply-To"):
        yield from (f"{value}" for value in mail.get_all(name, ()))
    yield _text(mail)


def _text(mail: Message) -> str:
    """All words of a mail, those of an attached one included."""
    return "\n".join(_payload(part) for part in mail.walk() if part.get_content_maintype() == "text")


def _payload(part: Message) -> str:
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(part.get_payload())


def _address(field: str) -> str | None:
    """The address in ``rfc822; somebody@…`` or ``Somebody <somebody@…>``."""
    found = _ADDRESS.search(field.rpartition(";")[2])
    return found.group(1).lower() if found else None
