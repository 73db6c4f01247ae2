"""Events: what a region's other programs are told of. Each is a row of the outbox for each address that asked for it.

An event says that something happened to a row, and to which; never a name, a word or a contact. Whoever may know more
asks for it with a token. They are found where changes of state are written down, in the flush that writes them, so that
no verb can forget one and a change that is rolled back is told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import event, select
from sqlalchemy.orm import Session, UOWTransaction, sessionmaker

from matchmaker import outbox
from matchmaker.audit import Tag
from models import (
    AuditEvent,
    Introduction,
    IntroductionState,
    QueueName,
    Region,
    RequestState,
    StateChange,
    Visit,
    Webhook,
)

KIND = "webhook"
"""The outbox's word for a call that tells of an event."""


class EventType(StrEnum):
    """What may be told, as noun.what-happened."""

    REQUEST_POSTED = "request.posted"
    REQUEST_CHANGED = "request.changed"
    REQUEST_NONE_YET = "request.none_yet"
    REQUEST_WITHDRAWN = "request.withdrawn"
    REQUEST_DONE = "request.done"
    PROPOSAL_READY = "proposal.ready"
    INTRODUCTION_APPROVED = "introduction.approved"
    INTRODUCTION_UNDONE = "introduction.undone"
    INTRODUCTION_INVITED = "introduction.invited"
    INTRODUCTION_ANSWERED = "introduction.answered"
    INTRODUCTION_LAPSED = "introduction.lapsed"
    INTRODUCTION_WITHDRAWN = "introduction.withdrawn"
    INTRODUCTION_MADE = "introduction.made"
    INTRODUCTION_CANCELLED = "introduction.cancelled"
    VISIT_SCHEDULED = "visit.scheduled"
    VISIT_MOVED = "visit.moved"
    VISIT_CANCELLED = "visit.cancelled"
    VISIT_HELD = "visit.held"
    VISIT_NOT_HELD = "visit.not_held"


TEST = "webhook.test"
"""The type of the event that only says that an address is reached. Nobody asks for it; every address gets it."""

_E, _I, _R = EventType, IntroductionState, RequestState
OF_REQUEST: Mapping[str, EventType] = {
    _R.POSTED: _E.REQUEST_POSTED,
    _R.PROPOSED: _E.PROPOSAL_READY,
    _R.NONE_YET: _E.REQUEST_NONE_YET,
    _R.WITHDRAWN: _E.REQUEST_WITHDRAWN,
    _R.DONE: _E.REQUEST_DONE,
}
OF_INTRODUCTION: Mapping[str, EventType] = {
    _I.APPROVED: _E.INTRODUCTION_APPROVED,
    _I.UNDONE: _E.INTRODUCTION_UNDONE,
    _I.INVITED: _E.INTRODUCTION_INVITED,
    _I.ACCEPTED: _E.INTRODUCTION_ANSWERED,
    _I.OTHER_TIMES: _E.INTRODUCTION_ANSWERED,
    _I.NOT_NOW: _E.INTRODUCTION_ANSWERED,
    _I.LAPSED: _E.INTRODUCTION_LAPSED,
    _I.WITHDRAWN: _E.INTRODUCTION_WITHDRAWN,
    _I.INTRODUCED: _E.INTRODUCTION_MADE,
    _I.CANCELLED: _E.INTRODUCTION_CANCELLED,
}
OF_VISIT: Mapping[str, EventType] = {
    _I.SCHEDULED: _E.VISIT_SCHEDULED,
    _I.CANCELLED: _E.VISIT_CANCELLED,
    _I.MET: _E.VISIT_HELD,
    _I.NOT_HELD: _E.VISIT_NOT_HELD,
}
"""A visit's state is its introduction's; one that is called off before there was a date is no visit."""


@dataclass(frozen=True)
class Happened:
    """One change of one row. ``before`` is None for a row that is new."""

    region_id: int
    at: datetime
    kind: str
    id: int
    before: str | None
    after: str


class _Address(NamedTuple):
    id: int
    region_id: int
    slug: str
    events: list[str]


def listen(sessions: sessionmaker[Session]) -> None:
    """Have every session of the application tell of what it stores."""
    event.listen(sessions, "after_flush", _after_flush)


def body(type_: str, region: str, at: datetime, kind: str, row_id: int, **states: str | None) -> dict[str, Any]:
    """What a program is sent: the envelope of Standard Webhooks, and an id that stays when it is sent again."""
    data = {"region": region, "kind": kind, "id": row_id, **states}
    stamp = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"id": f"evt_{uuid4().hex}", "type": type_, "timestamp": stamp, "data": data}


def put(session: Session, webhook_id: int, region_id: int, told: dict[str, Any], at: datetime, key: str = "") -> None:
    """Leave one call. ``key`` names its occasion, where that is not the event itself."""
    outbox.put(
        session,
        name=QueueName.WEBHOOKS,
        key=f"{KIND}:{webhook_id}:{key or told['id']}",
        kind=KIND,
        due_at=at,
        region_id=region_id,
        payload={"webhook_id": webhook_id, "event": told},
    )


def _after_flush(session: Session, _context: UOWTransaction) -> None:
    happened = list(_happened(session.new))
    if happened:
        tell(session, happened)


def tell(session: Session, happened: Sequence[Happened]) -> None:
    """Leave a call for each address that wants to know. One query where there is no address, as in most regions."""
    listed = select(Webhook.id, Webhook.region_id, Region.slug, Webhook.events).join(
        Region, Region.id == Webhook.region_id
    )
    found = session.execute(listed.where(Webhook.region_id.in_({each.region_id for each in happened}))).all()
    if addresses := [_Address(*row) for row in found]:
        visits = _visits(session, happened)
        for each in happened:
            _tell_one(session, each, visits, [one for one in addresses if one.region_id == each.region_id])


def _tell_one(session: Session, each: Happened, visits: Mapping[int, int], addresses: Sequence[_Address]) -> None:
    type_, kind, row_id = _named(each, visits)
    wanted = [one for one in addresses if type_ in one.events]
    if type_ is None or not wanted:
        return
    # One event, and one id, for all addresses.
    told = body(type_, wanted[0].slug, each.at, kind, row_id, before=each.before, after=each.after)
    for one in wanted:
        put(session, one.id, each.region_id, told, each.at)


def _named(each: Happened, visits: Mapping[int, int]) -> tuple[EventType | None, str, int]:
    """What the event is called, None for one that nobody is told of, and the row that it is about."""
    if each.kind == "visit":
        return EventType.VISIT_MOVED, "visit", each.id
    if each.kind == "request":
        stays = each.before == each.after
        return EventType.REQUEST_CHANGED if stays else OF_REQUEST.get(each.after), "request", each.id
    if each.id in visits and each.after in OF_VISIT:
        return OF_VISIT[each.after], "visit", visits[each.id]
    return OF_INTRODUCTION.get(each.after), "introduction", each.id


def _happened(stored: Iterable[object]) -> Iterator[Happened]:
    """What the rows that a flush has written tell of, in the order in which it was written down."""
    rows = [row for row in stored if isinstance(row, StateChange | Introduction | AuditEvent)]
    for row in sorted(rows, key=lambda row: (not isinstance(row, Introduction), row.id)):
        if isinstance(row, StateChange) and row.request_id is not None:
            yield Happened(row.region_id, row.at, "request", row.request_id, row.before, row.after)
        elif isinstance(row, StateChange) and row.introduction_id is not None:
            yield Happened(row.region_id, row.at, "introduction", row.introduction_id, row.before, row.after)
        elif isinstance(row, Introduction) and row.state is IntroductionState.APPROVED:
            yield Happened(row.region_id, row.approved_at, "introduction", row.id, None, row.state)
        elif isinstance(row, AuditEvent) and row.tag == Tag.VISIT_MOVED and row.region_id and row.subject_id:
            stays = str(IntroductionState.SCHEDULED)
            yield Happened(row.region_id, row.at, "visit", row.subject_id, stays, stays)
        elif isinstance(row, AuditEvent) and row.tag == Tag.REQUEST_CHANGED and row.region_id and row.subject_id:
            stays = row.detail["state"]
            yield Happened(row.region_id, row.at, "request", row.subject_id, stays, stays)


def _visits(session: Session, happened: Iterable[Happened]) -> Mapping[int, int]:
    """The visit of each introduction that has one."""
    found = select(Visit.introduction_id, Visit.id).where(
        Visit.introduction_id.in_([each.id for each in happened if each.kind == "introduction"])
    )
    return dict(session.execute(found).all())
