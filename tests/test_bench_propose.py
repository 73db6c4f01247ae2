"""What `scripts/bench propose` builds is a region like any other, and its phases add up to the whole."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.bench import propose, synthetic
from matchmaker.bench.author import Author
from matchmaker.queries import eligibility, roll
from models import Fund, LearningRequest
from tests import factories as f


def test_an_invented_region_has_somebody_for_every_rule(session: Session) -> None:
    built = synthetic.build(session, 600, 2, f.NOW, seed=5)
    assert session.scalar(select(func.count()).where(Fund.region_id == built.region_id)) == 600
    request = session.get_one(LearningRequest, built.request_ids[0])
    found = eligibility.for_request(session, request, roll.read(session, built.region_id), f.NOW)
    assert len(found.partner_ids) > 20
    assert {"not_reviewed", "paused", "said_not_now", "must_not_meet", "format", "distance", "dates", "full"} <= set(
        found.excluded
    )


def test_the_same_seed_writes_the_same_and_common_words_are_common() -> None:
    texts = Author(1).texts(300, 20, 30)
    assert texts == Author(1).texts(300, 20, 30) != Author(2).texts(300, 20, 30)
    words, counts = np.unique(" ".join(texts).lower().replace(".", "").split(), return_counts=True)
    assert counts.max() > 20 * np.median(counts) and len(words) > 1000


def test_a_phase_within_another_is_counted_once() -> None:
    watch = propose.Stopwatch()
    inner = watch.around("inner", lambda: sum(range(200_000)))
    outer = watch.around("outer", inner)
    whole = propose._seconds(outer)
    assert watch.spent["inner"] > watch.spent["outer"]
    assert sum(watch.spent.values()) == pytest.approx(whole, rel=0.2, abs=0.002)


@pytest.mark.full
def test_a_small_region_is_measured_beside_its_peer() -> None:
    pytest.importorskip("faiss")
    found = propose.measured((400,), (), rounds=2, history=2)
    assert found["ratio_400_funds"] > 0
    assert set(found["phases_ms_400_funds"]) == {*propose.PHASES, propose.REST}
    assert all(spent > 0 for spent in found["phases_ms_400_funds"].values())
