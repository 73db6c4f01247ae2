"""A partner's profile and funds of knowledge, and the review that makes them visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import NOBODY, Actor
from matchmaker.services import followups, organisations, revisions
from models import (
    Fund,
    KnowledgeKind,
    MailKind,
    OutboxItem,
    Partner,
    PartnerKind,
    Region,
    Suppression,
    SuppressionReason,
)

MOST_FUNDS = 40
RESUME = "resume"
"""The follow-up that ends a pause."""
_THEIR_OWN = frozenset(
    {
        audit.Tag.PARTNER_CHANGED,
        audit.Tag.FUND_SAVED,
        audit.Tag.FUND_REMOVED,
        audit.Tag.PARTNER_PAUSED,
        audit.Tag.PARTNER_RESUMED,
    }
)
"""What partners do themselves; done by somebody else, the audit marks it as on their behalf."""


class NothingToShow(Conflict):
    """A profile without a fund cannot be reviewed: a class could not know what to ask for."""


class KnownAlready(Conflict):
    """The region has a partner with this address."""


@dataclass(frozen=True)
class Logistics:
    """What a partner says of themselves, and of when, where and how they can meet a class.

    ``contact_name`` is whom to write to at an organisation. ``free_from`` and ``free_until`` are hours in the region's
    zone; None is *not said*. ``place`` is latitude and longitude of where they set out from; None leaves it as it was.
    """

    name: str
    phone: str
    language: str
    about: str
    languages: tuple[str, ...]
    formats: tuple[str, ...]
    weekdays: tuple[int, ...]
    sharing: tuple[str, ...]
    neighbourhood: str
    radius_miles: int | None
    online: bool
    monthly_capacity: int
    kind: PartnerKind = PartnerKind.PERSON
    contact_name: str | None = None
    free_from: time | None = None
    free_until: time | None = None
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class Called:
    """Who a coordinator has on the phone. An empty ``email`` means they have none: such people are called."""

    name: str
    phone: str
    language: str
    email: str = ""
    neighbourhood: str = ""
    monthly_capacity: int = 2


@dataclass(frozen=True)
class FundDraft:
    """One fund as it was written in a form or a file."""

    title: str
    text: str
    story: str
    language: str = "en"
    kind: KnowledgeKind = KnowledgeKind.PRACTICE
    subjects: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()


def enter(session: Session, actor: Actor, region: Region, called: Called, draft: FundDraft, clock: Clock) -> Partner:
    """Write down a partner during a call, with the first fund in their words. Like everybody, they are reviewed first.

    Raises KnownAlready when the region has a partner with that address.
    """
    email = called.email.strip().lower()
    if email and (known := _with_address(session, region, email)) is not None:
        raise KnownAlready(partner=known)
    now = clock()
    partner = Partner(
        region_id=region.id,
        name=called.name,
        phone=called.phone,
        email=email,
        language=called.language,
        languages=[called.language],
        neighbourhood=called.neighbourhood,
        monthly_capacity=called.monthly_capacity,
        joined_on=now.astimezone(ZoneInfo(region.time_zone)).date(),
    )
    session.add(partner)
    session.flush()
    _changed(session, actor, partner, audit.Tag.PARTNER_ENTERED, now, during="call")
    save_fund(session, actor, partner, draft, clock)
    return partner


def save_logistics(session: Session, actor: Actor, partner: Partner, logistics: Logistics, clock: Clock) -> Partner:
    """Replace the profile's practical part. Raises BelongsSomewhere, HasPeople where the kind cannot change so."""
    organisations.keep_kind(session, partner, logistics.kind)
    partner.kind, partner.name, partner.contact_name = logistics.kind, logistics.name, logistics.contact_name
    partner.phone = logistics.phone
    partner.language = logistics.language
    partner.about = logistics.about
    partner.languages = list(logistics.languages)
    partner.formats = list(logistics.formats)
    partner.weekdays = list(logistics.weekdays)
    partner.free_from, partner.free_until = logistics.free_from, logistics.free_until
    partner.sharing = list(logistics.sharing)
    partner.neighbourhood = logistics.neighbourhood
    if logistics.place is not None:
        partner.latitude, partner.longitude = logistics.place
    partner.radius_miles = logistics.radius_miles
    partner.online = logistics.online
    partner.monthly_capacity = logistics.monthly_capacity
    _changed(session, actor, partner, audit.Tag.PARTNER_CHANGED, clock())
    return partner


def save_fund(
    session: Session, actor: Actor, partner: Partner, draft: FundDraft, clock: Clock, *, fund_id: int | None = None
) -> Fund:
    """Add a fund, or rewrite one. Raises NotFound for a fund of somebody else, Invalid beyond MOST_FUNDS."""
    if fund_id is None:
        return add_funds(session, actor, [(partner, draft)], clock)[0]
    fund = _own_fund(session, partner, fund_id)
    _write(fund, draft)
    _changed(session, actor, partner, audit.Tag.FUND_SAVED, clock(), fund=fund.id)
    return fund


def add_funds(
    session: Session, actor: Actor, drafts: Sequence[tuple[Partner, FundDraft]], clock: Clock
) -> Sequence[Fund]:
    """Add funds, each behind those its partner has. Raises Invalid beyond MOST_FUNDS."""
    owners = {partner.id for partner, _ in drafts}
    counted = select(Fund.partner_id, func.count()).where(Fund.partner_id.in_(owners)).group_by(Fund.partner_id)
    counts = Counter({owner: count for owner, count in session.execute(counted)})
    funds = []
    for partner, draft in drafts:
        fund = Fund(region_id=partner.region_id, partner_id=partner.id, position=counts[partner.id])
        counts[partner.id] += 1
        if counts[partner.id] > MOST_FUNDS:
            raise Invalid(field="title", most=MOST_FUNDS)
        _write(fund, draft)
        funds.append(fund)
    session.add_all(funds)
    session.flush()
    for fund, (partner, _) in zip(funds, drafts, strict=True):
        _changed(session, actor, partner, audit.Tag.FUND_SAVED, clock(), fund=fund.id)
    return funds


def say_classes(
    session: Session,
    actor: Actor,
    partner: Partner,
    fund_id: int,
    *,
    subjects: Sequence[str],
    grades: Sequence[int],
    clock: Clock,
) -> Fund:
    """Say which subjects and grades a fund could serve; none means any. Raises NotFound for somebody else's fund."""
    fund = _own_fund(session, partner, fund_id)
    fund.subjects, fund.grades = list(subjects), list(grades)
    _changed(session, actor, partner, audit.Tag.FUND_SAVED, clock(), fund=fund.id)
    return fund


def remove_fund(session: Session, actor: Actor, partner: Partner, fund_id: int, clock: Clock) -> None:
    """Take a fund out of the profile. Raises NotFound for a fund of somebody else."""
    session.delete(_own_fund(session, partner, fund_id))
    _changed(session, actor, partner, audit.Tag.FUND_REMOVED, clock(), fund=fund_id)


def pause(session: Session, actor: Actor, partner: Partner, clock: Clock, until: date | None = None) -> None:
    """No new invitations until the partner resumes, or that day begins; what is agreed stays. Again: the new end."""
    now = clock()
    if partner.paused_at is not None and partner.paused_until == until:
        return
    partner.paused_at, partner.paused_until = partner.paused_at or now, until
    _changed(session, actor, partner, audit.Tag.PARTNER_PAUSED, now, until=until.isoformat() if until else None)
    if until is not None:
        zone = ZoneInfo(session.get_one(Region, partner.region_id).time_zone)
        morning = datetime.combine(until, time(0), zone)
        followups.put(session, RESUME, f"{partner.id}:{until}", morning, partner.region_id, partner_id=partner.id)


def resume(session: Session, actor: Actor, partner: Partner, clock: Clock) -> None:
    """Take invitations again, also where the partner had asked for none at all."""
    if partner.paused_at is not None:
        partner.paused_at = partner.paused_until = None
        _changed(session, actor, partner, audit.Tag.PARTNER_RESUMED, clock())
    session.execute(
        delete(Suppression).where(
            Suppression.region_id == partner.region_id,
            Suppression.email == partner.email.strip().lower(),
            Suppression.reason == SuppressionReason.ASKED,
            or_(Suppression.kind.is_(None), Suppression.kind == MailKind.ASKING),
        )
    )


def pause_ends(session: Session, item: OutboxItem, now: datetime) -> None:
    """Follow-up: a pause whose last day is over ends, unless it was ended or given another end since."""
    partner = session.get(Partner, item.payload["partner_id"], with_for_update=True, populate_existing=True)
    if partner is None or partner.paused_until is None:
        return
    zone = ZoneInfo(session.get_one(Region, partner.region_id).time_zone)
    if partner.paused_until <= now.astimezone(zone).date():
        partner.paused_at = partner.paused_until = None
        _changed(session, NOBODY, partner, audit.Tag.PARTNER_RESUMED, now)


def review(session: Session, actor: Actor, partner_id: int, clock: Clock) -> Partner:
    """A coordinator has read the profile: from now on the ranker may propose this partner. Again changes nothing.

    Raises NothingToShow when there is no fund yet.
    """
    review_all(session, actor, [partner_id], clock)
    return session.get_one(Partner, partner_id)


def review_all(session: Session, actor: Actor, partner_ids: Collection[int], clock: Clock) -> Sequence[Partner]:
    """``review`` several, and give those who had not been read."""
    held = select(Partner).where(Partner.id.in_(partner_ids)).order_by(Partner.id).with_for_update(of=Partner)
    partners = session.scalars(held.execution_options(populate_existing=True))
    unread = [each for each in partners if each.reviewed_at is None and each.merged_into_id is None]
    shown = set(session.scalars(select(Fund.partner_id).where(Fund.partner_id.in_([each.id for each in unread]))))
    now = clock()
    for partner in unread:
        if partner.id not in shown:
            raise NothingToShow(partner=partner.name)
        partner.reviewed_at = now
        partner.reviewed_by_id = actor.account_id
        _changed(session, actor, partner, audit.Tag.PARTNER_REVIEWED, now)
    return unread


def _changed(session: Session, actor: Actor, partner: Partner, tag: audit.Tag, now: datetime, **detail: object) -> None:
    """Record a change of a profile, and let the ranker read it again."""
    if tag in _THEIR_OWN and actor.account_id not in (None, partner.account_id):
        detail["on_behalf"] = True
    audit.record(session, actor, tag, partner, at=now, **detail)
    revisions.renew(session, partner, now)


def _with_address(session: Session, region: Region, email: str) -> str | None:
    """The name of the region's partner with an address."""
    return session.scalar(
        select(Partner.name)
        .where(Partner.region_id == region.id, func.lower(func.trim(Partner.email)) == email)
        .order_by(Partner.merged_into_id.is_not(None), Partner.id)
        .limit(1)
    )


def _own_fund(session: Session, partner: Partner, fund_id: int) -> Fund:
    fund = session.get(Fund, fund_id)
    if fund is None or fund.partner_id != partner.id:
        raise NotFound
    return fund


def _write(fund: Fund, draft: FundDraft) -> None:
    fund.title, fund.text, fund.story = draft.title, draft.text, draft.story
    fund.language, fund.kind = draft.language, draft.kind
    fund.subjects, fund.grades = list(draft.subjects), list(draft.grades)
