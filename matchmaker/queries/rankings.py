"""Reading stored rankings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import Session, defer

from models import EquityPolicy, Ranking


def latest(session: Session, request_id: int) -> Ranking | None:
    """The newest ranking of a request. Its candidates, the bulk of the row, are only read when asked for."""
    return session.scalar(
        select(Ranking)
        .where(Ranking.request_id == request_id)
        .options(defer(Ranking.candidates))
        .order_by(Ranking.id.desc())
        .limit(1)
    )


def ranked(session: Session, ranking_id: int) -> list[int]:
    """Ids of the candidates a ranking keeps, in the ranker's own order."""
    ids = func.jsonb_path_query_array(Ranking.candidates, cast("$[*].partner_id", JSONPATH))
    return session.scalars(select(ids).where(Ranking.id == ranking_id)).one()


def kept(session: Session, ranking_id: int, partner_ids: Iterable[int]) -> dict[int, tuple[int, dict[str, Any]]]:
    """Place (from 1, in the ranker's own order) and stored parts of some candidates of a ranking, by partner."""
    one = (
        func.jsonb_array_elements(Ranking.candidates)
        .table_valued(column("candidate", JSONB), with_ordinality="place", joins_implicitly=True)
        .render_derived()
    )
    partner_id = one.c.candidate["partner_id"].as_integer()
    rows = session.execute(
        select(partner_id, one.c.place, one.c.candidate)
        .select_from(Ranking)
        .where(Ranking.id == ranking_id, partner_id.in_(set(partner_ids)))
    )
    return {found: (place, parts) for found, place, parts in rows}


def policy_in_effect(session: Session, region_id: int) -> EquityPolicy:
    """The region's newest equity policy. Every region is created with one."""
    return session.scalars(
        select(EquityPolicy).where(EquityPolicy.region_id == region_id).order_by(EquityPolicy.version.desc()).limit(1)
    ).one()
