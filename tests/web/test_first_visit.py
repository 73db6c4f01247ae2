"""Who comes for the first time gets the sheet within the page, allowed by its digest, and is not sent it again."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from flask import Flask

from matchmaker.web import first_visit
from tests.architecture.conftest import ROOT
from tests.web.test_route_permissions import INLINE, LARGEST_PAGE


def test_the_first_page_holds_the_sheet_and_no_page_after_it(app: Flask) -> None:
    sheet = (ROOT / "matchmaker" / "static" / first_visit.SHEET).read_text()
    allowed = f"style-src 'self' 'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}';"
    browser = app.test_client()
    for known in (None, "of-another-version"):
        if known:
            browser.set_cookie(first_visit.COOKIE, known)
        first = browser.get("/how")
        within = re.findall(r"<style>(.*?)</style>", first.text, re.DOTALL)
        assert within == [sheet], "as it is: the digest is of these very characters"
        assert 'media="print"' in first.text and allowed in first.headers["Content-Security-Policy"]
        assert len(first.data) <= LARGEST_PAGE + len(sheet.encode())
        again = browser.get("/how")
        assert INLINE.search(again.text) is None and 'media="print"' not in again.text
        assert "style-src 'self';" in again.headers["Content-Security-Policy"]
        assert "Cookie" in first.headers["Vary"] and "Cookie" in again.headers["Vary"]
        assert first_visit.COOKIE not in again.headers.get("Set-Cookie", "")
        (linked,) = re.findall(r'rel="stylesheet" href="([^"]+)"', again.text)
        with browser.get(linked) as kept, browser.get(f"/static/{first_visit.SHEET}") as bare:
            assert kept.text == bare.text == sheet
            assert "immutable" in kept.headers["Cache-Control"] and "immutable" not in bare.headers["Cache-Control"]
