"""The demo's calendar: its files load, and none of its dates lies on a day without school."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.app import ROOT
from matchmaker.clock import Clock
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import demo
from models import Closure, Partner, School, Window

DEMO = Path(ROOT) / "demo" / "palo-fierro"


@pytest.mark.full
def test_every_open_request_offers_school_days(session: Session, clock: Clock) -> None:
    region = demo.load(session, DEMO, "not-a-hash", clock)

    assert region is not None
    days = SchoolDays.of(session, region)
    ahead = session.scalars(select(Window.starts_at).where(Window.starts_at > clock())).all()
    assert len(ahead) > 50 and all(days.counts(days.today(start)) for start in ahead)
    assert {"holiday", "testing"} == {kind.value for kind in session.scalars(select(Closure.kind))}
    assert sum(bool(bells) for bells in session.scalars(select(School.bells))) == 14
    assert sum(hour is not None for hour in session.scalars(select(Partner.free_from))) == 30
