"""What people have said of a request's partners: whom they decided against, put forward by hand, have on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Integer, Select, any_, bindparam, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import (
    LIVE_INTRODUCTIONS,
    Introduction,
    IntroductionState,
    LearningRequest,
    Proposal,
    ProposalState,
    Separation,
    Steer,
    SteerKind,
)

RULES = ("passed", "set_aside", "said_not_now", "asked", "must_not_meet")
"""Hard rules that people made, in the order of the funnel on the desk. The last is about the teacher."""
PINNED, OPEN = "pinned", "open"

Known = dict[str, list[tuple[int, int]]]
"""(partner, row) by what was said: of each rule, whose rows do not matter, of PINNED steers, of OPEN proposals."""
_Id = int | ColumnElement[Any]


def decisions(region_id: _Id, request_id: _Id, teacher_id: _Id) -> dict[str, Select[int]]:
    """Whom people have decided against, by rule: ids of partners, for a request or its teacher.

    None of these names the partner outside, so that PostgreSQL runs each once and not once a partner; each names the
    region, so that its cost follows the region and not the nation.
    """
    return {
        rule: select(partner_id).where(condition, about == (teacher_id if rule == RULES[-1] else request_id))
        for rule, (about, partner_id, condition) in _sources(region_id).items()
    }


def of_request(session: Session, request: LearningRequest) -> Known:
    """All that is known of one request's partners, in one query."""
    known = _nothing()
    asked = {"region": request.region_id, "request": request.id, "teacher": request.teacher_id}
    for partner_id, name, row_id in session.execute(_OF_REQUEST, asked):
        known[name].append((partner_id, row_id))
    return known


def of_each(session: Session, region_id: int, requests: Sequence[LearningRequest]) -> dict[int, Known]:
    """The same of many requests, by their ids, in one query; open proposals are left out."""
    of_teacher: dict[int, list[int]] = {}
    for request in requests:
        of_teacher.setdefault(request.teacher_id, []).append(request.id)
    known = {request.id: _nothing() for request in requests}
    asked = {"region": region_id, "requests": list(known), "teachers": list(of_teacher)}
    for about, partner_id, name, row_id in session.execute(_OF_EACH, asked):
        for request_id in of_teacher[about] if name == RULES[-1] else (about,):
            known[request_id][name].append((partner_id, row_id))
    return known


def _nothing() -> Known:
    return {name: [] for name in (*RULES, PINNED, OPEN)}


def _sources(
    region_id: _Id,
) -> dict[str, tuple[InstrumentedAttribute[int], InstrumentedAttribute[int], ColumnElement[bool]]]:
    """By rule: what its rows are about, whom they name, and which of them count."""
    refused = Introduction.state.in_((IntroductionState.NOT_NOW, IntroductionState.LAPSED))
    asked = Introduction.state.in_(LIVE_INTRODUCTIONS)
    aside = (Steer.kind == SteerKind.SET_ASIDE) & Steer.released_at.is_(None)
    sources = (
        (Proposal.request_id, Proposal.partner_id,
         (Proposal.region_id == region_id) & (Proposal.state == ProposalState.PASSED)),
        (Steer.request_id, Steer.partner_id, (Steer.region_id == region_id) & aside),
        (Introduction.request_id, Introduction.partner_id, (Introduction.region_id == region_id) & refused),
        (Introduction.request_id, Introduction.partner_id, (Introduction.region_id == region_id) & asked),
        (Separation.teacher_id, Separation.partner_id, Separation.region_id == region_id),
    )  # fmt: skip
    return dict(zip(RULES, sources, strict=True))


def _pinned(request_id: _Id) -> ColumnElement[bool]:
    return (Steer.request_id == request_id) & (Steer.kind == SteerKind.PINNED) & Steer.released_at.is_(None)


def _each(name: str) -> ColumnElement[Any]:
    return any_(bindparam(name, type_=ARRAY(Integer)))


# Written out once: putting it together takes longer than asking it.
_OF_REQUEST: CompoundSelect[Any] = union_all(
    *(
        partners.add_columns(literal(rule), literal(0))
        for rule, partners in decisions(bindparam("region"), bindparam("request"), bindparam("teacher")).items()
    ),
    select(Steer.partner_id, literal(PINNED), Steer.id).where(_pinned(bindparam("request"))),
    select(Proposal.partner_id, literal(OPEN), Proposal.id).where(
        Proposal.request_id == bindparam("request"), Proposal.state == ProposalState.OPEN
    ),
)
_OF_EACH: CompoundSelect[Any] = union_all(
    *(
        select(about, partner_id, literal(rule), literal(0)).where(
            condition, about == _each("teachers" if rule == RULES[-1] else "requests")
        )
        for rule, (about, partner_id, condition) in _sources(bindparam("region")).items()
    ),
    select(Steer.request_id, Steer.partner_id, literal(PINNED), Steer.id).where(_pinned(_each("requests"))),
)
