"""Stored rankings made again from their snapshots alone: evidence, formula, and the parts of the equity re-rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching import equity
from matching.score import Formula
from models import Ranking

BATCH = 50


@dataclass(frozen=True, slots=True)
class Replayed:
    """One ranking made again. ``agrees`` is None for a ranking from before evidence was kept; ``differs`` says what is
    not the same."""

    ranking_id: int
    request_id: int
    agrees: bool | None
    differs: str = ""


def stored(session: Session, region_id: int | None = None, sample: int | None = None) -> Iterator[Ranking]:
    """Rankings of a region, or of all; with ``sample``, so many of them drawn at random."""
    query = select(Ranking)
    if region_id is not None:
        query = query.where(Ranking.region_id == region_id)
    query = query.order_by(Ranking.id) if sample is None else query.order_by(func.random()).limit(sample)
    for ranking in session.scalars(query.execution_options(yield_per=BATCH)):
        yield ranking
        session.expunge(ranking)


def again(ranking: Ranking) -> Replayed:
    """Rank a snapshot's candidates again: the order by relevance, the order after equity, and both figures."""
    rows = _rows(ranking)
    formula = ranking.versions.get("formula")
    if formula is None or not all("evidence" in row for row in rows):
        return Replayed(ranking.id, ranking.request_id, None)
    return Replayed(ranking.id, ranking.request_id, not (differs := _differs(rows, Formula(**formula))), differs)


def _rows(ranking: Ranking) -> list[dict[str, Any]]:
    """The candidates kept, in the ranker's order: the first ones, then those put forward by hand from further down."""
    first = {row["partner_id"]: row for row in ranking.candidates}
    beyond = [row for row in ranking.pinned if row["partner_id"] not in first]
    return [*first.values(), *sorted(beyond, key=lambda row: row["place"])]


def _differs(rows: Sequence[Mapping[str, Any]], formula: Formula) -> str:
    """What comes out differently, or nothing. The ranker took its candidates in the order of their ids."""
    if not rows:
        return ""
    given = sorted(rows, key=lambda row: row["partner_id"])
    evidence = {
        name: np.array([row["evidence"][name] for row in given], dtype=np.float64) for name in given[0]["evidence"]
    }
    rho = formula.rho(formula.combined(formula.contributions(evidence)))
    boost, price = (np.array([row[part] for row in given], dtype=np.float64) for part in ("boost", "price"))
    ranked = equity.rerank(rho, given[0]["need"], given[0]["deficit"], boost, price)
    if [given[at] for at in ranked.order] != list(rows):
        return "order"
    if [given[at] for at in np.argsort(ranked.rank_before)] != sorted(rows, key=lambda row: row["rank_before"]):
        return "order by relevance"
    same = (
        np.abs(values - [row[name] for row in given]).max() < 10.0**-equity.DIGITS
        for name, values in (("relevance", ranked.rho), ("score", ranked.score))
    )
    return "" if all(same) else "figures"
