"""Loading the demo region from its data files (demo/<slug>/): an invented network with some history."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.queries.school_days import SchoolDays
from matchmaker.services import accounts, capacity, planning, regions, requests
from models import (
    Account,
    Clearance,
    ClearanceRule,
    Closure,
    ClosureKind,
    District,
    FamilySchool,
    Fund,
    Introduction,
    IntroductionState,
    KnowledgeKind,
    LearningRequest,
    Partner,
    PartnerKind,
    Reflection,
    Region,
    RequestState,
    Role,
    School,
    Side,
    Teacher,
    Window,
)

OUTCOMES = {
    "met": IntroductionState.MET,
    "cancelled": IntroductionState.CANCELLED,
    "not_now": IntroductionState.NOT_NOW,
}


@dataclass
class Loaded:
    """What is loaded so far, by the keys of the files."""

    region: Region
    clock: Clock
    password_hash: str
    neighbourhoods: dict[str, str] = field(default_factory=dict)
    districts: dict[str, District] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    teachers: dict[str, Teacher] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    coordinator: Account | None = None
    days: SchoolDays = field(init=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.region.time_zone)


def load(session: Session, folder: Path, password_hash: str, clock: Clock) -> Region | None:
    """Load a demo folder; None when its region is there already. All demo people share one password."""
    about = json.loads((folder / "region.json").read_text(encoding="utf-8"))
    if session.scalar(select(Region.id).where(Region.slug == about["slug"])) is not None:
        return None
    loaded = Loaded(_region(session, about, clock), clock, password_hash)
    loaded.neighbourhoods = {each["key"]: each["name"] for each in about["neighbourhoods"]}
    _districts_and_schools(session, loaded, about["districts"], folder / "schools.csv")
    _calendar(session, loaded, json.loads((folder / "calendar.json").read_text(encoding="utf-8")))
    for person in about["staff"]:
        account = _account(session, loaded, person)
        accounts.appoint(session, account, loaded.region, Role(person["role"]), clock)
        if person["role"] == "coordinator" and loaded.coordinator is None:
            loaded.coordinator = account
    _each(folder / "teachers.jsonl", lambda row: _teacher(session, loaded, row))
    _each(folder / "partners.jsonl", lambda row: _partner(session, loaded, row))
    _each(folder / "history.jsonl", lambda row: _history(session, loaded, row))
    _each(folder / "requests.jsonl", lambda row: _request(session, loaded, row))
    loaded.region.revision += 1
    planning.call_now(session, loaded.region, clock())
    session.flush()
    return loaded.region


def _each(path: Path, load_row: Callable[[dict[str, Any]], None]) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            load_row(json.loads(line))


def _region(session: Session, about: dict[str, Any], clock: Clock) -> Region:
    plain = ("slug", "name", "short_name", "time_zone", "languages", "postal_address", "phone", "email")
    more = ("office_hours", "about", "undo_seconds", "answer_days", "quiet_from", "quiet_until")
    region = Region(**{name: about[name] for name in (*plain, *more)})
    founded = regions.found(session, region, clock, **about["policy"])
    session.add_all(
        ClearanceRule(region_id=founded.id, position=position, **rule)
        for position, rule in enumerate(about["clearance_rules"], start=1)
    )
    return founded


def _districts_and_schools(session: Session, loaded: Loaded, districts: Iterable[dict[str, str]], path: Path) -> None:
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


def _calendar(session: Session, loaded: Loaded, about: dict[str, Any]) -> None:
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


def _account(session: Session, loaded: Loaded, row: dict[str, Any]) -> Account:
    newcomer = accounts.Newcomer(row.get("contact") or row["name"], row["email"], loaded.password_hash, row["language"])
    account = accounts.open_account(session, newcomer, confirmed_at=loaded.clock())
    return account or session.scalars(select(Account).where(Account.email == row["email"].lower())).one()


def _teacher(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    account = _account(session, loaded, row)
    accounts.appoint(session, account, loaded.region, Role.TEACHER, loaded.clock)
    teacher = Teacher(
        region_id=loaded.region.id,
        account_id=account.id,
        school_id=loaded.schools[row["school"]].id,
        phone=row["phone"],
        grades=row["grades"],
        subjects=row["subjects"],
    )
    session.add(teacher)
    session.flush()
    loaded.teachers[row["key"]] = teacher


def _partner(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    now = loaded.clock()
    account = _account(session, loaded, row)
    accounts.appoint(session, account, loaded.region, Role.PARTNER, loaded.clock)
    cleared = row["clearance"]
    ends = cleared.get("expires_in_days")
    partner = Partner(
        region_id=loaded.region.id,
        account_id=account.id,
        kind=PartnerKind(row["kind"]),
        contact_name=row["contact"],
        neighbourhood=loaded.neighbourhoods.get(row["neighbourhood"], row["neighbourhood"]),
        latitude=row["lat"],
        longitude=row["lon"],
        clearance=Clearance(cleared["status"]),
        clearance_issuer=cleared.get("issuer"),
        clearance_expires_on=now.date() + timedelta(days=ends) if ends is not None else None,
        joined_on=now.date() - timedelta(days=row["member_for_days"]),
        paused_at=now if row["paused"] else None,
        reviewed_at=now,
        public_since=now if row.get("public") else None,
        public_name=row.get("public") == "named",
        **dict(zip(("free_from", "free_until"), map(time.fromisoformat, row.get("hours", ())), strict=False)),
        **{name: row[name] for name in _AS_WRITTEN},
    )
    session.add(partner)
    session.flush()
    session.add_all(_fund(partner, place, fund) for place, fund in enumerate(row["funds"]))
    session.add_all(
        FamilySchool(region_id=partner.region_id, partner_id=partner.id, school_id=loaded.schools[key].id)
        for key in row.get("family_schools", ())
    )
    # An organisation stands behind its people in the file.
    for key in row.get("people", ()):
        loaded.partners[key].organisation_id = partner.id
    loaded.partners[row["key"]] = partner


_AS_WRITTEN = (
    "name",
    "email",
    "phone",
    "language",
    "languages",
    "about",
    "formats",
    "weekdays",
    "sharing",
    "radius_miles",
    "online",
    "monthly_capacity",
)


def _fund(partner: Partner, place: int, row: dict[str, Any]) -> Fund:
    return Fund(
        region_id=partner.region_id,
        partner_id=partner.id,
        position=place,
        kind=KnowledgeKind(row["kind"]),
        **{name: row[name] for name in ("title", "text", "story", "language", "subjects", "grades")},
    )


def _request(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    teacher = loaded.teachers[row["teacher"]]
    now = loaded.clock()
    today = now.astimezone(loaded.zone).date()
    draft = requests.RequestDraft(
        windows=tuple(
            (
                _at(loaded, loaded.days.after(today, window["in_school_days"]), window["start"]),
                _at(loaded, loaded.days.after(today, window["in_school_days"]), window["end"]),
            )
            for window in row["windows"]
        ),
        formats=tuple(row["formats"]),
        languages=tuple(row["languages"]),
        form_key=f"demo:{row['key']}",
        no_student_named=True,
        **{name: row[name] for name in ("title", "text", "language", "grade", "subject", "students", "place")},
    )
    request = requests.post(session, Actor(teacher.account_id), teacher, draft, loaded.clock)
    request.posted_at = now - timedelta(days=row["posted_days_ago"])


def _history(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    """A request of the past with the introduction that came of it."""
    teacher, partner = loaded.teachers[row["teacher"]], loaded.partners[row["partner"]]
    then = loaded.clock() - timedelta(days=row["days_ago"])
    request = LearningRequest(
        region_id=loaded.region.id,
        teacher_id=teacher.id,
        school_id=teacher.school_id,
        title=row["title"],
        text=row["text"],
        grade=row["grade"],
        subject=row["subject"],
        state=RequestState.DONE,
        posted_at=then - timedelta(days=21),
    )
    session.add(request)
    session.flush()
    window = Window(
        region_id=loaded.region.id, request_id=request.id, starts_at=then, ends_at=then + timedelta(hours=1)
    )
    session.add(window)
    session.flush()
    if loaded.coordinator is None:
        raise ValueError("the demo region names no coordinator")
    met = OUTCOMES[row["outcome"]] is IntroductionState.MET
    introduction = Introduction(
        region_id=loaded.region.id,
        request_id=request.id,
        partner_id=partner.id,
        approved_by_id=loaded.coordinator.id,
        approved_at=then - timedelta(days=20),
        due_at=then - timedelta(days=20),
        invited_at=then - timedelta(days=20),
        answered_at=then - timedelta(days=18),
        introduced_at=then - timedelta(days=18) if met else None,
        window_id=window.id if met else None,
        state=OUTCOMES[row["outcome"]],
    )
    session.add(introduction)
    session.flush()
    if met:
        capacity.hold(session, introduction, capacity.period_of(then, loaded.region), then)
        _stories(session, loaded, introduction, row.get("stories", {}), then + timedelta(days=1))


def _stories(
    session: Session, loaded: Loaded, introduction: Introduction, told: dict[str, dict[str, str]], at: datetime
) -> None:
    """What both sides share of a visit, each under a first name, as a coordinator has read it."""
    shared = {"took_place": True, "consent": True, "written_at": at, "shared_at": at}
    by = loaded.coordinator.id if loaded.coordinator else None
    session.add_all(
        Reflection(
            region_id=loaded.region.id,
            introduction_id=introduction.id,
            side=Side(side),
            shared_by_id=by,
            **shared,
            **said,
        )
        for side, said in told.items()
    )


def _at(loaded: Loaded, day: date, clock_time: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock_time), loaded.zone)
