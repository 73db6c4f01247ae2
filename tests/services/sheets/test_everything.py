"""Everything a region owns in one archive, and nothing of its neighbours."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from matchmaker.services.sheets import everything
from models import AuditEvent, Base, SheetKind
from tests import factories as f
from tests.cast import Cast


@pytest.fixture
def archive(session: Session, cast: Cast) -> zipfile.ZipFile:
    f.VisitFactory(region=cast.region, of=f.IntroductionFactory(region=cast.region))
    f.VisitFactory(region=cast.next_door, of=f.IntroductionFactory(region=cast.next_door))
    f.SheetImportFactory(region=cast.region, applied_at=None, content="name\r\nNobody yet")
    everything.record(session, Actor(cast.ada.id), cast.region, lambda: f.NOW)
    return zipfile.ZipFile(io.BytesIO(b"".join(everything.stream(session, cast.region, "en", lambda: f.NOW))))


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))


def test_every_table_of_a_region_is_in_it_or_left_out_by_name(archive: zipfile.ZipFile) -> None:
    owned = {table.name for table in Base.metadata.sorted_tables if "region_id" in table.columns}
    there = {name.removeprefix("records/").removesuffix(".csv") for name in archive.namelist() if "records/" in name}
    assert owned <= there | set(everything.LEFT_OUT)
    assert len([name for name in archive.namelist() if name.startswith("sheets/")]) == len(SheetKind)


def test_it_holds_the_region_and_no_other(archive: zipfile.ZipFile, cast: Cast) -> None:
    assert len(rows(archive, "records/visit.csv")) == 1
    for name in archive.namelist():
        text = archive.read(name).decode()
        for stranger in (cast.paz, cast.otto):
            assert stranger.name not in text, name
        assert str(cast.esperanza.feed_key) not in text and "Nobody yet" not in text, name
    people = {row["email"] for row in rows(archive, "records/account.csv")}
    assert cast.marisol.email in people and cast.olga.email not in people


def test_that_it_was_taken_along_is_recorded(session: Session, archive: zipfile.ZipFile, cast: Cast) -> None:
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "admin:region:exported")).one()
    assert (event.actor_id, event.region_id) == (cast.ada.id, cast.region.id)
    shown = select(AuditEvent.subject_kind, AuditEvent.subject_id).where(AuditEvent.tag == "people:contacts:seen")
    seen = {tuple(row) for row in session.execute(shown)}
    assert {("partner", cast.esperanza.id), ("teacher", cast.ana.id)} <= seen
    assert ("partner", cast.paz.id) not in seen


def test_it_is_sent_as_it_is_written(session: Session, cast: Cast) -> None:
    parts = everything.stream(session, cast.region, "en", lambda: f.NOW)
    first = next(parts)
    assert first.startswith(b"PK")
    f.PartnerFactory(region=cast.region, name="Written down meanwhile")
    whole = zipfile.ZipFile(io.BytesIO(first + b"".join(parts)))
    assert "Written down meanwhile" in whole.read("records/partner.csv").decode()
