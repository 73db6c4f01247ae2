"""Learning a region's relevance from its own decisions. Loads what a web process must not."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matching.fit import fit
from matching.score import Weights
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.queries import decisions, weights
from matchmaker.services import relevance
from models import Region, RelevanceVersion

FEWEST_REQUESTS = 30
"""Requests with a choice below which no fit is tried: its held-out figures would say nothing."""


def fit_region(session: Session, actor: Actor, region: Region, clock: Clock, note: str = "") -> RelevanceVersion:
    """Fit a region's next version, without activating it.

    It is always shrunk towards the built-in weights, never towards an earlier fit on the same decisions, and compared
    with what is in effect. Raises TooFewDecisions, or NotBetter when it is not clearly better on requests that it had
    not seen; then nothing is stored.
    """
    number = relevance.next_number(session, region)
    prior = Weights()
    found = decisions.of_region(session, region.id, prior.formula.coefficients.keys())
    if found.requests < FEWEST_REQUESTS:
        raise relevance.TooFewDecisions(found=found.requests, needed=FEWEST_REQUESTS)
    learnt = fit(found.groups, prior, version=f"{region.slug}-{number}", against=weights.in_effect(session, region.id))
    figures = learnt.held_out.as_dict()
    if not learnt.held_out.better:
        raise relevance.NotBetter(**{name: lead["mean"] for name, lead in figures["leads"].items()})
    return relevance.store(
        session,
        actor,
        region,
        number=number,
        weights=learnt.weights.as_dict(),
        data=found.as_dict(),
        figures=figures,
        note=note,
        clock=clock,
    )
