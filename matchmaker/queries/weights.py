"""The weights a region ranks with. Apart from the versions' bookkeeping: whoever reads these loads the ranker."""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from matching.score import Weights
from matchmaker.queries import relevance

log = structlog.get_logger()


def in_effect(session: Session, region_id: int) -> Weights:
    """The weights of a region's active version, else the built-in ones.

    A version from before the features changed cannot be used any more; the region then ranks with the built-in
    weights, as it did before its first fit, and the log says so.
    """
    active = relevance.activation(session, region_id)
    if active is None:
        return Weights()
    try:
        return Weights.from_dict(active.version.weights)
    except ValueError as reason:
        log.warning("relevance_unusable", region=region_id, version=active.version.version, reason=str(reason))
        return Weights()
