"""Who may what: every permission has its predicate, and only memberships that count give rights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from matchmaker.policies import NOBODY, PREDICATES, Actor, Permission, actor_for, permits
from models import Account, PartnerKind, Role
from tests import factories as f
from tests.cast import Cast

P = Permission


@dataclass(frozen=True)
class Conversation:
    """What the predicates ask a conversation."""

    region_id: int
    teacher_account_id: int
    partner_account_id: int | None
    coordinators_read: bool = True


@pytest.fixture
def subjects(cast: Cast) -> dict[Permission, Any]:
    """What each permission is asked about, of Palo Fierro: its region, Ana's request, Ramón's profile, their talk."""
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    conversation = Conversation(cast.region.id, cast.ana.account_id, cast.ramon.account_id)
    return {
        P.POST_REQUEST: cast.region,
        P.READ_REQUEST: request,
        P.CHANGE_REQUEST: request,
        P.WITHDRAW_REQUEST: request,
        P.CHOOSE_TIME: request,
        P.EDIT_PARTNER: cast.ramon,
        P.KEEP_ORGANISATION: cast.ramon,
        P.HAVE_PROFILE: cast.region,
        P.INVITE_NEIGHBOR: cast.region,
        P.JOIN_CONVERSATION: conversation,
        P.READ_CONVERSATION: conversation,
        P.USE_DESK: request,
        P.REMOVE_NOTE: f.NoteFactory(region=cast.region, of=request, author=cast.marisol),
        P.MANAGE_PEOPLE: cast.region,
        P.READ_CLEARANCE_RULES: cast.region,
        P.SET_CLEARANCE_RULES: cast.region,
        P.PLAN_VISIT: f.VisitFactory(
            region=cast.region,
            of=f.IntroductionFactory(region=cast.region, suggested__of=request, suggested__who=cast.ramon),
        ),
        P.READ_SCHOOL: cast.school,
        P.DOCUMENT_SCHOOL: cast.school,
        P.MANAGE_CALENDAR: cast.region,
        P.READ_EQUITY: cast.region,
        P.TRY_POLICY: cast.region,
        P.SET_POLICY: cast.region,
        P.MAKE_TOKEN: cast.region,
        P.REVOKE_TOKEN: f.ApiTokenFactory(region=cast.region, owner=cast.ben),
        P.KEEP_WEBHOOKS: f.WebhookFactory(region=cast.region),
        P.MEND: cast.region,
        P.EXPORT_REGION: cast.region,
        P.ERASE_PERSON: cast.region,
        P.SET_REGION: cast.region,
        P.RESET_SECOND_STEP: next(m for m in cast.ben.memberships if m.role is Role.COORDINATOR),
    }


TALK = {P.JOIN_CONVERSATION, P.READ_CONVERSATION}
STAFF = TALK | {
    P.READ_REQUEST,
    P.WITHDRAW_REQUEST,
    P.CHOOSE_TIME,
    P.INVITE_NEIGHBOR,
    P.USE_DESK,
    P.MAKE_TOKEN,
    P.MANAGE_PEOPLE,
    P.READ_CLEARANCE_RULES,
    P.PLAN_VISIT,
    P.READ_SCHOOL,
    P.READ_EQUITY,
    P.TRY_POLICY,
}
ADMIN = {
    P.SET_CLEARANCE_RULES,
    P.DOCUMENT_SCHOOL,
    P.MANAGE_CALENDAR,
    P.SET_POLICY,
    P.KEEP_WEBHOOKS,
    P.MEND,
    P.EXPORT_REGION,
    P.ERASE_PERSON,
    P.SET_REGION,
    P.RESET_SECOND_STEP,
}
MAY = {
    "ana": TALK | {P.MAKE_TOKEN, P.POST_REQUEST, P.READ_REQUEST, P.CHANGE_REQUEST, P.WITHDRAW_REQUEST, P.CHOOSE_TIME,
                   P.PLAN_VISIT},
    "tomas": {P.MAKE_TOKEN, P.POST_REQUEST},
    "nueva": set(),
    "ramon": TALK | {P.MAKE_TOKEN, P.EDIT_PARTNER, P.HAVE_PROFILE, P.INVITE_NEIGHBOR},
    "esperanza": {P.MAKE_TOKEN, P.HAVE_PROFILE, P.INVITE_NEIGHBOR},
    "marisol": STAFF | {P.REMOVE_NOTE},
    "ben": STAFF | {P.REVOKE_TOKEN},
    "ada": STAFF | ADMIN | {P.REMOVE_NOTE, P.REVOKE_TOKEN},
    "fran": {P.READ_EQUITY},
    "charlie": set(),
    "olga": set(),
    "otto": set(),
    "paz": set(),
}


def account_of(cast: Cast, name: str) -> Account:
    person = getattr(cast, name)
    account: Account = person if isinstance(person, Account) else person.account
    return account


@pytest.mark.parametrize("name", MAY)
def test_everybody_may_what_the_table_says(cast: Cast, subjects: dict[Permission, Any], name: str) -> None:
    account = account_of(cast, name)
    actor = actor_for(account, account.memberships, f.NOW)
    assert {permission for permission in P if permits(actor, permission, subjects[permission])} == MAY[name]


def test_nobody_may_do_anything(subjects: dict[Permission, Any]) -> None:
    assert not any(permits(NOBODY, permission, subjects[permission]) for permission in P)


def test_every_permission_has_its_predicate_and_every_predicate_its_permission() -> None:
    assert set(PREDICATES) == set(Permission)


def test_a_request_without_an_account_behind_it_is_nobodys(cast: Cast, subjects: dict[Permission, Any]) -> None:
    nobody_with_rights = Actor(None, frozenset({(cast.region.id, Role.ADMIN)}))
    assert not any(permits(nobody_with_rights, permission, subjects[permission]) for permission in P)


def test_the_same_role_next_door_gives_nothing_here(cast: Cast, subjects: dict[Permission, Any]) -> None:
    actor = actor_for(cast.olga, cast.olga.memberships, f.NOW)
    assert permits(actor, P.USE_DESK, cast.next_door)
    assert not permits(actor, P.USE_DESK, cast.region)


def test_a_membership_counts_from_its_beginning_to_its_end(session: Session, cast: Cast) -> None:
    [membership] = cast.marisol.memberships
    membership.since, membership.until = f.NOW, f.NOW + timedelta(days=1)
    for hours, counts in ((-1, False), (0, True), (23, True), (24, False)):
        actor = actor_for(cast.marisol, [membership], f.NOW + timedelta(hours=hours))
        assert permits(actor, P.USE_DESK, cast.region) is counts


def test_a_teacher_who_left_does_not_read_on(session: Session, cast: Cast, subjects: dict[Permission, Any]) -> None:
    account = cast.ana.account
    account.memberships[0].until = f.NOW
    assert not permits(actor_for(account, account.memberships, f.NOW), P.READ_REQUEST, subjects[P.READ_REQUEST])


def test_where_the_region_does_not_read_its_staff_write_only(cast: Cast, subjects: dict[Permission, Any]) -> None:
    private = replace(subjects[P.READ_CONVERSATION], coordinators_read=False)
    for account, may_read in ((cast.marisol, False), (cast.ada, False), (cast.ana.account, True)):
        actor = actor_for(account, account.memberships, f.NOW)
        assert permits(actor, P.JOIN_CONVERSATION, private)
        assert permits(actor, P.READ_CONVERSATION, private) is may_read


def test_a_partner_without_an_account_leaves_the_talk_to_nobody_else(cast: Cast) -> None:
    talk = Conversation(cast.region.id, cast.ana.account_id, None)
    assert not permits(Actor(None, frozenset({(cast.region.id, Role.PARTNER)})), P.READ_CONVERSATION, talk)


def test_an_organisation_is_kept_by_its_own_account_alone(cast: Cast) -> None:
    cast.ramon.kind = PartnerKind.ORGANISATION
    for name in MAY:
        account = account_of(cast, name)
        actor = actor_for(account, account.memberships, f.NOW)
        assert permits(actor, P.KEEP_ORGANISATION, cast.ramon) is (name == "ramon")
