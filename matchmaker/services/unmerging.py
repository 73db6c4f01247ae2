"""Taking back that two profiles became one, by the record that the merge left in the audit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict
from matchmaker.policies import Actor
from matchmaker.queries import duplicates
from matchmaker.services import merging, revisions
from models import (
    AuditEvent,
    CapacityUnit,
    FamilySchool,
    Fund,
    Note,
    Partner,
    Separation,
    Steer,
    Suppression,
)

UNTIL = timedelta(days=30)
"""How long a merge can be taken back."""


class NotMerged(Conflict):
    """The profile is not merged into another, or the other was merged into a third since."""


class MergedLongAgo(Conflict):
    """The time in which a merge can be taken back is over."""


def merge_of(session: Session, gone: Partner) -> AuditEvent | None:
    """The record of the merge in which a profile went."""
    return session.scalar(
        select(AuditEvent)
        .where(
            AuditEvent.subject_kind == Partner.__tablename__,
            AuditEvent.subject_id == gone.id,
            AuditEvent.tag == audit.Tag.PARTNERS_MERGED.value,
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )


def take_back(session: Session, actor: Actor, gone_id: int, clock: Clock) -> Partner:
    """Make the two profiles two again, and give the one that is back; what was agreed since stays with the other.

    Raises NotMerged, and MergedLongAgo after `UNTIL`.
    """
    now = clock()
    kept_id = session.get_one(Partner, gone_id).merged_into_id
    if kept_id is None:
        raise NotMerged
    requests = duplicates.locked_requests(session, kept_id)
    first, second = (
        session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
        for partner_id in sorted((kept_id, gone_id))
    )
    kept, gone = (first, second) if first.id == kept_id else (second, first)
    event = merge_of(session, gone)
    if event is None or gone.merged_into_id != event.detail["kept"] or kept.merged_into_id is not None:
        raise NotMerged
    if now - event.at > UNTIL:
        raise MergedLongAgo(days=UNTIL.days)
    moved = event.detail
    _give_back_rows(session, kept, gone, moved, now)
    merging.exchange(kept, gone, moved["fields"])
    _give_back_account(session, kept, gone, moved["account"])
    _stand_as_before(session, kept, gone, moved)
    kept.revision = gone.revision = revision = revisions.touch(session, kept.region_id)
    session.flush()
    audit.record(session, actor, audit.Tag.MERGE_TAKEN_BACK, gone, at=now, kept=kept.id)
    merging.rank_again(session, kept, requests, revision, now)
    return gone


def _give_back_rows(session: Session, kept: Partner, gone: Partner, moved: dict[str, Any], now: datetime) -> None:
    """What moved and is still there goes back; what was added for the other is taken away."""
    for kind, name, column in (
        (Fund, "funds", "partner_id"),
        (Note, "notes", "partner_id"),
        (Partner, "people", "organisation_id"),
        (Partner, "profiles", "merged_into_id"),
        (Steer, "steers", "partner_id"),
    ):
        here = select(kind).where(kind.id.in_(moved[name]), getattr(kind, column) == kept.id)
        for row in session.scalars(here).all():
            setattr(row, column, gone.id)
    for added, name in ((FamilySchool, "family"), (Separation, "separations"), (Suppression, "suppressions")):
        session.execute(delete(added).where(added.id.in_(moved[name])))
    for steer in session.scalars(select(Steer).where(Steer.id.in_(moved["aside"]), Steer.released_at.is_(None))):
        steer.released_at = now
    numbers = dict(moved["units"])
    units = select(CapacityUnit).where(CapacityUnit.id.in_(numbers), CapacityUnit.partner_id == kept.id)
    for unit in session.scalars(units).all():
        unit.partner_id, unit.unit = gone.id, numbers[unit.id]
    session.flush()


def _give_back_account(session: Session, kept: Partner, gone: Partner, had: dict[str, int | None]) -> None:
    """As it was, as far as nobody has signed in as one of the two by another way since."""
    if kept.account_id == (had["gone"] or had["kept"]) or kept.account_id == had["kept"]:
        kept.account_id = None
        session.flush()
        kept.account_id, gone.account_id = had["kept"], had["gone"]


def _stand_as_before(session: Session, kept: Partner, gone: Partner, moved: dict[str, Any]) -> None:
    """Seen, paused and bound by rules as before. A pause that the other asked for since stays."""
    if not moved["kept_was"]["source"] and moved["gone_was"]["source"] and kept.source_key:
        key, kept.source_key = kept.source_key, None
        session.flush()
        gone.source_key = key
    gone.merged_into_id = None
    session.flush()
    for partner, was in ((kept, moved["kept_was"]), (gone, moved["gone_was"])):
        partner.reviewed_at, partner.reviewed_by_id = _moment(was["reviewed_at"]), was["reviewed_by_id"]
        partner.joined_on = date.fromisoformat(was["joined_on"])
        partner.sharing, partner.organisation_id = was["sharing"], was["organisation_id"]
    gone.paused_at, gone.paused_until = _moment(moved["gone_was"]["paused_at"]), _day(moved["gone_was"]["paused_until"])
    theirs = (moved["gone_was"]["paused_at"], moved["gone_was"]["paused_until"])
    if theirs[0] and _day(theirs[1]) == kept.paused_until:
        kept.paused_at = _moment(moved["kept_was"]["paused_at"])
        kept.paused_until = _day(moved["kept_was"]["paused_until"])
    _public_as_before(kept, gone, moved)
    session.flush()


def _public_as_before(kept: Partner, gone: Partner, moved: dict[str, Any]) -> None:
    """Read by everybody as before, but for what was taken back since under the other's name; what was allowed since
    stays allowed."""
    was = moved["kept_was"], moved["gone_was"]
    both = all(each.get("public_since") for each in was)
    if kept.public_since is not None and not both:
        return
    taken_back = both and kept.public_since is None
    unnamed = all(each.get("public_name") for each in was) and not kept.public_name
    for partner, then in zip((kept, gone), was, strict=True):
        partner.public_since = None if taken_back else _moment(then.get("public_since"))
        partner.public_name = partner.public_since is not None and then.get("public_name", False) and not unnamed


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None
