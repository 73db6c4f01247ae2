"""The region itself, its districts and schools, and its calendar."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import regions
from matchmaker.services.demo.loaded import Loaded
from models import ClearanceRule, Closure, ClosureKind, District, Region, School


def add_region(session: Session, about: dict[str, Any], clock: Clock) -> Region:
    """The region with its first policy and its rules of clearance."""
    plain = ("slug", "name", "short_name", "time_zone", "languages", "postal_address", "phone", "email")
    more = ("office_hours", "about", "undo_seconds", "answer_days", "quiet_from", "quiet_until")
    region = Region(**{name: about[name] for name in (*plain, *more)})
    founded = regions.found(session, region, clock, **about["policy"])
    session.add_all(
        ClearanceRule(region_id=founded.id, position=position, **rule)
        for position, rule in enumerate(about["clearance_rules"], start=1)
    )
    return founded


def add_schools(session: Session, loaded: Loaded, districts: Iterable[dict[str, str]], path: Path) -> None:
    """Districts, and the schools of a file."""
    for row in districts:
        loaded.districts[row["key"]] = District(region_id=loaded.region.id, name=row["name"])
    session.add_all(loaded.districts.values())
    session.flush()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            loaded.schools[row["key"]] = _school(loaded, row)
    session.add_all(loaded.schools.values())
    session.flush()


def _school(loaded: Loaded, row: dict[str, str]) -> School:
    known = row["poverty_value"] != ""
    return School(
        region_id=loaded.region.id,
        district_id=loaded.districts[row["district"]].id,
        name=row["name"],
        neighbourhood=loaded.neighbourhoods.get(row["neighbourhood"], row["neighbourhood"]),
        latitude=float(row["lat"]),
        longitude=float(row["lon"]),
        grade_low=int(row["grade_low"]),
        grade_high=int(row["grade_high"]),
        students=int(row["students"]),
        locale=row["locale"] or None,
        title_i={"yes": True, "no": False}.get(row["title_i"]),
        poverty_value=float(row["poverty_value"]) if known else None,
        poverty_measure=row["poverty_measure"] if known else None,
        poverty_year=int(row["poverty_year"]) if known else None,
        poverty_source=row["poverty_source"] if known else None,
    )


def closure_in(year: int, row: dict[str, Any]) -> tuple[date, date]:
    """The days of one closure that begins in a year: those nearest to its dates that fall on the same days of the week.

    The file's dates are those of the school year 2026-27; one with ``fixed`` keeps its date instead.
    """
    begins = 2026 if row["from"] >= "08" else 2027
    first = date.fromisoformat(f"{begins}-{row['from']}")
    last = date.fromisoformat(f"{begins + (row['to'] < row['from'])}-{row['to']}")
    near = first.replace(year=year)
    off = 0 if row.get("fixed") else (first.weekday() - near.weekday() + 3) % 7 - 3
    start = near + timedelta(days=off)
    return start, start + (last - first)


def add_calendar(session: Session, loaded: Loaded, about: dict[str, Any]) -> None:
    """Days without school, this year and next, and the bells of those schools whose bells are known."""
    this_year = loaded.clock().astimezone(loaded.zone).year
    for year, row in product((this_year - 1, this_year, this_year + 1), about["closures"]):
        first, last = closure_in(year, row)
        kind = ClosureKind(row["kind"])
        session.add(Closure(region_id=loaded.region.id, first_on=first, last_on=last, kind=kind, name=row["name"]))
    for school, kind in about["schools"].items():
        loaded.schools[school].bells = about["bells"][kind]
    session.flush()
    loaded.days = SchoolDays.of(session, loaded.region)
