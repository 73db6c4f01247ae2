"""Words, facts and vectors drawn out of one seed, for the invented regions of ``bench propose``.

Vectors are random directions: what a search costs does not depend on where they point, and embedding a hundred thousand
funds would take an hour.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector
from pgvector.psycopg import register_vector
from sqlalchemy.orm import Session

from matchmaker.embedded.home import PROJECT
from matchmaker.embedding import Encoder
from matchmaker.vectors import Found, Text

VOCABULARY = 40_000


class RandomVectors(Encoder):
    """Stands in for a model while a region is filled: its name and size, and a random direction for every text."""

    def __init__(self, model: Encoder, seed: int) -> None:
        self.__dict__.update(model.__dict__)
        self._random = np.random.default_rng(seed)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors [n, d] of length 1."""
        drawn = self._random.standard_normal((len(texts), self.dimension), dtype=np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def copied(session: Session, region_id: int, model: str, texts: Sequence[Text], found: Found) -> None:
    """Stands in for `vectors._write` while a region is filled: the same rows in one stream, in a fifth of the time."""
    connection: Any = session.connection().connection
    register_vector(connection.driver_connection)
    columns = "region_id, model, owner_kind, owner_id, piece, text_hash, vector"
    with connection.cursor() as cursor, cursor.copy(f"COPY embedding ({columns}) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "varchar", "varchar", "int4", "int4", "varchar", "vector"])
        for at, each in enumerate(texts):
            row = (region_id, model, each.kind.value, each.owner_id, each.piece, found.hashes[at].hex())
            copy.write_row((*row, Vector(found.vectors[at])))


@cache
def vocabulary() -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Words and how often each is used, by Zipf's law: the demo region's own in their order, then invented ones."""
    said = "\n".join(
        (PROJECT / "demo" / "palo-fierro" / name).read_text(encoding="utf-8")
        for name in ("partners.jsonl", "requests.jsonl")
    )
    texts = " ".join(text for line in said.split("\n") if line for text in _texts(json.loads(line)))
    real = [word for word, _ in Counter(re.findall(r"[^\W\d_]+", texts.lower())).most_common()]
    syllables = [first + second for first, second in product("bcdfglmnprstv", "aeiou")]
    invented = ("".join(parts) for parts in product(syllables, repeat=3))
    words = [*real, *islice(invented, VOCABULARY - len(real))]
    weights = 1.0 / np.arange(1, len(words) + 1)
    return np.array(words), weights / weights.sum()


def _texts(row: dict[str, Any]) -> Iterator[str]:
    for name in ("title", "text", "story", "about"):
        yield row.get(name, "")
    for fund in row.get("funds", ()):
        yield from _texts(fund)


@dataclass
class Author:
    """Draws words, facts and people out of one seed."""

    seed: int
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def texts(self, count: int, shortest: int, longest: int) -> list[str]:
        """So many texts of a length drawn between the two, in words."""
        words, weights = vocabulary()
        lengths = self.random.integers(shortest, longest + 1, count)
        drawn = words[self.random.choice(len(words), int(lengths.sum()), p=weights)]
        return [" ".join(part).capitalize() + "." for part in np.split(drawn, np.cumsum(lengths)[:-1])]

    def some(self, codes: Sequence[Any], most: int) -> list[Any]:
        """None, one or several of the codes."""
        return [codes[at] for at in self.random.permutation(len(codes))[: self.random.integers(0, most + 1)]]

    def happens(self, share: float) -> bool:
        """True in that share of the cases."""
        return bool(self.random.random() < share)
