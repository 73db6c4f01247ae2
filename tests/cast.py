"""The people that tests talk about: one region with everybody in it, one next door, and Charlie, of none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Membership, Partner, Region, Role, School, Teacher
from tests import factories as f
from tests.databases import OwnDatabase


@dataclass(frozen=True)
class Cast:
    """Palo Fierro's people; Olga, Otto and Paz are of the region next door."""

    region: Region
    school: School
    ana: Teacher
    tomas: Teacher
    nueva: Teacher
    nueva_membership: Membership
    esperanza: Partner
    ramon: Partner
    marisol: Account
    ben: Account
    ada: Account
    fran: Account
    charlie: Account
    next_door: Region
    olga: Account
    otto: Teacher
    paz: Partner


@dataclass(frozen=True)
class Found:
    """Where rows that a dataclass names are found again: by kind, each name with its row's id."""

    ids: dict[type, dict[str, int]]

    @classmethod
    def of(cls, named: Any) -> Found:
        """Note where the rows of a dataclass are; they are stored already."""
        ids: dict[type, dict[str, int]] = defaultdict(dict)
        for each in fields(named):
            row = getattr(named, each.name)
            ids[type(row)][each.name] = row.id
        return cls(dict(ids))

    def rows(self, session: Session) -> dict[str, Any]:
        """The stored rows, in a session of that database: one query a kind."""
        rows = {}
        for kind, ids in self.ids.items():
            found = {row.id: row for row in session.scalars(select(kind).where(kind.id.in_(ids.values())))}  # type: ignore[attr-defined]
            rows |= {name: found[row_id] for name, row_id in ids.items()}
        return rows


@dataclass(frozen=True)
class Peopled:
    """A database in which the cast is stored, and where each of them is found."""

    database: OwnDatabase
    found: Found

    @classmethod
    def fill(cls, database: OwnDatabase) -> Peopled:
        """Write the cast, for good."""
        with database.stored():
            return cls(database, Found.of(assemble()))

    def cast(self, session: Session) -> Cast:
        """The stored people as rows of another session of this database."""
        return Cast(**self.found.rows(session))


def assemble() -> Cast:
    """Write the whole cast into the session that the factories write to."""
    region, next_door = f.RegionFactory(), f.RegionFactory(short_name="Río Abajo", time_zone="America/Denver")
    school = f.SchoolFactory(region=region, name="Tres Hermanas Middle School")
    nueva, nueva_membership = _teacher(region, school, "Nueva Maestra", vouched=False)
    return Cast(
        region=region,
        school=school,
        ana=_teacher(region, school, "Ana Luisa Robles")[0],
        tomas=_teacher(region, school, "Tomás Quiroz")[0],
        nueva=nueva,
        nueva_membership=nueva_membership,
        esperanza=_partner(region, "Esperanza Ochoa", language="es"),
        ramon=_partner(region, "Ramón Escalante"),
        marisol=_staff(region, "Marisol Vega", Role.COORDINATOR),
        ben=_staff(region, "Ben Yazzie", Role.COORDINATOR),
        ada=_staff(region, "Ada Admin", Role.ADMIN),
        fran=_staff(region, "Fran Funder", Role.FUNDER),
        charlie=f.AccountFactory(name="Charlie"),
        next_door=next_door,
        olga=_staff(next_door, "Olga Otero", Role.COORDINATOR),
        otto=_teacher(next_door, f.SchoolFactory(region=next_door), "Otto Ortiz")[0],
        paz=_partner(next_door, "Paz Peralta"),
    )


def _staff(region: Region, name: str, role: Role) -> Account:
    account = f.AccountFactory(name=name)
    f.MembershipFactory(region=region, account=account, role=role)
    return account


def _teacher(region: Region, school: School, name: str, *, vouched: bool = True) -> tuple[Teacher, Membership]:
    account = f.AccountFactory(name=name)
    since = {} if vouched else {"since": None}
    membership = f.MembershipFactory(region=region, account=account, role=Role.TEACHER, **since)
    return f.TeacherFactory(region=region, school=school, person=account), membership


def _partner(region: Region, name: str, *, language: str = "en") -> Partner:
    account = f.AccountFactory(name=name, language=language)
    f.MembershipFactory(region=region, account=account, role=Role.PARTNER)
    partner = f.PartnerFactory(region=region, account_id=account.id, name=name, email=account.email, language=language)
    f.FundFactory(region=region, owner=partner)
    return partner
