"""Ways to reach somebody that stand in a text: e-mail addresses and telephone numbers, also as people disguise them."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Only where a run of such signs begins, and without trying shorter ones: else the time that a long word takes grows
# with the square of its length.
_MAILBOX = r"(?<![\w.+%-])[\w.+%-]++"
_ADDRESS = re.compile(rf"{_MAILBOX}\s?@\s?[\w-]+(?:\.[\w-]+)+")
# "ana (at) people.example", "ana arroba correo punto mx"
_MARKED = r"(?:\(at\)|\[at\]|\{at\}|\(?\barroba\b\)?)"
_DOT = r"(?:\(dot\)|\[dot\]|\bdot\b|\bpunto\b)"
# A plain "at" is one only before a spelled dot: "at school. Bring boots" is no address.
_SPELLED = re.compile(
    rf"{_MAILBOX} ?(?:{_MARKED} ?[\w-]+ ?(?:\.|{_DOT})|\bat\b ?[\w-]+ ?{_DOT}) ?[a-z]{{2,}}\b", re.IGNORECASE
)
_DIRECT = re.compile(r"\b(?:wa\.me|t\.me|signal\.me|chat\.whatsapp\.com)/\S+", re.IGNORECASE)
# Digits with at most two blanks, dots, dashes or brackets between: no colon, comma or slash, which times, lists and
# dates are written with.
_DIGITS = re.compile(r"(?<![\w:/,$+(])[+(]*+\d(?:[ \u00a0\u202f.()\u2010-\u2015-]{0,3}\d){6,14}(?![\w:/%])")
_LOCAL = re.compile(r"\d{3}[\u2010-\u2015-]\d{4}|\d{7}")
_DATE = re.compile(r"(?:19|20)\d\d[ .-][01]?\d[ .-][0-3]?\d|[0-3]?\d[ .-][0-3]?\d[ .-](?:19|20)\d\d")
_YEARS = re.compile(r"(?:1[5-9]|20)\d\d ?[\u2010-\u2015-] ?(?:1[5-9]|20)\d\d")


def in_text(text: str, known: Iterable[str] = ()) -> list[str]:
    """What in a text would reach somebody outside the service, each once, in order. ``known`` are the network's own
    address and number, which everybody has."""
    ours = {_plain(contact) for contact in known if contact.strip()}
    found = [match.group().strip() for pattern in (_ADDRESS, _SPELLED, _DIRECT) for match in pattern.finditer(text)]
    found += [match.group().strip() for match in _DIGITS.finditer(text) if _rings(match.group().strip())]
    return list(dict.fromkeys(contact for contact in found if _plain(contact) not in ours))


def holds(text: str, contacts: Iterable[str]) -> bool:
    """Whether one of somebody's own contacts stands in a text."""
    theirs = {_plain(contact) for contact in contacts if contact.strip()}
    return any(_plain(contact) in theirs for contact in in_text(text))


def _rings(number: str) -> bool:
    """Whether digits may be a telephone number: seven as local ones are written, or ten to thirteen."""
    if _DATE.fullmatch(number) or _YEARS.fullmatch(number):
        return False
    digits = re.sub(r"\D", "", number)
    return 10 <= len(digits) <= 13 or _LOCAL.fullmatch(number.strip("()")) is not None


def _plain(contact: str) -> str:
    """A contact without the ways of writing it: small letters, or the last ten digits."""
    if "@" in contact or re.search(r"[a-zA-Z]", contact):
        return re.sub(r"\s", "", contact).lower()
    return re.sub(r"\D", "", contact)[-10:]
