"""What `scripts/bench embed` compares is fair, and what it compares is ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matching.evaluate import JudgedSet, Profile
from matchmaker.bench import embed


def test_the_mix_has_every_length_and_no_text_twice() -> None:
    texts = embed.mix(200)
    lengths = sorted(len(text.split()) for text in texts)
    assert len(set(texts)) == 200
    assert lengths[0] <= 4 and lengths[-1] >= 200 and lengths[-1] <= 250
    # Even over the logarithm: the middle one is near the geometric mean of the ends.
    assert 18 <= lengths[100] <= 42
    assert embed.mix(200) == texts


def test_both_read_the_same_texts_as_often_as_the_other_after_a_warm_up() -> None:
    read: list[tuple[str, int]] = []

    def reads(name: str) -> embed.Encode:
        def encode(texts: list[str]) -> embed.Floats:
            read.append((name, len(texts)))
            return np.ones((len(texts), 1), dtype=np.float32)

        return encode

    ours, library = embed.in_turn(reads("ours"), reads("library"), ["text"] * 9, rounds=2)
    assert read == [("ours", 8), ("library", 8), *[(name, 9) for name in ("library", "ours", "ours", "library")]]
    assert len(ours.clock) == len(library.clock) == len(ours.processor) == 2


def test_quality_ranks_whole_texts_by_their_cosine() -> None:
    profiles = (Profile("", ("bread",)), Profile("", ("radio",)))
    judged = JudgedSet(("r1", "r2"), ("tubes", "yeast"), ("p1", "p2"), profiles, {"r1": {"p2": 1}, "r2": {"p1": 1}})
    near, far = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)
    vectors = {"bread": near, "radio": far, "tubes": far, "yeast": near}
    assert embed.quality(judged, vectors) == 1.0
    assert embed.quality(judged, vectors | {"yeast": far}) == pytest.approx((1 + 1 / np.log2(3)) / 2)


@pytest.mark.full
def test_both_encoders_read_the_whole_mix_with_either_number_of_threads() -> None:
    found = embed.measured(40, 1, Path("nowhere"))
    assert found["real"].startswith("not measured")
    assert found["mixed_texts"] == found["mixed_one_thread_texts"] == 40
    assert min(found["mixed_ratio"], found["mixed_one_thread_ratio_of_processor_time"]) > 0
