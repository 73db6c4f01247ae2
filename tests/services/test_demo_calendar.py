"""The demo's calendar file: every school, bell and day in it is one."""

from __future__ import annotations

import csv
import json
from datetime import date
from itertools import pairwise

from matchmaker.app import ROOT
from matchmaker.queries.slots import bells_of
from matchmaker.services.demo.places import closure_in

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


def test_days_off_fall_on_their_days_of_the_week_each_year() -> None:
    about = json.loads((DEMO / "calendar.json").read_text(encoding="utf-8"))
    rows = {row["name"]["en"]: row for row in about["closures"]}

    assert closure_in(2026, rows["Labor Day"]) == (date(2026, 9, 7), date(2026, 9, 7))
    assert closure_in(2027, rows["Labor Day"]) == (date(2027, 9, 6), date(2027, 9, 6))
    assert closure_in(2027, rows["Thanksgiving"]) == (date(2027, 11, 25), date(2027, 11, 26))
    assert closure_in(2028, rows["Thanksgiving"]) == (date(2028, 11, 23), date(2028, 11, 24))
    assert closure_in(2027, rows["Winter break"]) == (date(2027, 12, 20), date(2028, 1, 3))
    assert closure_in(2027, rows["Veterans Day"]) == (date(2027, 11, 11), date(2027, 11, 11))
    assert closure_in(2027, rows["Spring break"]) == (date(2027, 3, 15), date(2027, 3, 19))
