"""Headers that nobody can inject into, names of every kind, and a text part that reads well."""

from __future__ import annotations

from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from flask import Flask

from matchmaker.mail.failures import PermanentFailure
from matchmaker.mail.letter import LONGEST_QUOTATION, Correspondent, Letter, Letterhead, quote, spoken
from matchmaker.mail.render import WIDTH, render, wrapped
from matchmaker.settings import Settings
from models import OutboxItem, QueueName
from tests import factories as f
from tests.mail.conftest import part

HEAD = Letterhead("Palo Fierro Learning Network", "Palo Fierro", "520-555-0142", "Calle 12", "", "America/Phoenix")
LETTER = Letter(
    template="vouched",
    language="en",
    recipient=Correspondent("Ana Luisa Robles", "ana@people.example"),
    sender=Correspondent("Marisol Vega · Palo Fierro", "hola@valley.example"),
    letterhead=HEAD,
    context={"coordinator": "Marisol Vega", "page": "http://matchmaker.example/requests/new"},
)
NAMES = [
    "Ochoa, Esperanza",
    'Ramón "el Güero" Escalante',
    "O'Brien (retired); <b@c.example>",
    "Ñandú 🌵 Peñasco",
    "日本" * 60,
    "Señora " * 60,
    "x" * 300,
]


@pytest.fixture
def written(app: Flask, settings: Settings):  # type: ignore[no-untyped-def]
    item = OutboxItem(queue=QueueName.MAIL, key="k", kind="vouched", uid=f.uuid4())

    def write(letter: Letter) -> EmailMessage:
        with app.app_context():
            return render(letter, item, settings, f.NOW)

    return write


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_is(written, name: str) -> None:  # type: ignore[no-untyped-def]
    message = written(replace(LETTER, recipient=Correspondent(name, "ana@people.example")))

    header = message["To"].fold(policy=message.policy).partition(":")[2].strip()
    shown = str(make_header(decode_header(header.replace("\r\n", ""))))
    unquoted = shown.replace('\\"', '"').replace(f'"{name.strip()}"', name.strip())
    assert unquoted == f"{name.strip()} <ana@people.example>"
    assert max(len(line) for line in message.as_bytes().split(b"\r\n")) <= 998


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85", "\x0b"])
def test_no_name_starts_a_header(written, end: str) -> None:  # type: ignore[no-untyped-def]
    hostile = f"Ana{end}Bcc: victim@elsewhere.example{end}{end}<b>body"
    evil = Correspondent(hostile, "ana@people.example")
    head = replace(HEAD, short_name=hostile, name=hostile)

    message = written(
        replace(LETTER, template="account_exists", recipient=evil, reply_to=evil, letterhead=head,
                sender=replace(LETTER.sender, name=hostile), context={"sign_in": "", "forgot": ""})
    )  # fmt: skip

    headers = message.as_bytes().partition(b"\r\n\r\n")[0]
    assert message["Bcc"] is None and b"\nBcc:" not in headers and b"\rBcc:" not in headers
    assert headers.count(b"\nTo:") == 1


NO_ADDRESSES = ["", "ana", "@people.example", "ana@", "a na@people.example", "a@b.example\r\nBcc: c@d.example"]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_put_aside(written, address: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PermanentFailure):
        written(replace(LETTER, recipient=Correspondent("Ana", address)))


def test_a_domain_beyond_ascii_is_written_in_its_ascii_form(written) -> None:  # type: ignore[no-untyped-def]
    message = written(replace(LETTER, recipient=Correspondent("Ana", "ana@señas.example")))

    assert message["To"].addresses[0].addr_spec == "ana@xn--seas-hqa.example"


def test_the_message_id_is_the_items(written, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    first, again = written(LETTER), written(LETTER)

    assert first["Message-ID"] == again["Message-ID"]
    assert str(first["Message-ID"]).endswith(f"@{settings.mail_domain}>")


def test_the_html_stands_alone(written) -> None:  # type: ignore[no-untyped-def]
    html = part(written(LETTER), "html")

    assert '<html lang="en">' in html and "prefers-color-scheme: dark" in html
    for foreign in ("<img", "<table", "<script", "<link", "url(", "@import", "style="):
        assert foreign not in html


def test_text_is_filled_to_the_width_and_links_stay_whole() -> None:
    link = "https://matchmaker.example/i/" + "x" * 100

    text = wrapped(f"{'word ' * 40}\n\n\n\n- {'item ' * 30}\n{link}")

    lines = text.splitlines()
    assert link in lines
    assert all(len(line) <= WIDTH for line in lines if line != link)
    assert "\n\n\n" not in text and "\n  item" in text


def test_a_quotation_is_cut_between_words() -> None:
    words = "agua " * 1000

    quoted = quote("El agua", words, "es")

    assert quoted.cut and quoted.text.endswith("agua …") and len(quoted.text) <= LONGEST_QUOTATION + 2
    assert not quote("El agua", "agua", "es").cut


def test_languages_are_named_as_in_a_sentence() -> None:
    assert spoken(["en", "es", "ood", "xx"], "es") == ["inglés", "español", "O\u2019odham", "xx"]
