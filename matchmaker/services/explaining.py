"""Why a candidate is put before a coordinator: the evidence, in the fund's own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import explain
from matching.matrices import Matrices
from matching.words import shared_words
from matchmaker.services.scoring import Scored
from models import Fund


def best_funds(
    session: Session, scored: Scored, matrices: Matrices, places: Sequence[int] | NDArray[np.int64]
) -> dict[int, Fund | None]:
    """The fund of each candidate that is closest to the request."""
    which = {int(at): int(scored.signals.which_fund[scored.positions[at]]) for at in places}
    ids = {at: int(matrices.fund_ids[fund]) for at, fund in which.items() if fund >= 0}
    stored = {fund.id: fund for fund in session.scalars(select(Fund).where(Fund.id.in_(ids.values())))}
    return {at: stored.get(ids.get(at, 0)) for at in which}


def reasons(
    scored: Scored,
    matrices: Matrices,
    at: int,
    fund: Fund | None,
    request_text: str,
    move: explain.Reason | None,
) -> list[dict[str, Any]]:
    position = int(scored.positions[at])
    theirs = f"{fund.title}\n{fund.text}\n{fund.story}" if fund else ""
    words = shared_words(request_text, theirs, matrices.corpus.lexical.rarity)
    chosen = explain.reasons(position, scored.signals, scored.relevance, scored.structure, words, move)
    return [{"code": reason.code, "params": _params(reason, fund)} for reason in chosen]


def _params(reason: explain.Reason, fund: Fund | None) -> dict[str, Any]:
    params = {name: list(value) if isinstance(value, tuple) else value for name, value in reason.params.items()}
    if "fund" in params:
        params["fund"] = fund.title if fund else ""
    return params
