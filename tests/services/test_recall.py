"""What the ranker's memory makes once, and lets go."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from weakref import ref

from matchmaker.services.recall import Recall


@dataclass(frozen=True)
class Thing:
    number: int


def test_what_is_made_of_two_things_is_made_again_when_either_is_another() -> None:
    recall, asked = Recall(), []

    def added(one: Thing, other: Thing) -> int:
        asked.append((one, other))
        return one.number + other.number

    one, other, equal = Thing(1), Thing(2), Thing(2)
    assert [recall.once(7, added, one, other) for _ in range(2)] == [3, 3]
    assert len(asked) == 1
    assert recall.once(7, added, one, equal) == 3
    assert recall.once(8, added, one, equal) == 3
    assert len(asked) == 3


def test_neither_of_the_two_is_kept_alive() -> None:
    recall, one, other = Recall(), Thing(1), Thing(2)
    recall.once(7, lambda a, b: a.number + b.number, one, other)
    watched = ref(one)
    del one
    gc.collect()
    assert watched() is None
