"""From a letter to the bytes of a mail: text and HTML from the same facts, in the recipient's language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import policy
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flask import current_app, g
from flask_babel import force_locale

from matchmaker import tokens
from matchmaker.mail.failures import PermanentFailure
from matchmaker.mail.letter import Attachment, Correspondent, Letter
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import OutboxItem

WIDTH = 72
"""Columns of the text part."""
LARGEST_HTML = 102 * 1024
"""Bytes after which Gmail cuts a message off."""
CHOICES_LAST = timedelta(days=365)
"""How long the link to one's choices works, after the mail it stands in."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class _Headers(HeaderRegistry):
    """The standard headers. Most of a mail's stand in the next one, too, and are taken apart once."""

    @lru_cache(maxsize=512)  # noqa: B019 - there is one registry
    def __call__(self, name: str, value: Any) -> BaseHeader:
        return super().__call__(name, value)


class _Addresses(UnstructuredHeader):
    """A header of addresses in angle brackets, one a line. The standard one would cut and encode a long link."""

    def fold(self, *, policy: policy.EmailPolicy) -> str:
        lines = str(self).split(", ")
        return f"{self.name}: {f',{policy.linesep} '.join(lines)}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = _Headers()
_HEADERS.map_to_type("list-unsubscribe", _Addresses)  # type: ignore[arg-type]  # as the standard ones are
_ASCII, _UTF8 = (each.clone(header_factory=_HEADERS) for each in (policy.SMTP, policy.SMTPUTF8))


def render(letter: Letter, item: OutboxItem, settings: Settings, now: datetime) -> EmailMessage:
    """The whole mail. Its Message-ID is the outbox item's and stays the same however often it is tried.

    Raises PermanentFailure when the recipient's address is none.
    """
    recipient = _address(letter.recipient)
    message = EmailMessage(policy=_ASCII if recipient.addr_spec.isascii() else _UTF8)
    token = choices_token(letter, item, settings, now)
    choices = link(settings, "mail.choices", token=token) if token else None
    with _writing(letter):
        subject = one_line(_part(letter, "subject.txt"))
        text = wrapped(_part(letter, "body.txt", choices=choices))
        html = _part(letter, "body.html", subject=subject, choices=choices)
    if len(html.encode()) > LARGEST_HTML:
        raise ValueError(f"{letter.template}: the HTML part is over {LARGEST_HTML} bytes")
    message["Message-ID"] = f"<{item.uid}@{settings.mail_domain}>"
    message["Date"] = format_datetime(now)
    message["From"] = str(_address(letter.sender))
    message["To"] = str(recipient)
    message["Reply-To"] = str(_address(letter.reply_to or letter.sender))
    message["Subject"] = subject
    if token:
        _list_unsubscribe(message, link(settings, "mail.one_click", token=token), _address(letter.sender).addr_spec)
    if letter.automatic:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    for attachment in letter.attachments:
        _attach(message, attachment)
    message["Content-Language"] = letter.language
    return message


def choices_token(letter: Letter, item: OutboxItem, settings: Settings, now: datetime) -> str | None:
    """The link to the reader's choices: it names this mail and its kind, and nobody's address."""
    if letter.kind is None:
        return None
    return tokens.issue(settings.secret_key, tokens.Purpose.CHOICES, item.uid, letter.kind.value, now + CHOICES_LAST)


def one_line(text: str) -> str:
    """Text for a header: no line ends or control characters, single spaces."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def wrapped(text: str) -> str:
    """Paragraphs filled to the width of a mail; a line that is one long word, such as a link, stays whole."""
    lines = (line if len(line) <= WIDTH else _filled(line) for line in map(str.rstrip, text.strip().splitlines()))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _filled(line: str) -> str:
    indent = "  " if line.startswith("- ") else ""
    return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


@contextmanager
def _writing(letter: Letter) -> Iterator[None]:
    """A context of its own, with the letter's language and time zone, so that a page's choices do not leak in."""
    with current_app.app_context(), force_locale(letter.language):
        g.region = letter.letterhead
        yield


def _part(letter: Letter, name: str, **more: object) -> str:
    # Not render_template: a letter is made of its own facts, without the context of a page.
    template = current_app.jinja_env.get_template(f"mail/{letter.template}/{name}")
    return template.render(
        language=letter.language,
        letterhead=letter.letterhead,
        recipient=letter.recipient,
        sender=letter.sender,
        **letter.context,
        **more,
    )


def _list_unsubscribe(message: EmailMessage, page: str, address: str) -> None:
    """What mail clients make their own "unsubscribe" of: one POST to our page (RFC 8058), else a mail to us."""
    message["List-Unsubscribe"] = f"<{page}>, <mailto:{quote(address, safe='@')}?subject=unsubscribe>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _address(correspondent: Correspondent) -> Address:
    spec = correspondent.address.strip()
    local, _, domain = spec.rpartition("@")
    try:
        if not domain.isascii():
            spec = f"{local}@{domain.encode('idna').decode()}"
        if not local or any(character.isspace() for character in spec):
            raise ValueError("an address has a local part, a domain and no blanks")
        return Address(one_line(correspondent.name), addr_spec=spec)
    except (ValueError, IndexError) as error:
        raise PermanentFailure(f"{correspondent.address!r} is not an e-mail address: {error}") from error


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    message.add_attachment(
        attachment.content.decode(),
        subtype="calendar",
        charset="utf-8",
        cte="quoted-printable",
        filename=attachment.filename,
        params={"method": attachment.method},
    )
