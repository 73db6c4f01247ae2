"""The mailbox of a demonstration."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

HTML = '<p style="color: teal">Hola, Esperanza</p><script>alert(1)</script>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two mails, one of them with every part, and things that are no mails."""
    mail = EmailMessage()
    mail["Subject"] = "Una clase quiere aprender de usted <b>"
    mail["From"] = "Marisol Vega <hola@palofierro.example>"
    mail["To"] = "Esperanza Ochoa <esperanza@people.example>"
    mail["Date"] = "Mon, 14 Sep 2026 09:10:00 -0700"
    mail.set_content("Hola, Esperanza.\nhttp://matchmaker.example/i/abc\n<script>alert(1)</script>")
    mail.add_alternative(HTML, subtype="html")
    mail.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="visita.ics")
    (tmp_path / "0002-1-0.eml").write_bytes(mail.as_bytes())
    (tmp_path / "0001-1-0.eml").write_bytes(b"Subject: Older\r\n\r\nOlder words\r\n")
    (tmp_path / "0003-1-0.part").write_bytes(b"not yet whole")
    (tmp_path / "..secret.eml").write_bytes(b"Subject: Secret words\r\n\r\n")
    return tmp_path


@pytest.fixture
def reader(folder: Path, another) -> FlaskClient:
    """A browser before a demonstration's application."""
    return another(mailbox_dir=str(folder)).test_client()


def test_mails_are_listed_newest_first(reader: FlaskClient) -> None:
    page = reader.get("/mailbox").get_data(as_text=True)
    assert page.index("Una clase quiere aprender de usted &lt;b&gt;") < page.index("Older")
    assert "Secret words" not in page
    assert "not yet whole" not in page


def test_a_mail_is_shown_as_text_with_its_links(reader: FlaskClient) -> None:
    page = reader.get("/mailbox/0002-1-0").get_data(as_text=True)
    assert 'href="http://matchmaker.example/i/abc"' in page
    assert "visita.ics" in page
    assert "<script>alert" not in page


def test_its_html_has_a_page_of_its_own_where_nothing_runs(reader: FlaskClient) -> None:
    answer = reader.get("/mailbox/0002-1-0/html")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.get_data(as_text=True).strip() == HTML
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_a_mail_without_html_has_no_such_page(reader: FlaskClient) -> None:
    assert reader.get("/mailbox/0001-1-0").status_code == 200
    assert reader.get("/mailbox/0001-1-0/html").status_code == 404


@pytest.mark.parametrize(
    "name", ["nothing", "..%2f..%2fetc%2fpasswd", "..secret", "%2e%2e", "a" * 300, "0002-1-0.eml", "%00", "☃"]
)
def test_only_names_of_mails_are_read(reader: FlaskClient, name: str) -> None:
    assert reader.get(f"/mailbox/{name}").status_code == 404
    assert reader.get(f"/mailbox/{name}/html").status_code == 404


def test_the_mailbox_is_linked_where_it_is(reader: FlaskClient, app: Flask) -> None:
    assert 'href="/mailbox"' in reader.get("/how").get_data(as_text=True)
    assert 'href="/mailbox"' not in app.test_client().get("/how").get_data(as_text=True)
