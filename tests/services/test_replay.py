"""A stored ranking gives the same order again, from its snapshot alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching import equity
from matching.score import Formula
from matchmaker.queries import replay
from models import IntroductionState, Ranking
from tests import factories as f
from tests.services.valley import WATER, Valley

NUMBERS = st.floats(-6.0, 6.0)
FORMULA = Formula({"lexical": 0.31, "whole": 0.17, "subject": 0.25}, slope=1.3, midpoint=0.4)


def test_what_the_ranker_stored_ranks_the_same_again(valley: Valley) -> None:
    for name in ("Zoila", "Zacarías"):
        valley.add(name, WATER)
    f.IntroductionFactory(region=valley.cast.region, suggested__who=valley.people["Ximena"])
    asked = [valley.ask(), valley.ask("Circuits", "We mend a radio.")]
    f.IntroductionFactory(
        region=valley.cast.region, suggested__who=valley.people["Petra"], state=IntroductionState.UNDONE
    )
    made = [valley.propose(request) for request in asked]
    f.RelevanceActivationFactory(region=valley.cast.region)
    made.append(valley.propose(asked[0]))
    valley.session.expire_all()
    for ranking in made:
        assert ranking is not None and len(ranking.candidates) == 6
        assert replay.again(ranking) == replay.Replayed(ranking.id, ranking.request_id, True)
    assert made[-1] is not None and str(made[-1].versions["relevance"]).startswith("fit-")


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from([-1.0, 0.0, 1.0])), max_size=12), st.floats(0.67, 1.5))
def test_any_snapshot_survives_being_stored(rows: list[tuple[float, float, float]], need: float) -> None:
    # Everybody twice, so that there are ties to keep.
    ranking = stored(rows + rows, need)
    assert replay.again(ranking).agrees is True


def test_a_changed_snapshot_is_noticed() -> None:
    rows = [(2.0, 1.0, 1.0), (1.0, 0.5, 0.0), (0.0, 0.0, -1.0)]
    turned, doctored, older, empty = stored(rows), stored(rows), stored(rows), stored([])
    turned.candidates = [turned.candidates[at] for at in (1, 0, 2)]
    doctored.candidates[2]["relevance"] += 0.01
    older.candidates[1].pop("evidence")
    assert replay.again(turned).differs == "order"
    assert replay.again(doctored).differs == "figures"
    assert replay.again(older).agrees is None
    assert replay.again(empty).agrees is True


def test_who_was_put_forward_by_hand_from_far_down_is_replayed_too() -> None:
    ranking = stored([(2.0, 1.0, 1.0), (1.0, 0.5, 0.0), (0.0, 0.0, -1.0)])
    *ranking.candidates, last = ranking.candidates
    ranking.pinned = [{**last, "place": 3, "steer_id": 1}]
    assert replay.again(ranking).agrees is True
    ranking.pinned = [{**last, "place": 3, "steer_id": 1, "boost": 0.5}]
    assert replay.again(ranking).differs == "order"


def stored(rows: list[tuple[float, float, float]], need: float = 1.2) -> Ranking:
    """A ranking of partners 1, 2, … as PostgreSQL gives it back."""
    values = np.round(np.array(rows, dtype=np.float64).reshape(-1, 3), 6)
    evidence = dict(zip(("lexical", "whole", "subject"), values.T, strict=True))
    price = np.linspace(0.0, 0.1, len(rows)) ** 2
    combined = FORMULA.combined(FORMULA.contributions(evidence))
    made = equity.rerank(FORMULA.rho(combined), need, 1.1, None, price)
    candidates: list[dict[str, Any]] = [
        {
            "partner_id": int(at) + 1,
            "rank_before": int(made.rank_before[at]),
            "relevance": round(float(made.rho[at]), 6),
            "need": made.need,
            "deficit": made.deficit,
            "boost": float(made.boost[at]),
            "price": float(made.price[at]),
            "score": round(float(made.score[at]), 6),
            "evidence": {name: float(column[at]) for name, column in evidence.items()},
        }
        for at in made.order
    ]
    return Ranking(
        id=1,
        request_id=1,
        candidates=json.loads(json.dumps(candidates)),
        pinned=[],
        versions={"formula": asdict(FORMULA)},
    )
