"""What somebody wrote in an answer by mail: their own words, without what they answer to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from html.parser import HTMLParser

_QUOTED = re.compile(r"\s*(?:>|&gt;)")
# "On Mon, Sep 14, 2026 at 9:20 AM Ana via Palo Fierro <hola@…> wrote:" and its Spanish kin, on up to four lines.
_BEGINS = re.compile(r"\s*(?:On|El|Le|Am|A la\(s\)|El día)\b", re.IGNORECASE)
_ENDS = re.compile(r"(?:wrote|escribió|escribio)\s*:\s*$", re.IGNORECASE)
_LONGEST_ATTRIBUTION = 4
# "-----Original Message-----", "---------- Forwarded message ---------"
_DIVIDER = re.compile(
    r"\s*-{2,}\s*(?:original message|forwarded message|mensaje original|mensaje reenviado|mensaje enviado)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\s*\*?(?:From|De)\s?:\*?\s+\S", re.IGNORECASE)
_MORE_HEADERS = re.compile(r"\s*\*?(?:Sent|Date|To|Subject|Enviado(?: el)?|Fecha|Para|Asunto)\s?:\*?\s", re.IGNORECASE)
_RULE = re.compile(r"\s*_{10,}\s*$")
_SIGNATURE = re.compile(r"--\s?$")
_DEVICE = re.compile(
    r"\s*(?:Sent from my|Get Outlook for|Enviado desde mi|Obtener Outlook para)\b.{0,80}$", re.IGNORECASE
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_WIDTH = 72
"""Columns at which mail programs break a line, at the least."""
_LONGEST_WORD = 30
_OWN_LINE = (">", " >", "-", "*", "_", "\t")
"""How a line begins that was not broken off the one before."""


def own_words(message: EmailMessage) -> str:
    """The text of an answer without what it quotes, without a signature, its paragraphs in one line each."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    # A picture in the middle of a text makes several parts of it.
    parts = [body, *(part for part in message.iter_attachments() if not _enclosed(part))]
    return without_quotation("\n".join(_text_of(part) for part in parts))


def attachments(message: EmailMessage) -> int:
    """How many files came along."""
    return sum(_enclosed(part) for part in message.iter_attachments())


def _enclosed(part: MIMEPart) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"


def without_quotation(text: str) -> str:
    """The writer's own lines: no quoted lines, nothing from where the answered mail begins, no signature."""
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u200b", "")).split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if _ends_here(lines, at):
            break
        attribution = _attribution(lines, at)
        if attribution:
            if not _quotes_next(lines, at + attribution):
                break
            at += attribution
            continue
        if not _QUOTED.match(lines[at]):
            kept.append(lines[at].rstrip())
        at += 1
    while kept and (not kept[-1].strip() or _DEVICE.match(kept[-1])):
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _ends_here(lines: list[str], at: int) -> bool:
    """Whether the answered mail, or a signature, begins at a line."""
    line = lines[at]
    if _DIVIDER.match(line) or _SIGNATURE.fullmatch(line):
        return True
    if _RULE.match(line):
        return any(_HEADER.match(following) for following in lines[at + 1 : at + 3])
    more = [bool(_MORE_HEADERS.match(following)) for following in lines[at + 1 : at + 3]]
    # One may open a sentence of the writer's own; an address with it, or three in a row, do not.
    return bool(_HEADER.match(line)) and more[:1] == [True] and ("@" in line or more == [True, True])


def _attribution(lines: list[str], at: int) -> int:
    """How many lines from here say who wrote what is quoted; 0 for none.

    One that no quoted line follows must name an address: a sentence of the writer's own may well end in "wrote:".
    """
    if not _BEGINS.match(lines[at]):
        return 0
    for number in range(1, _LONGEST_ATTRIBUTION + 1):
        said = lines[at : at + number]
        if len(said) < number or not said[-1].strip():
            return 0
        if _ENDS.search(said[-1]):
            return number if _quotes_next(lines, at + number) or "@" in " ".join(said) else 0
    return 0


def _quotes_next(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at:] if line.strip()), "")
    return bool(_QUOTED.match(following))


def _text_of(part: MIMEPart) -> str:
    text = _decoded(part)
    if part.get_content_subtype() == "html":
        parser = _Words()
        parser.feed(text)
        parser.close()
        return "\n".join(line.strip() for line in "".join(parser.words).split("\n"))
    return _whole_lines(text.replace("\r\n", "\n"), flowed=part.get_param("format") == "flowed")


def _whole_lines(text: str, *, flowed: bool) -> str:
    """Lines that a mail program broke, whole again: those that end in a blank (RFC 3676), or in a word after which the
    next would not have fitted. Quoted lines stay as they are."""
    out: list[str] = []
    before = ""
    for line in text.split("\n"):
        if line.strip() and before.strip() and _broken(before, line, flowed):
            out[-1] = f"{out[-1].rstrip()} {line.strip()}"
        else:
            out.append(line)
        before = line
    return "\n".join(out)


def _broken(before: str, line: str, flowed: bool) -> bool:
    if before.startswith(_OWN_LINE) or line.startswith(_OWN_LINE) or _HEADER.match(before) or _MORE_HEADERS.match(line):
        return False
    if flowed:
        return before.endswith(" ")
    return _WIDTH < len(before.rstrip()) + 1 + len(line.split(maxsplit=1)[0]) <= _WIDTH + _LONGEST_WORD


def _decoded(part: MIMEPart) -> str:
    """A part's text, whatever it claims about itself."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else str(payload or "").encode()
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


class _Words(HTMLParser):
    """The words of an HTML part, without what it quotes."""

    SILENT = frozenset({"blockquote", "head", "script", "style", "title"})
    BREAKS = frozenset({"br", "div", "h1", "h2", "h3", "li", "p", "tr"})
    VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "col", "area", "base"})
    QUOTES = ("gmail_quote", "gmail_signature", "yahoo_quoted", "moz-cite-prefix")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BREAKS and not self._silent:
            self.words.append("\n")
        if tag in self.VOID:
            return
        named = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        if self._silent or tag in self.SILENT or any(quote in named for quote in self.QUOTES):
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            while self._silent and self._silent.pop() != tag:
                continue
        elif tag in ("p", "h1", "h2", "h3", "ul", "ol") and not self._silent:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(re.sub(r"[ \t\r\n\u00a0]+", " ", data))


def automatic(message: EmailMessage) -> bool:
    """Whether no person wrote it: an out-of-office note, a list, a report of a mail that came back."""
    return any(_automatic(message))


def _automatic(message: EmailMessage) -> Iterator[bool]:
    yield str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
    yield str(message.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply")
    yield any(name in message for name in ("X-Autoreply", "X-Autorespond", "List-Id", "X-Failed-Recipients"))
    yield message.get_content_type() == "multipart/report"
    yield str(message.get("Return-Path", "")).strip() == "<>"
    yield _AWAY.match(str(message.get("Subject", ""))) is not None


_AWAY = re.compile(
    r"\s*(?:out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?reply|autoreply|respuesta automática"
    r"|fuera de (?:la )?oficina|ausente)\b",
    re.IGNORECASE,
)
