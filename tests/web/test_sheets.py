"""Spreadsheets on pages: handed in, looked at, confirmed, taken back, taken along."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker.services.sheets import reading
from models import AuditEvent, OutboxItem, Partner, SheetImport
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser

NEIGHBORS = b"Name,E-mail,Days,Shoe size\r\nLucho Barrios,lucho@people.example,Mon/Wed,43\r\n"
WRONG = NEIGHBORS + b"Ms Nobody,nobody at home,Someday,\r\n"


def text(page: TestResponse) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.get_data(as_text=True))))


def hand_in(browser: Browser, data: bytes, kind: str = "partners", name: str = "neighbors.csv") -> TestResponse:
    sent = {"kind": kind, "file": (io.BytesIO(data), name)}
    return browser.post("/people/sheets/check", sent, content_type="multipart/form-data")


def confirm(browser: Browser, path: str, **said: Any) -> TestResponse:
    digest = re.search(r'name="digest"[^>]*value="([0-9a-f]{64})"', browser.get(path).get_data(as_text=True))
    assert digest is not None
    return browser.post(f"{path}/apply", {"digest": digest[1], **said})


@pytest.fixture
def marisol(cast: Cast, browse: Callable[..., Browser]) -> Browser:
    return browse(cast.marisol)


def test_a_file_is_looked_at_and_then_read_in(session: Session, cast: Cast, marisol: Browser) -> None:
    answer = hand_in(marisol, NEIGHBORS)
    path = answer.headers["Location"]
    looked = text(marisol.get(path))
    assert "1 new" in looked and "Lucho Barrios" in looked
    assert "Columns that are left out: Shoe size." in looked
    assert session.scalar(select(Partner.id).where(Partner.name == "Lucho Barrios")) is None
    assert confirm(marisol, path).headers["Location"] == path
    assert session.scalars(select(Partner.email).where(Partner.name == "Lucho Barrios")).all() == [
        "lucho@people.example"
    ]
    assert "Read in on" in text(marisol.get(path)) and "neighbors.csv" in text(marisol.get("/people/sheets"))
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.recipient == "lucho@people.example")) == 0


def test_what_is_wrong_is_said_row_by_row_and_nothing_is_read_in(
    session: Session, cast: Cast, marisol: Browser
) -> None:
    path = hand_in(marisol, WRONG).headers["Location"]
    looked = text(marisol.get(path))
    assert "1 row is wrong" in looked
    assert "E-mail 3 nobody at home Please write an address like name@school.org." in looked
    assert "Days 3 Someday “someday” is not among the words for this column." in looked
    confirm(marisol, path)
    assert "Some rows are wrong. Nothing was read in." in text(marisol.get(path))
    assert session.scalar(select(Partner.id).where(Partner.name == "Lucho Barrios")) is None
    confirm(marisol, path, leave_out="y")
    assert session.scalar(select(Partner.id).where(Partner.name == "Lucho Barrios")) is not None


def test_the_reader_is_told_in_spanish(cast: Cast, marisol: Browser, session: Session) -> None:
    cast.marisol.language = "es"
    looked = text(marisol.get(hand_in(marisol, WRONG).headers["Location"]))
    assert "1 fila tiene un error" in looked
    assert "Correo 3 nobody at home" in looked and "Días 3 Someday" in looked
    assert "lun, mar, mié, jue o vie" in looked


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "There is no row below the header."),
        (b"Name,E-mail\r\n", "There is no row below the header."),
        (b"PK\x03\x04 a workbook", "This is a workbook."),
        (b"colour,size\r\nred,4\r\n", "The first row does not name the columns."),
        (b'name,email\r\n"Lucho,a@b.example\r\n', "A quotation mark in this file is never closed."),
        (b"name\r\n" + b"x\r\n" * 5_001, "more than 5000 rows"),
        (b"name\r\n\x00\x01\x02\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_that_is_no_spreadsheet_is_refused_beside_its_field(
    session: Session, marisol: Browser, data: bytes, said: str
) -> None:
    answer = hand_in(marisol, data)
    assert answer.status_code == 422 and said in text(answer)
    assert session.scalar(select(func.count(SheetImport.id))) == 0


def test_a_file_that_is_too_large_is_refused(marisol: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 20)
    answer = hand_in(marisol, NEIGHBORS)
    assert answer.status_code == 422 and "This file is larger than" in text(answer)


def test_a_file_may_be_larger_than_a_form(marisol: Browser) -> None:
    rows = b"".join(b"Neighbor %d,n%d@people.example,%s\r\n" % (n, n, b"x" * 1_990) for n in range(1_000))
    answer = hand_in(marisol, (b"name,email,about\r\n" + rows)[:1_900_000])
    assert answer.status_code == 302
    answer.request.input_stream.close()


def test_everything_is_taken_along_by_an_admin(cast: Cast, marisol: Browser, browse: Callable[..., Browser]) -> None:
    assert marisol.get("/people/sheets/everything.zip").status_code == 403
    with browse(cast.ada).get("/people/sheets/everything.zip") as answer:
        assert answer.mimetype == "application/zip" and answer.data.startswith(b"PK")


def test_a_form_without_a_file_comes_back(marisol: Browser) -> None:
    answer = marisol.post("/people/sheets/check", {"kind": "partners"})
    assert answer.status_code == 422 and "Please choose a file." in text(answer)


def test_a_file_name_is_no_path(session: Session, cast: Cast, marisol: Browser) -> None:
    hand_in(marisol, NEIGHBORS, name="../../home/m/list\x7f.csv")
    assert session.scalar(select(SheetImport.file_name)) == "list.csv"


def test_what_changed_meanwhile_is_shown_again(session: Session, cast: Cast, marisol: Browser) -> None:
    path = hand_in(marisol, NEIGHBORS).headers["Location"]
    digest = re.search(r'name="digest"[^>]*value="([0-9a-f]{64})"', marisol.get(path).get_data(as_text=True))
    assert digest is not None
    f.PartnerFactory(region=cast.region, name="Lucho Barrios", email="lucho@people.example")
    assert marisol.post(f"{path}/apply", {"digest": digest[1]}).headers["Location"] == path
    again = text(marisol.get(path))
    assert "Something has changed since this was shown." in again and "1 row changes what is here" in again


def test_an_import_is_taken_back_from_its_page(session: Session, cast: Cast, marisol: Browser) -> None:
    path = hand_in(marisol, NEIGHBORS).headers["Location"]
    confirm(marisol, path)
    marisol.post(f"{path}/undo")
    page = text(marisol.get(path))
    assert "Everything is as it was before." in page and "Taken back on" in page
    assert session.scalar(select(Partner.id).where(Partner.name == "Lucho Barrios")) is None


def test_what_waits_for_nobody_is_not_taken_back(marisol: Browser) -> None:
    path = hand_in(marisol, NEIGHBORS).headers["Location"]
    assert marisol.post(f"{path}/undo").status_code == 409


def test_a_colleague_of_another_region_sees_nothing_of_it(
    cast: Cast, marisol: Browser, browse: Callable[..., Browser]
) -> None:
    path = hand_in(marisol, NEIGHBORS).headers["Location"]
    assert browse(cast.olga).get(path).status_code == 404
    assert browse(cast.fran).get(path).status_code == 403


def test_schools_are_for_admins(cast: Cast, marisol: Browser, browse: Callable[..., Browser]) -> None:
    assert marisol.get("/people/sheets/export/schools.csv").status_code == 403
    assert marisol.get("/people/sheets/template/schools.csv").status_code == 403
    assert hand_in(marisol, b"School\r\nOne\r\n", kind="schools").status_code == 422
    assert browse(cast.ada).get("/people/sheets/export/schools.csv").status_code == 200


def test_an_export_is_a_file_and_is_recorded(session: Session, cast: Cast, marisol: Browser) -> None:
    answer = marisol.get("/people/sheets/export/partners.csv")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf") and cast.esperanza.email in answer.get_data(as_text=True)
    seen = session.scalars(select(AuditEvent.subject_id).where(AuditEvent.tag == "people:contacts:seen")).all()
    assert cast.esperanza.id in seen and cast.paz.id not in seen


def test_contacts_that_a_look_shows_are_recorded(session: Session, cast: Cast, marisol: Browser) -> None:
    sheet = f"name,email,phone\r\n{cast.ramon.name},{cast.ramon.email},520-555-9999\r\n".encode()
    marisol.get(hand_in(marisol, sheet).headers["Location"])
    seen = session.scalars(select(AuditEvent.subject_id).where(AuditEvent.tag == "people:contacts:seen")).all()
    assert seen == [cast.ramon.id]


def test_pages_ask_few_questions(session: Session, cast: Cast, marisol: Browser, queries: list[str]) -> None:
    for n in range(25):
        f.ImportedRowFactory(region=cast.region, of=f.SheetImportFactory(region=cast.region, file_name=f"{n}.csv"))
    path = hand_in(marisol, WRONG).headers["Location"]
    for page in ("/people/sheets", path):
        session.commit()
        session.expunge_all()
        queries.clear()
        assert marisol.get(page).status_code == 200
        assert len(queries) <= 12, queries
