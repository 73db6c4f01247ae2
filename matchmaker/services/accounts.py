"""Joining a region, and vouching for who joins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.policies import NOBODY, Actor
from matchmaker.services import second_step
from models import Account, Membership, Partner, PartnerKind, QueueName, Region, Role, School, Teacher


@dataclass(frozen=True)
class Newcomer:
    """Who joins. ``password_hash`` is made by the caller, None for an account that cannot sign in by password."""

    name: str
    email: str
    password_hash: str | None = None
    language: str = "en"


@dataclass(frozen=True)
class Teaching:
    """Where somebody teaches, and what."""

    school_id: int
    grades: list[int]
    subjects: list[str]
    phone: str


def open_account(session: Session, newcomer: Newcomer, *, confirmed_at: datetime | None = None) -> Account | None:
    """A new account, or None when the address has one: its owner is then told so by mail, and nobody else learns it."""
    return open_accounts(session, [newcomer], confirmed_at=confirmed_at).get(newcomer.email.lower())


def open_accounts(
    session: Session, newcomers: Sequence[Newcomer], *, confirmed_at: datetime | None = None
) -> Mapping[str, Account]:
    """New accounts by their addresses, for those that have none."""
    addresses = [newcomer.email.lower() for newcomer in newcomers]
    taken = set(session.scalars(select(Account.email).where(Account.email.in_(addresses))))
    opened = {
        address: Account(
            email=address,
            name=newcomer.name,
            password=newcomer.password_hash,
            language=newcomer.language,
            fs_uniquifier=uuid4().hex,
            confirmed_at=confirmed_at,
        )
        for address, newcomer in zip(addresses, newcomers, strict=True)
        if address not in taken
    }
    session.add_all(opened.values())
    session.flush()
    return opened


def tell_owner(session: Session, region: Region, email: str, clock: Clock) -> None:
    """Somebody tried to join with an address that has an account: write to its owner, at most once an hour."""
    now = clock()
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"account-exists:{email}:{now:%Y%m%d%H}",
        kind="account_exists",
        due_at=now,
        region_id=region.id,
        payload={"email": email},
    )


def join_teacher(
    session: Session,
    account: Account,
    region: Region,
    school_id: int,
    *,
    grades: list[int],
    subjects: list[str],
    phone: str,
    clock: Clock,
) -> Teacher:
    """Make an account a teacher of a school. The membership counts once a coordinator vouches for it.

    Raises NotFound when the school is not of this region.
    """
    teaching = Teaching(school_id, grades, subjects, phone)
    [(teacher, _)] = join_teachers(session, region, [(account, teaching)], clock)
    return teacher


def join_teachers(
    session: Session, region: Region, joining: Sequence[tuple[Account, Teaching]], clock: Clock
) -> Sequence[tuple[Teacher, Membership]]:
    """``join_teacher`` for several accounts; also their memberships."""
    now = clock()
    joined = []
    for account, teaching in joining:
        school = session.get(School, teaching.school_id)
        if school is None or school.region_id != region.id:
            raise NotFound
        teacher = Teacher(
            region_id=region.id,
            account_id=account.id,
            school_id=school.id,
            grades=teaching.grades,
            subjects=teaching.subjects,
            phone=teaching.phone,
        )
        joined.append((teacher, Membership(region_id=region.id, account_id=account.id, role=Role.TEACHER)))
    session.add_all(row for pair in joined for row in pair)
    session.flush()
    for _, membership in joined:
        audit.record(session, NOBODY, audit.Tag.ACCOUNT_JOINED, membership, at=now, role=Role.TEACHER.value)
    return joined


def join_partner(
    session: Session,
    account: Account,
    region: Region,
    *,
    kind: PartnerKind,
    phone: str,
    neighbourhood: str = "",
    invited_by: int | None = None,
    clock: Clock,
) -> Partner:
    """Make an account a partner, who can write a profile at once and is seen once a coordinator has reviewed it.

    ``invited_by`` is the account whose link they followed: it vouches for them, which the coordinator is told.
    """
    now = clock()
    partner = Partner(
        region_id=region.id,
        account_id=account.id,
        kind=kind,
        name=account.name,
        email=account.email,
        phone=phone,
        neighbourhood=neighbourhood,
        language=account.language,
        languages=[account.language],
        joined_on=now.date(),
    )
    membership = Membership(
        region_id=region.id, account_id=account.id, role=Role.PARTNER, vouched_by_id=invited_by, since=now
    )
    session.add_all([partner, membership])
    session.flush()
    joined = {"role": Role.PARTNER.value, **({"invited_by": invited_by} if invited_by is not None else {})}
    audit.record(session, NOBODY, audit.Tag.ACCOUNT_JOINED, membership, at=now, **joined)
    return partner


def take_profile(session: Session, partner: Partner, clock: Clock) -> Account | None:
    """An account for a partner whom a coordinator wrote down, and who has shown that the address is theirs.

    None when the address has an account by now. They are a partner as if they had joined; the profile stays as it is.
    """
    newcomer = Newcomer(partner.addressee, partner.email.strip(), language=partner.language)
    now = clock()
    account = open_account(session, newcomer, confirmed_at=now)
    if account is None:
        return None
    partner.account_id = account.id
    membership = Membership(region_id=partner.region_id, account_id=account.id, role=Role.PARTNER, since=now)
    session.add(membership)
    session.flush()
    audit.record(session, NOBODY, audit.Tag.ACCOUNT_JOINED, membership, at=now, role=Role.PARTNER.value)
    return account


def appoint(session: Session, account: Account, region: Region, role: Role, clock: Clock) -> Membership:
    """Give an account a role in a region from now on; what it already has stays."""
    current = session.scalar(
        select(Membership).where(
            Membership.account_id == account.id,
            Membership.region_id == region.id,
            Membership.role == role,
            Membership.until.is_(None),
        )
    )
    if current is None:
        current = Membership(region_id=region.id, account_id=account.id, role=role)
        session.add(current)
    current.since = current.since or clock()
    session.flush()
    return current


def vouch(session: Session, actor: Actor, membership_id: int, clock: Clock, *, tell: bool = True) -> Membership:
    """A coordinator vouches for a teacher, whose membership counts from now on. Again changes nothing.

    The teacher is written to, unless somebody else does so: ``tell``.
    """
    membership = session.get_one(Membership, membership_id, with_for_update=True, populate_existing=True)
    vouch_all(session, actor, [membership], clock, tell=tell)
    return membership


def vouch_all(session: Session, actor: Actor, memberships: Sequence[Membership], clock: Clock, *, tell: bool) -> None:
    """``vouch`` for several, whose rows the caller holds, or is the only one to know of."""
    now = clock()
    for membership in memberships:
        if membership.since is None:
            membership.since = now
            membership.vouched_by_id = actor.account_id
            audit.record(session, actor, audit.Tag.TEACHER_VOUCHED, membership, at=now)
            if tell:
                _tell_vouched(session, membership, now)
    session.flush()


def deactivate(session: Session, actor: Actor, account_id: int, clock: Clock) -> Account:
    """Let somebody sign in no more, and end their sessions. Their memberships stay, for when they are let in again."""
    account = session.get_one(Account, account_id, with_for_update=True, populate_existing=True)
    if account.active:
        account.active = False
        _end_sessions(account)
        audit.record(session, actor, audit.Tag.ACCOUNT_DEACTIVATED, account, at=clock())
        session.flush()
    return account


def activate(session: Session, actor: Actor, account_id: int, clock: Clock) -> Account:
    """Let somebody sign in again."""
    account = session.get_one(Account, account_id, with_for_update=True, populate_existing=True)
    if not account.active:
        account.active = True
        audit.record(session, actor, audit.Tag.ACCOUNT_ACTIVATED, account, at=clock())
        session.flush()
    return account


def reset_second_step(session: Session, actor: Actor, account_id: int, clock: Clock) -> Account:
    """Forget the second step of somebody who has lost it (codes, recovery codes, passkeys) and end their sessions.

    Where their region requires one they set another up when they sign in next.
    """
    account = session.get_one(Account, account_id, with_for_update=True, populate_existing=True)
    passkeys = len(account.webauthn)
    account.tf_primary_method = account.tf_totp_secret = account.mf_recovery_codes = None
    account.webauthn.clear()
    audit.record(session, actor, audit.Tag.SECOND_STEP_RESET, account, at=clock(), passkeys=passkeys)
    second_step.end_and_tell(session, account, second_step.Change.RESET, clock())
    return account


def _end_sessions(account: Account) -> None:
    # What a session, and a link to a new password, names the account by.
    account.fs_uniquifier = uuid4().hex


def _tell_vouched(session: Session, membership: Membership, now: datetime) -> None:
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"vouched:{membership.id}",
        kind="vouched",
        due_at=now,
        region_id=membership.region_id,
        payload={"membership_id": membership.id},
    )
