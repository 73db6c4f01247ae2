"""Erasing somebody from a region, as they have asked.

Who somebody was, how to reach them and every word of theirs goes. That something happened stays: rows of requests,
introductions, visits, the capacity ledger, histories and the audit keep their counts, with nobody's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict
from matchmaker.policies import Actor
from matchmaker.queries.personal import (
    NOBODY_S,
    Person,
    addresses,
    introductions_of,
    memberships,
    requests_of,
    said,
    subject,
)
from matchmaker.services import introductions, partners, proposals, requests, revisions
from models import (
    Account,
    ApiToken,
    Clearance,
    Embedding,
    FamilySchool,
    Fund,
    ImportedRow,
    Introduction,
    IntroductionState,
    Membership,
    Message,
    Note,
    OutboxItem,
    OwnerKind,
    Partner,
    Reflection,
    Region,
    RequestState,
    SavedView,
    Separation,
    SheetImport,
    SheetKind,
    Side,
    Suppression,
)

AGREED = (IntroductionState.ACCEPTED, IntroductionState.INTRODUCED, IntroductionState.SCHEDULED)
ASKED = (IntroductionState.INVITED, IntroductionState.OTHER_TIMES)
OVER = (RequestState.DONE, RequestState.WITHDRAWN)


class VisitAgreed(Conflict):
    """Somebody counts on this person: a visit is agreed, and must be called off first."""


class StaffStays(Conflict):
    """Whoever coordinates the region is released from it before anything of theirs is erased."""


def erase(session: Session, actor: Actor, person: Person, clock: Clock) -> None:
    """Take away who somebody was, and every word of theirs.

    Raises VisitAgreed while a visit is agreed, StaffStays for whoever coordinates the region.
    """
    now = clock()
    told = subject(person)
    if person.account is not None and _is_staff(session, person):
        raise StaffStays
    _stand_back(session, actor, person, clock)
    known = addresses(person)
    if person.teacher is not None:
        _erase_teacher(session, person)
    if person.partner is not None:
        _erase_partner(session, actor, person.partner, clock)
    _erase_words(session, person)
    _erase_traces(session, person, known)
    if person.account is not None:
        _erase_account(session, person.account, person.region, now)
    audit.record(session, actor, audit.Tag.PERSON_ERASED, told, at=now)
    session.flush()


def _stand_back(session: Session, actor: Actor, person: Person, clock: Clock) -> None:
    """Nobody waits for them any more: invitations are answered with not now, open requests are withdrawn."""
    live = introductions_of(session, person)
    if any(each.state in AGREED for each in live):
        raise VisitAgreed
    for request in requests_of(session, person):
        if request.state is RequestState.DRAFT:
            requests.discard(session, actor, request.id, clock)
        elif request.state not in OVER:
            requests.withdraw(session, actor, request.id, clock)
    for each in introductions_of(session, person):
        if each.state in ASKED:
            introductions.not_now(session, each.key, None, clock)
        elif each.state is IntroductionState.APPROVED:
            proposals.undo(session, actor, each.id, clock)


def _erase_teacher(session: Session, person: Person) -> None:
    assert person.teacher is not None, "asked before"
    teacher = person.teacher
    teacher.phone, teacher.grades, teacher.subjects = "", [], []
    teacher.feed_key, teacher.source_key = uuid4(), None
    for request in requests_of(session, person):
        request.title = request.text = NOBODY_S
        request.place, request.source_key = "", None
        _forget_vectors(session, OwnerKind.REQUEST, request.id)
    session.execute(delete(Separation).where(Separation.teacher_id == teacher.id))


def _erase_partner(session: Session, actor: Actor, partner: Partner, clock: Clock) -> None:
    for fund in session.scalars(select(Fund).where(Fund.partner_id == partner.id)).all():
        partners.remove_fund(session, actor, partner, fund.id, clock)
        _forget_vectors(session, OwnerKind.FUND, fund.id)
    _forget_vectors(session, OwnerKind.PARTNER, partner.id)
    for table in (Note, Separation, FamilySchool):
        session.execute(delete(table).where(table.partner_id == partner.id))
    partner.account_id = partner.contact_name = partner.organisation_id = partner.source_key = None
    partner.email = partner.phone = partner.about = partner.neighbourhood = ""
    partner.name, partner.feed_key = NOBODY_S, uuid4()
    partner.languages, partner.formats, partner.weekdays, partner.sharing = [], [], [], []
    partner.latitude = partner.longitude = partner.free_from = partner.free_until = partner.radius_miles = None
    partner.clearance, partner.clearance_issuer = Clearance.UNKNOWN, None
    partner.clearance_issued_on = partner.clearance_expires_on = None
    partner.reviewed_at = partner.reviewed_by_id = partner.paused_at = partner.paused_until = None
    partner.monthly_capacity, partner.online = 0, False
    partner.public_since, partner.public_name = None, False
    # The ranker reads the profile again, finds it unread, and forgets it.
    partner.revision = revisions.touch(session, partner.region_id)
    session.execute(update(Introduction).where(Introduction.partner_id == partner.id).values(not_now_reason=None))


def _forget_vectors(session: Session, kind: OwnerKind, row_id: int) -> None:
    session.execute(delete(Embedding).where(Embedding.owner_kind == kind, Embedding.owner_id == row_id))


def _erase_words(session: Session, person: Person) -> None:
    for message in said(session, person, Message):
        message.text, message.author_id = NOBODY_S, None
    for told in said(session, person, Reflection):
        told.shared_at, told.consent = None, False
        told.note = told.story = told.first_name = ""


def _erase_traces(session: Session, person: Person, mailed: Sequence[str]) -> None:
    """What other rows hold of them: imported cells, stopped addresses, mails that have left or still would."""
    rows = (
        ((SheetKind.PARTNERS, SheetKind.CLEARANCES), person.partner),
        ((SheetKind.TEACHERS,), person.teacher),
    )
    for kinds, row in rows:
        if row is not None:
            of_kind = select(SheetImport.id).where(
                SheetImport.region_id == person.region.id, SheetImport.kind.in_(kinds)
            )
            theirs = (ImportedRow.import_id.in_(of_kind), ImportedRow.subject_id == row.id)
            session.execute(update(ImportedRow).where(*theirs).values(before={}, after={}))
    here = Suppression.region_id == person.region.id
    session.execute(delete(Suppression).where(here, Suppression.email.in_(mailed)))
    known = [each.id for each in introductions_of(session, person)]
    side = OutboxItem.payload["side"].as_string().in_(_sides(person))
    to_them = OutboxItem.payload["introduction_id"].as_integer().in_(known) & side
    mails = OutboxItem.region_id == person.region.id
    unsent = (OutboxItem.done_at.is_(None), or_(OutboxItem.recipient.in_(mailed), to_them))
    session.execute(delete(OutboxItem).where(mails, *unsent))
    session.execute(update(OutboxItem).where(mails, OutboxItem.recipient.in_(mailed)).values(recipient=None))


def _erase_account(session: Session, account: Account, region: Region, now: datetime) -> None:
    """End the roles here; the account itself goes with its last role anywhere."""
    session.execute(
        update(Membership)
        .where(Membership.account_id == account.id, Membership.region_id == region.id, Membership.until.is_(None))
        .values(until=now)
    )
    for table in (SavedView, ApiToken):
        session.execute(delete(table).where(table.account_id == account.id, table.region_id == region.id))
    elsewhere = exists().where(
        Membership.account_id == account.id, Membership.region_id != region.id, Membership.until.is_(None)
    )
    if not session.scalar(select(elsewhere)):
        account.email, account.name = f"erased-{uuid4().hex}@erased.invalid", NOBODY_S
        account.password, account.confirmed_at, account.active = None, None, False
        account.tf_primary_method = account.tf_totp_secret = account.mf_recovery_codes = None
        account.identities.clear()
        account.webauthn.clear()
        # Whatever browser is still signed in no longer is.
        account.fs_uniquifier = uuid4().hex


def _is_staff(session: Session, person: Person) -> bool:
    return any(each.role in ("coordinator", "admin") and each.until is None for each in memberships(session, person))


def _sides(person: Person) -> list[str]:
    pairs = ((Side.TEACHER, person.teacher), (Side.PARTNER, person.partner))
    return [side.value for side, row in pairs if row is not None]
