"""A letter as plain data: to whom, from whom, in which language, which template, with which facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from babel import Locale

from matchmaker.i18n import LANGUAGES
from models import Account, MailKind, Region


@dataclass(frozen=True)
class Correspondent:
    """A name with an address."""

    name: str
    address: str


@dataclass(frozen=True)
class Letterhead:
    """The network, as it stands above and below a letter, in the recipient's language; dates are in ``time_zone``."""

    name: str
    short_name: str
    phone: str
    postal_address: str
    office_hours: str
    time_zone: str


@dataclass(frozen=True)
class Attachment:
    """A calendar file."""

    filename: str
    content: bytes
    method: str = "PUBLISH"


@dataclass(frozen=True)
class Span:
    """An offered or chosen time."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Quotation:
    """Somebody's own words, as written, and the language of them. ``cut`` when only the beginning fits."""

    title: str
    text: str
    language: str
    cut: bool = False


@dataclass(frozen=True)
class Letter:
    """One mail to one person. ``template`` names a folder under templates/mail.

    ``kind`` is what its reader can choose not to get; None for a mail about their account. A reply goes to
    ``reply_to``, else to the network. ``automatic`` marks what no person sent, so that out-of-office replies stay away.
    """

    template: str
    language: str
    recipient: Correspondent
    sender: Correspondent
    letterhead: Letterhead
    reply_to: Correspondent | None = None
    context: Mapping[str, object] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    automatic: bool = False
    kind: MailKind | None = MailKind.AGREED


LONGEST_QUOTATION = 1500
"""Characters of somebody's words that a mail repeats; the page behind its link has all of them."""

UNLISTED = {"ood": "O\u2019odham", "yaq": "Yoeme", "ase": "American Sign Language"}
"""Languages that Babel cannot always name, by their own name."""


def quote(title: str, text: str, language: str) -> Quotation:
    """Somebody's words for a letter, cut between two words where they are very long."""
    text = text.strip()
    if len(text) <= LONGEST_QUOTATION:
        return Quotation(title.strip(), text, language)
    beginning = text[:LONGEST_QUOTATION]
    return Quotation(title.strip(), f"{beginning.rsplit(maxsplit=1)[0]} …", language, cut=True)


def spoken(codes: Iterable[str], language: str) -> list[str]:
    """The names of languages as they stand in a sentence of another; a code without a name stays as it is."""
    names = Locale.parse(language).languages
    return [names.get(code) or UNLISTED.get(code, code) for code in codes]


def reading_language(wanted: str, region: Region) -> str:
    """The language to write in: the wanted one if we have it, else the first of the region's that we have."""
    return next((code for code in (wanted, *region.languages) if code in LANGUAGES), LANGUAGES[0])


def letterhead(region: Region, language: str) -> Letterhead:
    """The region's letterhead in a language."""
    return Letterhead(
        name=region.name_in(language),
        short_name=region.short_name,
        phone=region.phone,
        postal_address=region.postal_address,
        office_hours=region.office_hours_in(language),
        time_zone=region.time_zone,
    )


def from_network(region: Region, language: str) -> Correspondent:
    """The network itself as a sender."""
    return Correspondent(region.name_in(language), region.email)


def from_person(person: Account, region: Region) -> Correspondent:
    """A named person at the network as a sender; the address is the network's."""
    return Correspondent(f"{person.name} · {region.short_name}", region.email)
