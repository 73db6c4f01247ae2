"""Reading stored rankings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, cast, column, func, select
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
        select(partner_id, one.c.place, one.c.candidate, Ranking.versions)
        .select_from(Ranking)
        .where(Ranking.id == ranking_id, partner_id.in_(set(partner_ids)))
    )
    return {found: (place, whole(parts, versions)) for found, place, parts, versions in rows}


def whole(parts: Mapping[str, Any], versions: Mapping[str, Any]) -> dict[str, Any]:
    """A stored candidate with what each feature gave: evidence times coefficient, which is not stored twice.

    Rankings from before evidence was kept hold what was given instead.
    """
    coefficients = versions.get("formula", {}).get("coefficients", {})
    given = {
        name: coefficients[name] * value for name, value in parts.get("evidence", {}).items() if name in coefficients
    }
    return {"contributions": given, **parts}


_IN_EFFECT = (
    select(EquityPolicy)
    .where(EquityPolicy.region_id == bindparam("region"))
    .order_by(EquityPolicy.version.desc())
    .limit(1)
)


def policy_in_effect(session: Session, region_id: int) -> EquityPolicy:
    """The region's newest equity policy. Every region is created with one."""
    return session.scalars(_IN_EFFECT, {"region": region_id}).one()
