"""Accounts, teachers, and partners with their funds."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import accounts
from matchmaker.services.demo.loaded import Loaded
from models import Account, Clearance, FamilySchool, Fund, KnowledgeKind, Partner, PartnerKind, Role, Teacher

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


def open_account(session: Session, loaded: Loaded, row: dict[str, Any]) -> Account:
    """The account of one line of a file; one that is there already is taken."""
    newcomer = accounts.Newcomer(row.get("contact") or row["name"], row["email"], loaded.password_hash, row["language"])
    account = accounts.open_account(session, newcomer, confirmed_at=loaded.clock())
    return account or session.scalars(select(Account).where(Account.email == row["email"].lower())).one()


def add_teacher(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    """A teacher with a membership."""
    account = open_account(session, loaded, row)
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


def add_partner(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    """A partner with a membership and funds."""
    now = loaded.clock()
    account = open_account(session, loaded, row)
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


def _fund(partner: Partner, place: int, row: dict[str, Any]) -> Fund:
    return Fund(
        region_id=partner.region_id,
        partner_id=partner.id,
        position=place,
        kind=KnowledgeKind(row["kind"]),
        **{name: row[name] for name in ("title", "text", "story", "language", "subjects", "grades")},
    )
