"""A page as a program reads it: its words with their language, its ids, headings, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
UNSEEN = frozenset({"script", "style"})
SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-label", "aria-valuetext", "aria-description")
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget", "list")
FETCHED = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src", "image": "href"}


@dataclass(frozen=True)
class Words:
    """Words that somebody reads or hears, the language they are marked with, and the element they stand in."""

    text: str
    language: str
    inside: str


@dataclass
class Reading:
    """What a page holds."""

    language: str = ""
    words: list[Words] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    invalid: list[tuple[str, str]] = field(default_factory=list)
    """The name of each field marked as wrong, and what it is described by."""
    alerts: int = 0


def read(page: str) -> Reading:
    """Read a whole page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.reading


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.reading = Reading()
        self.open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        language = given.get("lang", self.open[-1][1] if self.open else "")
        here = self.reading
        if tag == "html":
            here.language = language
        if re.fullmatch("h[1-6]", tag):
            here.headings.append(int(tag[1]))
        if "id" in given:
            here.ids.append(given["id"])
        for name in REFERENCES:
            here.references.extend(given.get(name, "").split())
        if given.get("href", "").startswith("#") and tag in ("a", "use"):
            here.references.append(given["href"][1:])
        self._addresses(tag, given)
        if given.get("aria-invalid") == "true":
            here.invalid.append((given.get("name", tag), given.get("aria-describedby", "")))
        here.alerts += given.get("role") == "alert"
        for name in SPOKEN:
            if given.get(name, "").strip():
                here.words.append(Words(_plain(given[name]), language, f"{tag}[{name}]"))
        if tag == "input" and given.get("type") in ("submit", "button", "reset") and given.get("value"):
            here.words.append(Words(_plain(given["value"]), language, "input[value]"))
        if tag not in VOID:
            self.open.append((tag, language))

    def _addresses(self, tag: str, given: dict[str, str]) -> None:
        if tag in FETCHED and given.get(FETCHED[tag]) and given.get("rel") != "canonical":
            self.reading.fetched.append(given[FETCHED[tag]])
        if tag == "a" and given.get("href"):
            self.reading.links.append(given["href"])
        if given.get("action"):
            self.reading.actions.append(given["action"])

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        tag, language = self.open[-1] if self.open else ("", "")
        if tag not in UNSEEN and (text := _plain(data)):
            self.reading.words.append(Words(text, language, tag))


def _plain(text: str) -> str:
    return " ".join(text.split())
