"""Texts a second of our Encoder beside `SentenceTransformer.encode` as it comes: same model, texts and threads.

Both are compared twice: with the number of threads that the library takes when nobody says otherwise, and with one.
No text is there twice, so reading equal texts once wins nothing here. The two read the same texts in turn, and what
counts is the median of the rounds' ratios: of the clock, and of the processor's time, which other work on the machine
disturbs less.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.evaluate import JudgedSet
from matching.glossary import in_english
from matching.metrics import ndcg
from matching.reading import whole_text
from matchmaker.embedded.home import PROJECT
from matchmaker.embedding import Encoder
from matchmaker.evaluation.files import read_set

DEMO = PROJECT / "demo" / "palo-fierro"
JUDGED = PROJECT.parent / "shared" / "data" / "youth_programs"
TEXTS = 320
"""Of the mix; with fewer the library would pad more than it does on a region."""
WORDS = (3, 250)
"""Shortest and longest text of the mix; lengths are spread evenly over their logarithm."""
ROUNDS = 5
ONE = "Somebody who restores tube radios, to show my physics class how a circuit carries a voice."
ONE_ROUNDS = 30

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]


@dataclass
class Reader:
    """One of the two, with the seconds that each of its rounds took by the clock and of the processor."""

    encode: Encode
    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    vectors: Floats = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))

    def read(self, texts: Sequence[str]) -> None:
        """Read the texts once more."""
        clock, processor = time.perf_counter(), time.process_time()
        self.vectors = self.encode(texts)
        self.clock.append(time.perf_counter() - clock)
        self.processor.append(time.process_time() - processor)


class Both:
    """Our Encoder and the library with a number of threads each."""

    def __init__(self, threads: int) -> None:
        self._ours = Encoder(threads=threads)
        self._library = Encoder(threads=threads).load()

    def in_turn(self, texts: list[str], rounds: int) -> tuple[Reader, Reader]:
        """Both after they have read the texts in turn: ours, and the library as it comes."""
        return in_turn(self._ours.encode, self._library.encode, texts, rounds)

    def one_text(self) -> dict[str, float]:
        """The milliseconds that one text takes, nothing else in the call."""
        ours, library = (median(reader.clock) * 1e3 for reader in self.in_turn([ONE], ONE_ROUNDS))
        return {"one_text_ms": round(ours, 1), "one_text_library_ms": round(library, 1)}


def measure() -> dict[str, Any]:
    """Both rates and their ratio on the mix and on a real set's texts, one text's time, and the quality of both."""
    return measured(TEXTS, ROUNDS, JUDGED)


def measured(texts: int, rounds: int, judged_dir: Path) -> dict[str, Any]:
    """`measure` for a number of texts and rounds, and a folder of a judged set that need not be there."""
    default = default_threads()
    mixed = mix(texts)
    both = Both(default)
    found = {"threads_of_both": default} | rates("mixed", *both.in_turn(mixed, rounds)) | both.one_text()
    found |= real(both, judged_dir) if judged_dir.is_dir() else {"real": "not measured, its texts are not here"}
    single = Both(1)
    found |= rates("mixed_one_thread", *single.in_turn(mixed, -(-rounds // 2)))
    return found | {f"one_thread_{name}": value for name, value in single.one_text().items()}


def default_threads() -> int:
    """The library's threads when nobody says otherwise. Asked of a new process: here another bench may have said so."""
    asked = "import torch; print(torch.get_num_threads())"
    return int(subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout)


def real(both: Both, judged_dir: Path) -> dict[str, Any]:
    """The rates on the texts of a judged set, and how well each of the two ranks it."""
    judged = read_set(judged_dir)
    texts = list(dict.fromkeys([*judged.request_texts, *map(whole_text, judged.profiles)]))
    readers = both.in_turn(texts, rounds=1)  # for what is found; how quickly, the mix tells better
    ours, library = (quality(judged, dict(zip(texts, reader.vectors, strict=True))) for reader in readers)
    cosines = (readers[0].vectors * readers[1].vectors).sum(axis=1)
    # Our Encoder takes some words for Spanish; what it then reads is another text.
    same = [cosine for cosine, text in zip(cosines, texts, strict=True) if in_english(text) == text]
    return rates("real", *readers) | {
        "real_texts_read_in_other_words": len(texts) - len(same),
        "real_smallest_cosine_of_the_rest": round(float(min(same)), 6),
        "real_set": judged_dir.name,
        "real_ndcg@10": round(ours, 4),
        "real_library_ndcg@10": round(library, 4),
        "real_ndcg@10_difference": round(ours - library, 4),
    }


def mix(count: int, seed: int = 7) -> list[str]:
    """Texts of 3 to 250 words, cut out of what the demo's people wrote in English; no two the same.

    Not in Spanish: our Encoder puts parts of that into English, and then the two would not read the same words.
    """
    drawn = random.Random(seed)
    words = " ".join(written(DEMO)).split()
    texts: dict[str, None] = {}
    while len(texts) < count:
        length = round(math.exp(drawn.uniform(*map(math.log, WORDS))))
        start = drawn.randrange(len(words) - length)
        texts[" ".join(words[start : start + length])] = None
    return list(texts)


def written(folder: Path) -> list[str]:
    """What the partners and the teachers of a demo region say in their own words, where these are English."""
    rows = [
        json.loads(line)
        for name in ("partners.jsonl", "requests.jsonl")
        for line in (folder / name).read_text(encoding="utf-8").splitlines()
    ]
    rows += [fund for row in rows for fund in row.get("funds", ())]
    return [
        row[name] for row in rows if row.get("language") != "es" for name in ("about", "text", "story") if row.get(name)
    ]


def in_turn(ours: Encode, library: Encode, texts: list[str], rounds: int) -> tuple[Reader, Reader]:
    """Both after they have read the texts, once each a round and the first of them in turn. Warmed up before."""
    readers = Reader(ours), Reader(library)
    for reader in readers:
        reader.encode(texts[:8])
    for number in range(rounds):
        for reader in readers if number % 2 else reversed(readers):
            reader.read(texts)
    return readers


def rates(name: str, ours: Reader, library: Reader) -> dict[str, Any]:
    """Texts a second, and the ratios of both kinds of time."""
    texts = len(ours.vectors)
    return {
        f"{name}_texts": texts,
        f"{name}_texts_per_second": round(texts / median(ours.clock), 1),
        f"{name}_library_texts_per_second": round(texts / median(library.clock), 1),
        f"{name}_ratio": round(median(b / a for a, b in zip(ours.clock, library.clock, strict=True)), 2),
        f"{name}_ratio_of_processor_time": round(
            median(b / a for a, b in zip(ours.processor, library.processor, strict=True)), 2
        ),
    }


def quality(judged: JudgedSet, vectors: dict[str, Floats]) -> float:
    """Mean nDCG@10 over the requests of a set, ranked by the cosine of whole texts."""
    partners = np.stack([vectors[whole_text(profile)] for profile in judged.profiles])
    values = []
    for request, text in zip(judged.request_ids, judged.request_texts, strict=True):
        # Rounded, so that a tie is one for both.
        order = np.argsort(-np.round(partners @ vectors[text], 6), kind="stable")
        values.append(ndcg([judged.partner_ids[at] for at in order[:10]], judged.judgements.get(request, {})))
    return mean(values)
