"""Two profiles of one and the same partner become one: what each brings, and the record by which it is taken back.

The profile that goes keeps its row: what was agreed under it stays there, and is read as the other's. Where a field is
taken from it, it gets the other's in exchange, so that nothing anybody wrote is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, DomainError, Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import duplicates
from matchmaker.queries.mail_choices import tidy
from matchmaker.services import partners, ranker, revisions
from models import (
    CapacityUnit,
    FamilySchool,
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    Note,
    Partner,
    PartnerKind,
    Proposal,
    ProposalState,
    Region,
    RequestState,
    Separation,
    Steer,
    SteerKind,
    Suppression,
    SuppressionReason,
)

FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("name", "contact_name"),
    "email": ("email",),
    "phone": ("phone",),
    "language": ("language",),
    "about": ("about",),
    "place": ("neighbourhood", "latitude", "longitude", "radius_miles"),
    "languages": ("languages",),
    "formats": ("formats", "online"),
    "times": ("weekdays", "free_from", "free_until"),
    "capacity": ("monthly_capacity",),
    "clearance": ("clearance", "clearance_issuer", "clearance_issued_on", "clearance_expires_on"),
}
"""What may be taken from the profile that goes, and the columns of each."""
ACCOUNT = "account"
"""The same for who signs in, where both profiles have somebody."""
_THEIR_WISH = (SuppressionReason.ASKED, SuppressionReason.COMPLAINED)
"""Why an address is left alone that goes for whatever other address its reader has; that mail comes back does not."""


class NotTwo(Invalid):
    """A profile cannot be merged with itself."""


class NotOneKind(Invalid):
    """A person and an organisation are two."""


class MergedAlready(Conflict):
    """One of the two was merged into another profile before."""


class Merged(DomainError):
    """The profile was merged into another: there it goes on."""

    status = 410


class StillUnderWay(Conflict):
    """The profile that goes has an invitation or a visit under way, or waits behind one."""


def merge(session: Session, actor: Actor, keep_id: int, gone_id: int, chosen: Collection[str], clock: Clock) -> Partner:
    """Make two profiles one. ``chosen`` are the FIELDS that come from the one that goes, and ACCOUNT.

    The same again changes nothing. Raises NotTwo, NotOneKind, MergedAlready, NotFound for two regions, and
    StillUnderWay, which names the request.
    """
    now = clock()
    if keep_id == gone_id:
        raise NotTwo
    # Requests before partners, as everywhere: nobody waits in a circle.
    requests = duplicates.locked_requests(session, gone_id)
    first, second = (_locked(session, partner_id) for partner_id in sorted((keep_id, gone_id)))
    kept, gone = (first, second) if first.id == keep_id else (second, first)
    if gone.merged_into_id == kept.id:
        return kept
    _require_mergeable(session, kept, gone)
    before = _standing(gone), _standing(kept)
    moved: dict[str, Any] = {"kept": kept.id, "gone_was": before[0], "kept_was": before[1]}
    moved["fields"] = exchange(kept, gone, [name for name in FIELDS if name in chosen])
    moved["account"] = _hand_over_account(session, kept, gone, take=ACCOUNT in chosen)
    moved |= _hand_over_rows(session, kept, gone)
    moved["units"] = _hand_over_units(session, kept, gone, now)
    moved["steers"], moved["aside"] = _hand_over_decisions(session, actor, kept, gone, requests, now)
    _settle_standing(session, actor, kept, gone, clock)
    moved["suppressions"] = _keep_silence(session, kept, gone)
    kept.revision = gone.revision = revision = revisions.touch(session, kept.region_id)
    session.flush()
    audit.record(session, actor, audit.Tag.PARTNERS_MERGED, gone, at=now, **moved)
    rank_again(session, kept, requests, revision, now)
    return kept


def tell_apart(session: Session, actor: Actor, first_id: int, second_id: int, clock: Clock) -> None:
    """Note that two profiles are of two people: they are not put forward as one again."""
    lower, higher = (session.get_one(Partner, partner_id) for partner_id in sorted((first_id, second_id)))
    if lower.region_id != higher.region_id:
        raise NotFound
    audit.record(session, actor, audit.Tag.PARTNERS_TOLD_APART, lower, at=clock(), other=higher.id)


def exchange(kept: Partner, gone: Partner, names: Sequence[str]) -> list[str]:
    """Give each of the two what the other has in some of the FIELDS; done twice, nothing has changed."""
    for column in (column for name in names for column in FIELDS[name]):
        mine, theirs = getattr(kept, column), getattr(gone, column)
        setattr(kept, column, theirs)
        setattr(gone, column, mine)
    return list(names)


def rank_again(
    session: Session, kept: Partner, requests: Sequence[LearningRequest], revision: int, now: datetime
) -> None:
    """Leave word to rank what the two profiles had to do with, and what found nobody so far."""
    for request in requests:
        if request.state in (RequestState.PROPOSED, RequestState.NONE_YET):
            ranker.ask(session, request, f"revision-{revision}", now)
    if kept.reviewed_at is not None:
        ranker.ask_for_unanswered(session, kept.region_id, f"revision-{revision}", now)


def _locked(session: Session, partner_id: int) -> Partner:
    return session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)


def _require_mergeable(session: Session, kept: Partner, gone: Partner) -> None:
    if kept.region_id != gone.region_id:
        raise NotFound
    for partner in (kept, gone):
        if partner.merged_into_id is not None:
            raise MergedAlready(partner=partner.name)
    if kept.kind is not gone.kind:
        raise NotOneKind
    if title := duplicates.under_way(session, gone.id):
        raise StillUnderWay(partner=gone.name, request=title)


def _standing(partner: Partner) -> dict[str, Any]:
    """What of a profile says whether it is seen and invited, as the audit keeps it."""
    return {
        "reviewed_at": partner.reviewed_at.isoformat() if partner.reviewed_at else None,
        "reviewed_by_id": partner.reviewed_by_id,
        "paused_at": partner.paused_at.isoformat() if partner.paused_at else None,
        "paused_until": partner.paused_until.isoformat() if partner.paused_until else None,
        "joined_on": partner.joined_on.isoformat(),
        "sharing": list(partner.sharing),
        "organisation_id": partner.organisation_id,
        "source": partner.source_key is not None,
        "public_since": partner.public_since.isoformat() if partner.public_since else None,
        "public_name": partner.public_name,
    }


def _hand_over_account(session: Session, kept: Partner, gone: Partner, *, take: bool) -> dict[str, int | None]:
    """Who signs in as the one that stays. Nobody signs in as the one that goes; accounts themselves stay."""
    had = {"kept": kept.account_id, "gone": gone.account_id}
    gone.account_id = None
    session.flush()
    if take or kept.account_id is None:
        kept.account_id = had["gone"] or kept.account_id
    return had


def _hand_over_rows(session: Session, kept: Partner, gone: Partner) -> dict[str, list[int]]:
    """Funds behind the other's own, notes, colleagues and earlier profiles; schools and separations that are new."""
    behind = 1 + (session.scalar(select(func.max(Fund.position)).where(Fund.partner_id == kept.id)) or 0)
    funds = _rows(session, select(Fund).where(Fund.partner_id == gone.id).order_by(Fund.position, Fund.id))
    for place, fund in enumerate(funds, start=behind):
        fund.partner_id, fund.position = kept.id, place
    moved = {"funds": [fund.id for fund in funds]}
    for name, query, column in (
        ("notes", select(Note).where(Note.partner_id == gone.id), "partner_id"),
        ("people", select(Partner).where(Partner.organisation_id == gone.id), "organisation_id"),
        ("profiles", select(Partner).where(Partner.merged_into_id == gone.id), "merged_into_id"),
    ):
        rows = _rows(session, query)
        for row in rows:
            setattr(row, column, kept.id)
        moved[name] = [row.id for row in rows]
    here = {"region_id": kept.region_id, "partner_id": kept.id}
    schools = set(session.scalars(select(FamilySchool.school_id).where(FamilySchool.partner_id == kept.id)))
    family = [
        FamilySchool(**here, school_id=theirs.school_id)
        for theirs in _rows(session, select(FamilySchool).where(FamilySchool.partner_id == gone.id))
        if theirs.school_id not in schools
    ]
    apart = set(session.scalars(select(Separation.teacher_id).where(Separation.partner_id == kept.id)))
    separations = [
        Separation(**here, teacher_id=theirs.teacher_id, reason=theirs.reason, named_by_id=theirs.named_by_id)
        for theirs in _rows(session, select(Separation).where(Separation.partner_id == gone.id))
        if theirs.teacher_id not in apart
    ]
    session.add_all([*family, *separations])
    session.flush()
    return moved | {"family": [row.id for row in family], "separations": [row.id for row in separations]}


def _hand_over_units(session: Session, kept: Partner, gone: Partner, now: datetime) -> list[list[int]]:
    """Visits given this month count for the one that stays, as far as its months hold them: [unit's row, its number].

    What does not fit stays where it is: that month is full by then, and nobody gives more than they set.
    """
    zone = ZoneInfo(session.get_one(Region, kept.region_id).time_zone)
    month = now.astimezone(zone).date().replace(day=1)
    held = select(CapacityUnit).where(CapacityUnit.released_at.is_(None), CapacityUnit.period >= month)
    taken = {(unit.period, unit.unit) for unit in session.scalars(held.where(CapacityUnit.partner_id == kept.id))}
    moved = []
    theirs = held.where(CapacityUnit.partner_id == gone.id).order_by(CapacityUnit.period, CapacityUnit.unit)
    for unit in _rows(session, theirs):
        free = (n for n in range(1, kept.monthly_capacity + 1) if (unit.period, n) not in taken)
        if (number := next(free, None)) is not None:
            moved.append([unit.id, unit.unit])
            taken.add((unit.period, number))
            unit.partner_id, unit.unit = kept.id, number
    session.flush()
    return moved


def _hand_over_decisions(
    session: Session,
    actor: Actor,
    kept: Partner,
    gone: Partner,
    requests: Sequence[LearningRequest],
    now: datetime,
) -> tuple[list[int], list[int]]:
    """Hands of coordinators that moved, and new ones: who said not now, or was passed over, is not asked again."""
    ids = [request.id for request in requests]
    live = select(Steer).where(Steer.request_id.in_(ids), Steer.released_at.is_(None))
    steered = {steer.request_id for steer in session.scalars(live.where(Steer.partner_id == kept.id))}
    steers = [
        steer for steer in _rows(session, live.where(Steer.partner_id == gone.id)) if steer.request_id not in steered
    ]
    for steer in steers:
        steer.partner_id = kept.id
    refused = Introduction.state.in_((IntroductionState.NOT_NOW, IntroductionState.LAPSED))
    decided = union(
        select(Introduction.request_id).where(Introduction.partner_id == gone.id, refused),
        select(Proposal.request_id).where(Proposal.partner_id == gone.id, Proposal.state == ProposalState.PASSED),
    ).subquery()
    done = steered | {steer.request_id for steer in steers}
    asked = session.scalars(select(decided.c.request_id).where(decided.c.request_id.in_(ids)))
    aside = [
        Steer(
            region_id=kept.region_id,
            request_id=request_id,
            partner_id=kept.id,
            kind=SteerKind.SET_ASIDE,
            by_id=actor.account_id,
            at=now,
        )
        for request_id in sorted(set(asked) - done)
    ]
    session.add_all(aside)
    session.flush()
    return [steer.id for steer in steers], [steer.id for steer in aside]


def _settle_standing(session: Session, actor: Actor, kept: Partner, gone: Partner, clock: Clock) -> None:
    """One of the two is seen from now on, invited only if neither wanted a pause, under the rules of both."""
    kept.joined_on = min(kept.joined_on, gone.joined_on)
    kept.sharing = [*kept.sharing, *(rule for rule in gone.sharing if rule not in kept.sharing)]
    # Nobody's words become public by a merge: only where both were is the one.
    if gone.public_since is None:
        kept.public_since = None
    kept.public_name = kept.public_since is not None and kept.public_name and gone.public_name
    if kept.reviewed_at is None:
        kept.reviewed_at, kept.reviewed_by_id = gone.reviewed_at, gone.reviewed_by_id
    if kept.kind is PartnerKind.PERSON:
        kept.organisation_id = kept.organisation_id or gone.organisation_id
    key, gone.source_key = gone.source_key, gone.source_key if kept.source_key else None
    session.flush()
    kept.source_key = kept.source_key or key
    pause, until = gone.paused_at, gone.paused_until
    gone.merged_into_id, gone.reviewed_at, gone.paused_until = kept.id, None, None
    gone.paused_at = gone.paused_at or clock()
    session.flush()
    longer = kept.paused_until is not None and (until is None or until > kept.paused_until)
    if pause is not None and (kept.paused_at is None or longer):
        partners.pause(session, actor, kept, clock, until)


def _keep_silence(session: Session, kept: Partner, gone: Partner) -> list[int]:
    """Whatever a reader of either address stopped, or complained of, is not sent to the one that stays: new rows."""
    email, both = tidy(kept.email), {tidy(kept.email), tidy(gone.email)} - {""}
    if not email:
        return []
    stopped = _rows(
        session,
        select(Suppression)
        .where(
            Suppression.region_id == kept.region_id,
            or_(Suppression.email == email, Suppression.reason.in_(_THEIR_WISH)),
            Suppression.email.in_(both),
        )
        .order_by(Suppression.id),
    )
    known = {row.kind for row in stopped if row.email == email}
    new = {row.kind: row.reason for row in stopped if row.kind not in known}
    rows = [
        Suppression(region_id=kept.region_id, email=email, kind=kind, reason=reason) for kind, reason in new.items()
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _rows(session: Session, query: Select[Any]) -> Sequence[Any]:
    return session.scalars(query).all()
