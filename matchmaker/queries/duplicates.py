"""Profiles that may be of one and the same partner, and what stands in the way of making two one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union, union_all
from sqlalchemy.orm import Session, aliased, selectinload

from models import (
    LIVE_INTRODUCTIONS,
    AuditEvent,
    Backup,
    BackupState,
    Introduction,
    LearningRequest,
    Partner,
    Proposal,
    ProposalState,
    RequestState,
    Steer,
)

EMAIL, PHONE, NAME = "email", "phone", "name"
TOLD_APART = "people:partner:told_apart"
"""The audit's tag for two profiles of which a coordinator has said that they are two people."""
SHORTEST_NUMBER, NUMBER = 7, 10
"""Digits: fewer say nothing, and a country's own in front of more do not tell two numbers apart."""

_OPEN = (
    RequestState.POSTED,
    RequestState.PROPOSED,
    RequestState.NONE_YET,
    RequestState.PLACED,
    RequestState.SCHEDULED,
)


@dataclass(frozen=True)
class Pair:
    """Two profiles, the older first, and what they share: some of EMAIL, PHONE, NAME."""

    first: Partner
    second: Partner
    shared: tuple[str, ...]


def pairs(region_id: int) -> Select[Any]:
    """``first`` and ``second`` (ids, the lower first) and what they share, of a whole region.

    Left out are those of one organisation, who share a telephone, and those whom a coordinator has told apart.
    """
    here = (Partner.region_id == region_id, Partner.merged_into_id.is_(None))
    email, digits = func.lower(func.trim(Partner.email)), func.regexp_replace(Partner.phone, r"\D", "", "g")
    name, place = (_letters(column) for column in (Partner.name, Partner.neighbourhood))
    keys = union_all(
        select(Partner.id, literal(EMAIL).label("kind"), email.label("key")).where(*here, email != ""),
        select(Partner.id, literal(PHONE), func.right(digits, NUMBER)).where(
            *here, func.length(digits) >= SHORTEST_NUMBER
        ),
        select(Partner.id, literal(NAME), name.op("||")(literal("|")).op("||")(place)).where(*here),
    ).cte("identity")
    first, second = aliased(keys, name="first"), aliased(keys, name="second")
    return (
        select(first.c.id.label("first"), second.c.id.label("second"), func.array_agg(first.c.kind).label("shared"))
        .join(second, and_(second.c.kind == first.c.kind, second.c.key == first.c.key, second.c.id > first.c.id))
        .where(~_colleagues(first.c.id, second.c.id), ~_told_apart(region_id, first.c.id, second.c.id))
        .group_by(first.c.id, second.c.id)
    )


def found(session: Session, region_id: int, most: int) -> Sequence[Pair]:
    """The first of a region's pairs, those first that share most."""
    likely = pairs(region_id).subquery()
    rows = session.execute(
        select(likely).order_by(func.cardinality(likely.c.shared).desc(), likely.c.first, likely.c.second).limit(most)
    ).all()
    ids = {row.first for row in rows} | {row.second for row in rows}
    people = {
        partner.id: partner
        for partner in session.scalars(select(Partner).where(Partner.id.in_(ids)).options(selectinload(Partner.funds)))
    }
    return [Pair(people[row.first], people[row.second], tuple(sorted(row.shared))) for row in rows]


def under_way(session: Session, partner_id: int) -> str | None:
    """The title of a request for which a partner is invited, expected, or waits behind somebody; None for none."""
    asked = select(LearningRequest.title).join(Introduction, Introduction.request_id == LearningRequest.id)
    live = asked.where(Introduction.partner_id == partner_id, Introduction.state.in_(LIVE_INTRODUCTIONS))
    behind = (
        asked.join(Backup, Backup.introduction_id == Introduction.id)
        .join(Proposal, Proposal.id == Backup.proposal_id)
        .where(
            Proposal.partner_id == partner_id,
            Backup.state == BackupState.WAITING,
            Introduction.state.in_(LIVE_INTRODUCTIONS),
        )
    )
    return session.scalar(live.limit(1)) or session.scalar(behind.limit(1))


def locked_requests(session: Session, gone_id: int) -> Sequence[LearningRequest]:
    """Open requests for which something was decided about the profile that goes, or on whose list it is,
    locked in their order."""
    about = union(
        select(Proposal.request_id).where(
            Proposal.partner_id == gone_id, Proposal.state.in_((ProposalState.OPEN, ProposalState.PASSED))
        ),
        select(Introduction.request_id).where(Introduction.partner_id == gone_id),
        select(Steer.request_id).where(Steer.partner_id == gone_id, Steer.released_at.is_(None)),
    ).subquery()
    return session.scalars(
        select(LearningRequest)
        .where(LearningRequest.id.in_(select(about.c.request_id)), LearningRequest.state.in_(_OPEN))
        .order_by(LearningRequest.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _letters(column: Any) -> ColumnElement[Any]:
    """A name as it is compared: without accents, case, marks and spaces."""
    return func.regexp_replace(func.folded(column), r"[^a-z0-9]+", "", "g")


def _colleagues(first: ColumnElement[int], second: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether two partners are an organisation and somebody of it, or two of one organisation."""
    one, other = aliased(Partner), aliased(Partner)
    return exists().where(
        one.id == first,
        other.id == second,
        or_(
            one.organisation_id == other.id,
            other.organisation_id == one.id,
            one.organisation_id == other.organisation_id,
        ),
    )


def _told_apart(region_id: int, first: ColumnElement[int], second: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(
        AuditEvent.region_id == region_id,
        AuditEvent.tag == TOLD_APART,
        AuditEvent.subject_kind == Partner.__tablename__,
        AuditEvent.subject_id == first,
        AuditEvent.detail["other"].as_integer() == second,
    )
