"""Loading an evaluation set as a region of its own, so that real texts travel the whole path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import accounts, regions, requests
from models import Account, Fund, Partner, Region, Role, School, Teacher

if TYPE_CHECKING:
    # Only named in a signature: the command must not load the ranker's libraries.
    from matching.reading import Profile

TITLE_LETTERS = 80


def load(
    session: Session,
    slug: str,
    wanted: Mapping[str, str],
    profiles: Mapping[str, Profile],
    *,
    capacity: int,
    undo_seconds: int,
    clock: Clock,
) -> Region:
    """A region of these partners, reviewed, with one school, one teacher who posts every request, and a coordinator.

    Nothing in it limits the path: no clearance is required and every partner gives ``capacity`` visits a month.
    Addresses end in ``.example``. Raises RegionExists.
    """
    region = _region(session, slug, undo_seconds, clock)
    teacher = _teacher(session, region, clock)
    _person(session, region, "coordinator", Role.COORDINATOR, clock)
    for number, (set_id, profile) in enumerate(profiles.items(), start=1):
        _partner(session, region, number, set_id, profile, capacity, clock)
    region.revision += 1
    actor = Actor(teacher.account_id)
    for set_id, text in wanted.items():
        draft = requests.RequestDraft(
            title=_title(text, set_id), text=text or set_id, form_key=f"set:{set_id}", no_student_named=True
        )
        requests.post(session, actor, teacher, draft, clock)
    audit.record(session, actor, audit.Tag.SET_LOADED, region, at=clock(), partners=len(profiles), requests=len(wanted))
    session.flush()
    return region


def _region(session: Session, slug: str, undo_seconds: int, clock: Clock) -> Region:
    region = Region(
        slug=slug,
        name={"en": slug},
        short_name=slug,
        time_zone="America/Phoenix",
        languages=["en", "es"],
        email=f"hello@{slug}.example",
        undo_seconds=undo_seconds,
        # Nobody reads these mails, and whoever measures may do so at night.
        quiet_from=0,
        quiet_until=0,
        clearance_required=False,
    )
    return regions.found(session, region, clock)


def _person(session: Session, region: Region, name: str, role: Role, clock: Clock) -> Account:
    """Somebody without a password: the set's people act through commands and mails only."""
    newcomer = accounts.Newcomer(name=f"{name} of {region.slug}", email=f"{name}@{region.slug}.example")
    account = accounts.open_account(session, newcomer, confirmed_at=clock())
    if account is None:
        raise regions.RegionExists(slug=region.slug)
    accounts.appoint(session, account, region, role, clock)
    return account


def _teacher(session: Session, region: Region, clock: Clock) -> Teacher:
    school = School(region_id=region.id, name=f"School of {region.slug}")
    session.add(school)
    session.flush()
    account = _person(session, region, "teacher", Role.TEACHER, clock)
    teacher = Teacher(region_id=region.id, account_id=account.id, school_id=school.id)
    session.add(teacher)
    session.flush()
    return teacher


def _partner(
    session: Session, region: Region, number: int, set_id: str, profile: Profile, capacity: int, clock: Clock
) -> None:
    now = clock()
    partner = Partner(
        region_id=region.id,
        name=set_id,
        email=f"partner{number}@{region.slug}.example",
        about=profile.about,
        monthly_capacity=capacity,
        joined_on=now.date(),
        reviewed_at=now,
    )
    session.add(partner)
    session.flush()
    session.add_all(
        Fund(region_id=region.id, partner_id=partner.id, position=place, title=_title(text, set_id), text=text)
        for place, text in enumerate(profile.funds)
    )


def _title(text: str, fallback: str) -> str:
    """The beginning of a text, at a word's end: part of the text, so that the ranker reads nothing twice."""
    line = text.strip().splitlines()[0].strip() if text.strip() else fallback
    return line if len(line) <= TITLE_LETTERS else line[:TITLE_LETTERS].rsplit(" ", 1)[0]
