"""The verb: the files of a demo region, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.services import accounts, planning
from matchmaker.services.demo import learning_requests, people, places
from matchmaker.services.demo.loaded import Loaded
from models import Region, Role


def load(session: Session, folder: Path, password_hash: str, clock: Clock) -> Region | None:
    """Load a demo folder; None when its region is there already. All demo people share one password."""
    about = json.loads((folder / "region.json").read_text(encoding="utf-8"))
    if session.scalar(select(Region.id).where(Region.slug == about["slug"])) is not None:
        return None
    loaded = Loaded(places.add_region(session, about, clock), clock, password_hash)
    loaded.neighbourhoods = {each["key"]: each["name"] for each in about["neighbourhoods"]}
    places.add_schools(session, loaded, about["districts"], folder / "schools.csv")
    places.add_calendar(session, loaded, json.loads((folder / "calendar.json").read_text(encoding="utf-8")))
    for person in about["staff"]:
        account = people.open_account(session, loaded, person)
        accounts.appoint(session, account, loaded.region, Role(person["role"]), clock)
        if person["role"] == "coordinator" and loaded.coordinator is None:
            loaded.coordinator = account
    _each(folder / "teachers.jsonl", lambda row: people.add_teacher(session, loaded, row))
    _each(folder / "partners.jsonl", lambda row: people.add_partner(session, loaded, row))
    _each(folder / "history.jsonl", lambda row: learning_requests.add_past(session, loaded, row))
    _each(folder / "requests.jsonl", lambda row: learning_requests.post(session, loaded, row))
    loaded.region.revision += 1
    planning.call_now(session, loaded.region, clock())
    session.flush()
    return loaded.region


def _each(path: Path, load_row: Callable[[dict[str, Any]], None]) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            load_row(json.loads(line))
