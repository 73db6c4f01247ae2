"""Answers packed for whoever takes them so; none that another site asked for in somebody's name."""

from __future__ import annotations

import gzip

import brotli
import pytest
from backports import zstd

from tests.architecture.conftest import ROOT
from tests.cast import Cast

SHEET = "/static/matchmaker.css"
UNPACKED = {"br": brotli.decompress, "gzip": gzip.decompress, "zstd": zstd.decompress}


def test_pages_come_packed_as_the_reader_takes_them(cast: Cast, browse) -> None:
    ana = browse(cast.ana.account)
    plain = ana.get("/requests/new")
    assert "Content-Encoding" not in plain.headers
    for taken, how in {
        "gzip, deflate": "gzip",
        "gzip, br": "br",
        "zstd": "zstd",
        "gzip, deflate, br, zstd": "br",
    }.items():
        answer = ana.get("/requests/new", headers={"Accept-Encoding": taken})
        assert answer.headers["Content-Encoding"] == how, taken
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.content_length == len(answer.data) < len(plain.data) / 3
        assert b"</html>" in UNPACKED[how](answer.data)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_opens_in_somebody_s_name_is_not_packed(cast: Cast, browse, site: str) -> None:
    """Else the lengths of answers to its guesses would tell it what else the page holds."""
    asked = {"Accept-Encoding": "br", "Sec-Fetch-Site": site}
    theirs = browse(cast.ana.account).get("/requests?guess=1", headers=asked)
    assert "Content-Encoding" not in theirs.headers and "Sec-Fetch-Site" in theirs.headers["Vary"]
    assert browse(None).get("/how", headers=asked).headers["Content-Encoding"] == "br", "a page that is nobody's"


def test_our_files_are_packed_once_and_keep_a_tag_for_each_packing(visitor) -> None:
    sheet = (ROOT / "matchmaker" / SHEET.removeprefix("/")).read_bytes()
    tags = set()
    for how in ("br", "gzip", "identity"):
        answer = visitor.get(SHEET, headers={"Accept-Encoding": how})
        assert UNPACKED.get(how, bytes)(answer.data) == sheet, how
        assert answer.content_length == len(answer.data)
        assert "Accept-Encoding" in answer.headers["Vary"] and "max-age" in answer.headers["Cache-Control"]
        kept = {"Accept-Encoding": how, "If-None-Match": answer.headers["ETag"]}
        again = visitor.get(SHEET, headers=kept)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
        tags.add(answer.headers["ETag"])
        answer.close()
        again.close()
    assert len(tags) == 3
    part = visitor.get(SHEET, headers={"Accept-Encoding": "br", "Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, sheet[:10]), "a part of a file is a part of the file itself"
    part.close()
