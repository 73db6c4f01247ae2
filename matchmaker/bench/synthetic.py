"""Invented regions of any size for ``bench propose``: people with plausible facts, schools, requests and a past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from matchmaker.bench.author import Author
from matchmaker.services import regions
from models import (
    LOCALES,
    Account,
    CapacityUnit,
    Clearance,
    Fund,
    Introduction,
    IntroductionState,
    KnowledgeKind,
    LearningRequest,
    Partner,
    Region,
    RequestState,
    School,
    Separation,
    Teacher,
    Window,
)
from models.base import RegionOwned
from models.codes import FORMATS, SUBJECTS

FUNDS_A_PARTNER = 4
FUNDS_A_SCHOOL = 200
ASKED_SHARE = 0.2
"""Share of the partners who were already asked for a visit in the month of the requests."""
REFUSED = 3
"""Partners who already said not now to each request, and who must not meet its teacher."""
PLACE = (32.2, -110.9)

Row = dict[str, Any]


@dataclass(frozen=True)
class Synthetic:
    """A stored region and the requests that wait in it."""

    region_id: int
    request_ids: list[int]


def build(
    session: Session, funds: int, requests: int, now: datetime, seed: int, *, of_all_schools: bool = False
) -> Synthetic:
    """Store a region with so many funds and waiting requests, of one school or of all in turn, and commit."""
    author = Author(seed)
    region = Region(
        slug=f"region-{seed}",
        name={"en": f"Region {seed}"},
        short_name=f"Region {seed}",
        time_zone="America/Phoenix",
        languages=["en", "es"],
        email=f"region-{seed}@bench.example",
    )
    regions.found(session, region, lambda: now)
    teachers = _schools(session, author, region.id, max(5, funds // FUNDS_A_SCHOOL))
    partners = _partners(session, author, region.id, funds // FUNDS_A_PARTNER, now)
    _funds(session, author, region.id, partners, funds)
    _past(session, author, region.id, partners, teachers, now)
    asking = teachers if of_all_schools else teachers[:1]
    of = [asking[number % len(asking)] for number in range(requests)]
    waiting = _requests(session, author, region.id, of, now, RequestState.POSTED)
    _refused(session, author, region.id, partners, teachers[0][0], waiting, now)
    session.commit()
    return Synthetic(region.id, waiting)


def store(session: Session, model: type[RegionOwned] | type[Account], rows: Sequence[Row]) -> list[int]:
    """Insert many rows; their ids in order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows)) if rows else []


def _near(author: Author) -> tuple[float, float]:
    north, east = author.random.normal(0.0, 0.15, 2)
    return PLACE[0] + float(north), PLACE[1] + float(east)


def _schools(session: Session, author: Author, region_id: int, count: int) -> list[tuple[int, int]]:
    """(teacher, school) of each new school."""
    schools = []
    for number in range(count):
        latitude, longitude = _near(author)
        facts: Row = {"latitude": latitude, "longitude": longitude, "locale": str(author.random.choice(LOCALES))}
        if author.happens(0.8):
            facts |= {"poverty_value": float(author.random.uniform(5, 95)), "poverty_measure": "lunch"}
            facts |= {"poverty_year": 2025, "poverty_source": "State", "title_i": author.happens(0.5)}
        schools.append({"region_id": region_id, "name": f"School {number}", **_SCHOOL_BLANK, **facts})
    school_ids = store(session, School, schools)
    names = [f"teacher-{region_id}-{number}" for number in range(count)]
    people = [{"name": name, "email": f"{name}@bench.example", "active": True, "fs_uniquifier": name} for name in names]
    account_ids = store(session, Account, people)
    rows = [
        {"region_id": region_id, "account_id": account, "school_id": school}
        for account, school in zip(account_ids, school_ids, strict=True)
    ]
    return list(zip(store(session, Teacher, rows), school_ids, strict=True))


# One statement for all rows: each must name the same columns.
_SCHOOL_BLANK: Row = dict.fromkeys(
    ("poverty_value", "poverty_measure", "poverty_year", "poverty_source", "title_i"), None
)


def _partners(session: Session, author: Author, region_id: int, count: int, now: datetime) -> list[int]:
    return store(
        session,
        Partner,
        [
            _partner(author, region_id, number, about, now)
            for number, about in enumerate(author.texts(count, 8, 20), start=1)
        ],
    )


def _partner(author: Author, region_id: int, number: int, about: str, now: datetime) -> Row:
    latitude, longitude = _near(author)
    placed = author.happens(0.95)
    return {
        "region_id": region_id,
        "name": f"Neighbor {number}",
        "email": f"neighbor-{number}@bench.example",
        "about": about,
        "languages": _SPOKEN[int(author.random.choice(len(_SPOKEN), p=_SPOKEN_SHARE))],
        "formats": author.some(FORMATS, 3),
        "weekdays": sorted(author.some(range(5), 5)),
        "latitude": latitude if placed else None,
        "longitude": longitude if placed else None,
        "radius_miles": int(author.random.integers(3, 40)) if author.happens(0.9) else None,
        "online": author.happens(0.15),
        "monthly_capacity": int(author.random.integers(1, 5)),
        "clearance": Clearance.NONE if author.happens(0.05) else Clearance.CLEARED,
        "clearance_expires_on": now.date() + timedelta(days=int(author.random.integers(-20, 700))),
        "joined_on": now.date() - timedelta(days=int(author.random.integers(0, 1500))),
        "paused_at": now if author.happens(0.05) else None,
        "reviewed_at": None if author.happens(0.03) else now,
    }


_SPOKEN: tuple[list[str], ...] = (["en"], ["en", "es"], ["es"], ["ar"], [])
_SPOKEN_SHARE = (0.55, 0.28, 0.1, 0.02, 0.05)


def _funds(session: Session, author: Author, region_id: int, partners: list[int], count: int) -> None:
    owners = np.sort(author.random.integers(0, len(partners), count))
    titles, texts = author.texts(count, 2, 5), author.texts(count, 30, 50)
    rows = [
        {
            "region_id": region_id,
            "partner_id": partners[owner],
            "position": position,
            "title": titles[position],
            "text": texts[position],
            "kind": KnowledgeKind.CREDENTIALED if author.happens(0.3) else KnowledgeKind.PRACTICE,
            "subjects": author.some(SUBJECTS, 2),
            "grades": sorted(author.some(range(13), 6)),
        }
        for position, owner in enumerate(owners)
    ]
    store(session, Fund, rows)


def _requests(
    session: Session,
    author: Author,
    region_id: int,
    teachers: Sequence[tuple[int, int]],
    now: datetime,
    state: RequestState,
) -> list[int]:
    """One request for each (teacher, school), on two days of the next month."""
    count = len(teachers)
    rows = [
        {
            "region_id": region_id,
            "teacher_id": teacher,
            "school_id": school,
            "title": title,
            "text": text,
            "grade": int(author.random.integers(0, 13)),
            "subject": str(author.random.choice(SUBJECTS)),
            "formats": ["visit", "series"],
            "languages": ["en", "es"],
            "state": state,
            "posted_at": now,
        }
        for (teacher, school), title, text in zip(
            teachers, author.texts(count, 4, 8), author.texts(count, 40, 60), strict=True
        )
    ]
    ids = store(session, LearningRequest, rows)
    starts = [now + timedelta(days=days) for days in _days_ahead(now)]
    windows = [
        {"region_id": region_id, "request_id": each, "starts_at": start, "ends_at": start + timedelta(hours=1)}
        for each in ids
        for start in starts
    ]
    store(session, Window, windows)
    return ids


def _days_ahead(now: datetime) -> tuple[int, int]:
    """Two school days of the next month, as days from now."""
    first = _next_month(now)
    monday = first + timedelta(days=(7 - first.weekday()) % 7)
    return (monday - now.date()).days + 1, (monday - now.date()).days + 3


def _next_month(now: datetime) -> date:
    return (now.date().replace(day=1) + timedelta(days=32)).replace(day=1)


def _past(
    session: Session,
    author: Author,
    region_id: int,
    partners: list[int],
    teachers: list[tuple[int, int]],
    now: datetime,
) -> None:
    """Visits already agreed for the month of the requests: they hold units, and they are the schools' past service."""
    asked = author.random.permutation(len(partners))[: int(len(partners) * ASKED_SHARE)]
    of = [teachers[at] for at in author.random.integers(0, len(teachers), len(asked))]
    requests = _requests(session, author, region_id, of, now, RequestState.DONE)
    approver = session.get_one(Teacher, teachers[0][0]).account_id
    ages = author.random.integers(1, 400, len(asked))
    rows = [
        {
            "region_id": region_id,
            "request_id": request,
            "partner_id": partners[at],
            "approved_by_id": approver,
            "approved_at": now - timedelta(days=int(days)),
            "due_at": now - timedelta(days=int(days)),
            "state": IntroductionState.SCHEDULED,
        }
        for request, at, days in zip(requests, asked, ages, strict=True)
    ]
    held = store(session, Introduction, rows)
    period = {"period": _next_month(now), "unit": 1, "held_at": now, "region_id": region_id}
    units = [{**period, "partner_id": partners[at], "introduction_id": i} for at, i in zip(asked, held, strict=True)]
    store(session, CapacityUnit, units)


def _refused(
    session: Session,
    author: Author,
    region_id: int,
    partners: list[int],
    teacher: int,
    requests: list[int],
    now: datetime,
) -> None:
    """For each request some partners who said not now; for its teacher some who must not meet them."""
    apart = author.random.permutation(len(partners))
    base = {"region_id": region_id}
    store(
        session,
        Separation,
        [{**base, "teacher_id": teacher, "partner_id": partners[at], "reason": "asked for"} for at in apart[:REFUSED]],
    )
    asked = {**base, "approved_at": now, "due_at": now, "state": IntroductionState.NOT_NOW}
    asked["approved_by_id"] = session.get_one(Teacher, teacher).account_id
    refusals = [
        {**asked, "request_id": request, "partner_id": partners[at]}
        for request in requests
        for at in author.random.permutation(len(partners))[:REFUSED]
    ]
    store(session, Introduction, refusals)
