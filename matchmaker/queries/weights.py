"""The weights a region ranks with. Apart from the versions' bookkeeping: whoever reads these loads the ranker."""

from __future__ import annotations

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from matching.score import Weights
from matchmaker.queries import relevance
from models import EquityPolicy, RelevanceActivation, RelevanceVersion

log = structlog.get_logger()


# The newest policy, and the version of the newest activation that was not taken back, if there is any.
_RANKED_BY = (
    select(EquityPolicy, RelevanceVersion)
    .outerjoin(
        RelevanceActivation,
        (RelevanceActivation.region_id == EquityPolicy.region_id) & RelevanceActivation.taken_back_at.is_(None),
    )
    .outerjoin(RelevanceVersion, RelevanceVersion.id == RelevanceActivation.version_id)
    .where(EquityPolicy.region_id == bindparam("region"))
    .order_by(EquityPolicy.version.desc(), RelevanceActivation.id.desc())
    .limit(1)
)


def ranked_by(session: Session, region_id: int) -> tuple[EquityPolicy, Weights]:
    """A region's equity policy and the weights in effect, in one query."""
    policy, version = session.execute(_RANKED_BY, {"region": region_id}).one()
    return policy, _usable(version)


def in_effect(session: Session, region_id: int) -> Weights:
    """The weights of a region's active version, else the built-in ones."""
    active = relevance.activation(session, region_id)
    return _usable(active.version if active else None)


def _usable(version: RelevanceVersion | None) -> Weights:
    """A version from before the features changed cannot be used any more; the region then ranks with the built-in
    weights, as it did before its first fit, and the log says so."""
    if version is None:
        return Weights()
    try:
        return Weights.from_dict(version.weights)
    except ValueError as reason:
        log.warning("relevance_unusable", region=version.region_id, version=version.version, reason=str(reason))
        return Weights()
