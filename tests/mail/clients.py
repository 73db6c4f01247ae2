"""What mail clients need of every mail we send, whichever its kind."""

from __future__ import annotations

import re
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser

from tests.mail.conftest import part

CUT_OFF = 102 * 1024
"""Bytes of HTML after which Gmail shows no more."""
VOID = {"br", "meta", "link", "img", "hr"}


class Html(HTMLParser):
    """The HTML part as a client takes it apart: tags, links, words; and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self._open) and not any(
            "hidden" in attrs for tag, attrs in self.tags[-1:] if tag == "div"
        ):
            self.words.append(data)

    @property
    def links(self) -> list[str]:
        return [str(attrs["href"]) for _, attrs in self.tags if "href" in attrs]


def check(mail: EmailMessage, public_url: str) -> None:
    """Fail on anything that some client would show badly, cut off, block or file as spam."""
    text, html = part(mail, "plain"), part(mail, "html")
    page = Html(html)
    _headers(mail)
    _self_contained(html, page)
    assert len(html.encode()) < CUT_OFF
    for link in page.links:
        scheme = link.partition(":")[0]
        assert scheme in ("https", "tel", "mailto"), link
        if scheme == "https":
            assert link.startswith(f"{public_url}/") and link in text
        elif scheme == "mailto":
            assert link.removeprefix("mailto:") in text
    assert max(len(line) for line in text.splitlines() if "://" not in line) <= 76
    assert figures(text) == figures(" ".join(page.words))


def _headers(mail: EmailMessage) -> None:
    for name in ("Message-ID", "Date", "From", "To", "Subject", "Reply-To"):
        assert len(mail.get_all(name, [])) == 1, name
    assert "\n" not in str(mail["Subject"]) and 0 < len(str(mail["Subject"])) <= 150
    assert "@" in str(mail["Reply-To"]) and "no-reply" not in str(mail["Reply-To"]).lower()
    [alternative] = [each for each in mail.walk() if each.get_content_type() == "multipart/alternative"]
    assert [each.get_content_type() for each in alternative.iter_parts()][:2] == ["text/plain", "text/html"]
    for each in alternative.iter_parts():
        assert each.get_content_charset() == "utf-8"


def _self_contained(html: str, page: Html) -> None:
    [(_, root)] = [each for each in page.tags if each[0] == "html"]
    assert root["lang"] in ("en", "es")
    assert ("meta", {"charset": "utf-8"}) in page.tags
    [article] = [attrs for tag, attrs in page.tags if tag == "article"]
    assert article["role"] == "article" and article["lang"] == root["lang"]
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "link", "iframe", "form", "table", "object", "video", "svg"}
    assert not any(
        name.startswith("on") or name in ("style", "src", "background") for _, at in page.tags for name in at
    )
    assert "url(" not in html and "@import" not in html
    assert "max-width: 600px" in html and "prefers-color-scheme: dark" in html


def figures(words: str) -> set[str]:
    """Numbers with what joins them (times, years, telephone numbers), links and addresses aside."""
    bare = re.sub(r"https?://\S+|\S+@\S+", " ", unescape(words))
    return set(re.findall(r"\d+(?:[:.,-]\d+)*", bare))
