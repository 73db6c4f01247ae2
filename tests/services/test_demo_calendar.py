"""The demo's calendar file: every school, bell and day in it is one."""

from __future__ import annotations

import csv
import json
from datetime import date
from itertools import pairwise

from matchmaker.app import ROOT
from matchmaker.queries.slots import bells_of

DEMO = ROOT / "demo" / "palo-fierro"


def test_schools_bells_and_days_are_sound() -> None:
    about = json.loads((DEMO / "calendar.json").read_text(encoding="utf-8"))
    with (DEMO / "schools.csv").open(encoding="utf-8", newline="") as file:
        schools = {row["key"] for row in csv.DictReader(file)}

    assert about["schools"].keys() <= schools and set(about["schools"].values()) <= about["bells"].keys()
    for stored in about["bells"].values():
        bells = bells_of(stored)
        assert all(bell.begins < bell.ends for bell in bells)
        assert all(one.ends <= after.begins for one, after in pairwise(bells))
    for row in about["closures"]:
        assert date.fromisoformat(f"2026-{row['from']}") and date.fromisoformat(f"2026-{row['to']}")
        assert set(row["name"]) == {"en", "es"}
