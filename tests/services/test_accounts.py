"""Joining a region and being vouched for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.policies import Permission, permits
from matchmaker.services import accounts
from matchmaker.services.accounts import Newcomer
from models import Account, Membership, OutboxItem, PartnerKind, Role, Teacher
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting, audited, waiting


def test_an_address_is_kept_in_lower_case_and_opens_one_account(session: Session) -> None:
    account = accounts.open_account(session, Newcomer("Luz Amaro", "Luz.Amaro@People.example", "hash", "es"))
    assert account is not None
    assert (account.email, account.language, account.confirmed_at) == ("luz.amaro@people.example", "es", None)
    assert accounts.open_account(session, Newcomer("Somebody", "LUZ.amaro@people.example")) is None
    assert session.scalar(select(func.count(Account.id))) == 1


def test_the_owner_of_an_address_is_told_at_most_once_an_hour(session: Session, cast: Cast) -> None:
    for minutes in (0, 30, 59, 60):
        at = f.NOW + timedelta(minutes=minutes)
        accounts.tell_owner(session, cast.region, cast.ana.account.email, lambda at=at: at)
    assert len(waiting(session)) == 2


def test_a_teacher_may_post_once_a_coordinator_has_vouched(session: Session, cast: Cast, clock: Clock) -> None:
    account = f.AccountFactory()
    teacher = accounts.join_teacher(
        session, account, cast.region, cast.school.id, grades=[7], subjects=["math"], phone="", clock=clock
    )
    [membership] = session.scalars(select(Membership).where(Membership.account_id == account.id))
    session.refresh(account)
    assert (teacher.school_id, membership.since) == (cast.school.id, None)
    assert not permits(acting(account), Permission.POST_REQUEST, cast.region)
    accounts.vouch(session, acting(cast.marisol), membership.id, clock)
    assert (membership.since, membership.vouched_by_id) == (f.NOW, cast.marisol.id)
    assert permits(acting(account), Permission.POST_REQUEST, cast.region)
    assert audited(session) == ["account:membership:joined", "people:membership:vouched"]
    [item] = session.scalars(select(OutboxItem))
    assert (item.kind, item.payload) == ("vouched", {"membership_id": membership.id})


def test_vouching_again_changes_nothing(session: Session, cast: Cast, clock: Clock) -> None:
    accounts.vouch(session, acting(cast.marisol), cast.nueva_membership.id, clock)
    accounts.vouch(session, acting(cast.ben), cast.nueva_membership.id, lambda: f.NOW + timedelta(days=1))
    assert (cast.nueva_membership.since, cast.nueva_membership.vouched_by_id) == (f.NOW, cast.marisol.id)
    assert len(waiting(session)) == 1


def test_a_school_of_another_region_is_not_there(session: Session, cast: Cast, clock: Clock) -> None:
    before = session.scalar(select(func.count(Teacher.id)))
    for school_id in (cast.otto.school_id, 2_000_000_000):
        with pytest.raises(NotFound):
            accounts.join_teacher(
                session, cast.charlie, cast.region, school_id, grades=[], subjects=[], phone="", clock=clock
            )
    assert session.scalar(select(func.count(Teacher.id))) == before


def test_a_partner_writes_at_once_and_is_seen_after_a_review(session: Session, cast: Cast, clock: Clock) -> None:
    account = f.AccountFactory(language="es")
    partner = accounts.join_partner(
        session, account, cast.region, kind=PartnerKind.PERSON, phone="520-555-0100", clock=clock
    )
    session.refresh(account)
    assert (partner.reviewed_at, partner.language, partner.languages) == (None, "es", ["es"])
    assert permits(acting(account), Permission.EDIT_PARTNER, partner)


def test_appointing_keeps_what_is_there(session: Session, cast: Cast) -> None:
    [before] = cast.marisol.memberships
    later = lambda: f.NOW + timedelta(days=1)  # noqa: E731
    assert accounts.appoint(session, cast.marisol, cast.region, Role.COORDINATOR, later) is before
    assert before.since is not None and before.since < f.NOW
    assert accounts.appoint(session, cast.marisol, cast.region, Role.ADMIN, later).since == later()
    assert accounts.appoint(session, cast.nueva.account, cast.region, Role.TEACHER, later).since == later()
