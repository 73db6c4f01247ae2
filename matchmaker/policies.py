"""Who may do what: one enum of permissions, one table of predicates, and nothing else decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from models import Account, Membership, PartnerKind, Region, RequestState, Role


@dataclass(frozen=True)
class Actor:
    """Whoever acts: an account with the roles its memberships give it now, or nobody (a link, the service itself)."""

    account_id: int | None = None
    grants: frozenset[tuple[int, Role]] = frozenset()

    def is_a(self, region_id: int, *roles: Role) -> bool:
        """Whether a membership of that region gives one of these roles."""
        return any((region_id, role) in self.grants for role in roles)


NOBODY = Actor()
STAFF = (Role.COORDINATOR, Role.ADMIN, Role.FUNDER)
"""Whose membership waits for a second step of signing in, where the region asks for one."""
INVITING = (Role.PARTNER, Role.COORDINATOR, Role.ADMIN)
"""Who may invite a neighbor to join."""


def actor_for(account: Account, memberships: Iterable[Membership], now: datetime) -> Actor:
    """The actor an account is at this moment."""
    return Actor(account.id, frozenset((m.region_id, m.role) for m in in_force(account, memberships, now)))


def in_force(account: Account, memberships: Iterable[Membership], now: datetime) -> list[Membership]:
    """The memberships that give rights at this moment."""
    return [m for m in memberships if m.counts(now) and not held_back(account, m)]


def held_back(account: Account, membership: Membership) -> bool:
    """Whether a membership gives no rights until the account signs in with a second step."""
    return membership.role in STAFF and membership.region.second_step_required and not account.has_second_step


class Permission(Enum):
    """What can be permitted. The comment says on which subject it is asked."""

    POST_REQUEST = "post a learning request"
    """A region: its teachers, once a coordinator has vouched for them."""
    READ_REQUEST = "read a learning request and its timeline"
    """A learning request: its own teacher, and once it is posted the region's staff."""
    CHANGE_REQUEST = "change what a learning request asks"
    """A learning request: its own teacher; nobody else puts words into her mouth."""
    WITHDRAW_REQUEST = "withdraw a learning request"
    """A learning request: its own teacher, and once it is posted the region's staff."""
    CHOOSE_TIME = "choose among the other times that a partner proposes"
    """A learning request: its own teacher, and the region's staff in her place."""
    EDIT_PARTNER = "change a partner's profile and funds"
    """A partner: the account it belongs to."""
    KEEP_ORGANISATION = "see who belongs to an organisation, invite colleagues and let people go"
    """A partner: the account it belongs to, where it is an organisation."""
    HAVE_PROFILE = "have a partner's profile"
    """A region: its partners."""
    INVITE_NEIGHBOR = "hand somebody a link by which they join, and be noted as the one who knows them"
    """A region: its partners, and its staff."""
    JOIN_CONVERSATION = "write into the conversation of an introduction"
    """A conversation: its own two sides, and the region's staff."""
    READ_CONVERSATION = "read what the two sides of an introduction write to each other"
    """A conversation: its own two sides, and the region's staff where the region lets them."""
    USE_DESK = "see the desk, approve, undo and pass, plan the region"
    """A region, or anything of it: coordinators and admins."""
    REMOVE_NOTE = "take away what was noted for colleagues"
    """A note: who wrote it while of the staff, and the region's admins."""
    MANAGE_PEOPLE = "vouch for teachers, review partners, see contacts"
    """A region, or anything of it: coordinators and admins."""
    READ_CLEARANCE_RULES = "read when a visit needs a clearance, and which visits ahead want one"
    """A region: coordinators and admins."""
    SET_CLEARANCE_RULES = "change the table of clearance rules"
    """A region, or a rule of it: admins."""
    PLAN_VISIT = "write down who is with the class on a visit, and in which room"
    """A visit: the teacher of its request, and the region's staff."""
    READ_SCHOOL = "see a school's documented facts, its past service and its place in line"
    """A region, or a school: coordinators and admins."""
    DOCUMENT_SCHOOL = "change a school's documented facts"
    """A school: admins."""
    MANAGE_CALENDAR = "close days to visits, and write down a school's bells"
    """A region, a closure of it or a school: admins."""
    READ_EQUITY = "read whom the network reached, schools named, and every version of the policy"
    """A region: coordinators, admins and funders."""
    TRY_POLICY = "try another setting of the dial; a try changes nothing"
    """A region, or a trial of it: coordinators and admins."""
    SET_POLICY = "put a policy into effect, or take one back"
    """A region: admins."""
    EXPORT_REGION = "take along everything that a region owns"
    """A region: admins."""
    ERASE_PERSON = "take along or erase what is kept of somebody, as they have asked"
    """A membership or a partner of a region: admins."""
    RESET_SECOND_STEP = "take away the second step of somebody of the staff who has lost it"
    """A membership: the region's admins, for others, who are of no other region's staff than the admin's own."""
    SET_REGION = "change how the network works: its days, hours and how it is reached"
    """A region: admins."""
    MAKE_TOKEN = "make tokens for programs that act in one's name, and see one's own"
    """A region: its teachers, its partners and its staff."""
    REVOKE_TOKEN = "end a program's token"
    """A token: the account it belongs to, and the region's admins."""
    KEEP_WEBHOOKS = "say which addresses are told what happens, and see every token of the region"
    """A region, or a webhook of it: admins."""
    MEND = "see how the work behind the pages stands, and mend it"
    """A region, or an outbox item or a suppressed address of it: admins."""


def _region(subject: Any) -> int:
    return int(subject.id if isinstance(subject, Region) else subject.region_id)


def _staff(actor: Actor, subject: Any) -> bool:
    return actor.is_a(_region(subject), Role.COORDINATOR, Role.ADMIN)


def _admin(actor: Actor, subject: Any) -> bool:
    return actor.is_a(_region(subject), Role.ADMIN)


def _admin_of_all(actor: Actor, membership: Membership) -> bool:
    theirs = [m for m in membership.account.memberships if m.role in STAFF and m.until is None]
    return actor.account_id != membership.account_id and all(_admin(actor, each) for each in (membership, *theirs))


def _own_note(actor: Actor, note: Any) -> bool:
    return actor.account_id == note.author_id and _staff(actor, note)


def _own_request(actor: Actor, request: Any) -> bool:
    return actor.account_id == request.teacher.account_id and actor.is_a(request.region_id, Role.TEACHER)


def _staff_of_posted(actor: Actor, request: Any) -> bool:
    return request.state is not RequestState.DRAFT and _staff(actor, request)


def _own_profile(actor: Actor, partner: Any) -> bool:
    return actor.account_id == partner.account_id and actor.is_a(partner.region_id, Role.PARTNER)


def _own_organisation(actor: Actor, partner: Any) -> bool:
    return partner.kind is PartnerKind.ORGANISATION and _own_profile(actor, partner)


def _own_conversation(actor: Actor, talk: Any) -> bool:
    sides = ((talk.teacher_account_id, Role.TEACHER), (talk.partner_account_id, Role.PARTNER))
    return any(actor.account_id == account_id and actor.is_a(talk.region_id, role) for account_id, role in sides)


def _own_token(actor: Actor, token: Any) -> bool:
    return actor.account_id == token.account_id and any(region_id == token.region_id for region_id, _ in actor.grants)


PREDICATES: dict[Permission, Callable[[Actor, Any], bool]] = {
    Permission.POST_REQUEST: lambda actor, region: actor.is_a(_region(region), Role.TEACHER),
    Permission.READ_REQUEST: lambda actor, request: _own_request(actor, request) or _staff_of_posted(actor, request),
    Permission.CHANGE_REQUEST: _own_request,
    Permission.WITHDRAW_REQUEST: lambda actor, request: (
        _own_request(actor, request) or _staff_of_posted(actor, request)
    ),
    Permission.CHOOSE_TIME: lambda actor, request: _own_request(actor, request) or _staff(actor, request),
    Permission.EDIT_PARTNER: _own_profile,
    Permission.KEEP_ORGANISATION: _own_organisation,
    Permission.HAVE_PROFILE: lambda actor, region: actor.is_a(_region(region), Role.PARTNER),
    Permission.INVITE_NEIGHBOR: lambda actor, region: actor.is_a(_region(region), *INVITING),
    Permission.JOIN_CONVERSATION: lambda actor, talk: _own_conversation(actor, talk) or _staff(actor, talk),
    Permission.READ_CONVERSATION: lambda actor, talk: (
        _own_conversation(actor, talk) or (talk.coordinators_read and _staff(actor, talk))
    ),
    Permission.USE_DESK: _staff,
    Permission.REMOVE_NOTE: lambda actor, note: _own_note(actor, note) or _admin(actor, note),
    Permission.MANAGE_PEOPLE: _staff,
    Permission.READ_CLEARANCE_RULES: _staff,
    Permission.SET_CLEARANCE_RULES: _admin,
    Permission.PLAN_VISIT: lambda actor, visit: _own_request(actor, visit.introduction.request) or _staff(actor, visit),
    Permission.READ_SCHOOL: _staff,
    Permission.DOCUMENT_SCHOOL: _admin,
    Permission.MANAGE_CALENDAR: _admin,
    Permission.READ_EQUITY: lambda actor, region: _staff(actor, region) or actor.is_a(_region(region), Role.FUNDER),
    Permission.TRY_POLICY: _staff,
    Permission.SET_POLICY: _admin,
    Permission.EXPORT_REGION: _admin,
    Permission.ERASE_PERSON: _admin,
    Permission.RESET_SECOND_STEP: _admin_of_all,
    Permission.SET_REGION: _admin,
    Permission.MAKE_TOKEN: lambda actor, region: actor.is_a(_region(region), Role.TEACHER, *INVITING),
    Permission.REVOKE_TOKEN: lambda actor, token: _own_token(actor, token) or _admin(actor, token),
    Permission.KEEP_WEBHOOKS: _admin,
    Permission.MEND: _admin,
}


def permits(actor: Actor, permission: Permission, subject: Any) -> bool:
    """Whether the actor may do this to the subject. Nobody may do anything."""
    return actor.account_id is not None and PREDICATES[permission](actor, subject)
