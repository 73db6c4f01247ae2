"""Reading stored rankings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, defer, joinedload

from models import EquityPolicy, Ranking
from models.columns import some_of

COLUMNS = type_coerce(Ranking.candidates, JSONB)
"""The candidates of a ranking as they are stored, for queries that need a few of them."""


def latest(session: Session, request_id: int) -> Ranking | None:
    """The newest ranking of a request, with its policy. Its candidates, the bulk of it, are read when asked for."""
    return session.scalar(
        select(Ranking)
        .where(Ranking.request_id == request_id)
        .options(defer(Ranking.candidates), joinedload(Ranking.policy))
        .order_by(Ranking.id.desc())
        .limit(1)
    )


def ranked(session: Session, ranking_id: int) -> list[int]:
    """Ids of the candidates a ranking keeps, in the ranker's own order."""
    return session.scalars(select(COLUMNS["partner_id"]).where(Ranking.id == ranking_id)).one() or []


def kept(session: Session, ranking_id: int, partner_ids: Iterable[int]) -> dict[int, tuple[int, dict[str, Any]]]:
    """Place (from 1, in the ranker's own order) and stored parts of some candidates of a ranking, by partner."""
    columns, versions = session.execute(select(COLUMNS, Ranking.versions).where(Ranking.id == ranking_id)).one()
    wanted = set(partner_ids)
    places = [place for place, partner_id in enumerate(columns.get("partner_id", ())) if partner_id in wanted]
    return {
        parts["partner_id"]: (place + 1, whole(parts, versions))
        for place, parts in zip(places, some_of(columns, places), strict=True)
    }


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
