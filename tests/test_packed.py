"""Packed tokens give the library's own vectors, or the library reads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from matchmaker.embedding import Encoder
from tests import tiny_models

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from matchmaker.packed import PackedBert

WORDS = "my class builds a watershed from plaster; quiere saber por qué el arroyo crece tan rápido — ¡hey! 音楽 "
# No two in a row of one length, some of the same, one longer than the model reads.
TEXTS = [(WORDS[5 * row :] + WORDS * 30)[:length] for row, length in enumerate((3, 60, 200, 60, 9, 2_000, 61))]


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    return Encoder(threads=1).load()


@pytest.fixture(scope="module")
def quick(model: SentenceTransformer) -> PackedBert:
    from matchmaker.packed import packed

    found = packed(model)
    assert found is not None, "the model of the installation is one that can be packed"
    return found


@pytest.fixture
def tiny(tmp_path: Path) -> SentenceTransformer:
    return Encoder(str(tiny_models.save(tmp_path / "tiny", seed=1)), threads=1).load()


def test_the_vectors_are_those_of_the_library(model: SentenceTransformer, quick: PackedBert) -> None:
    expected = model.encode(TEXTS, batch_size=2, normalize_embeddings=True)
    assert np.abs(quick.encode(TEXTS) - expected).max() < 1e-6


def test_a_text_has_the_same_vector_alone_and_in_any_company(
    quick: PackedBert, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = quick.encode(TEXTS)
    alone = np.concatenate([quick.encode([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-6
    assert np.abs(together - quick.encode(TEXTS[::-1])[::-1]).max() < 1e-6
    monkeypatch.setattr("matchmaker.packed._SLAB_TEXTS", 3)
    monkeypatch.setattr("matchmaker.packed._BATCH_TOKENS", 40)
    assert np.abs(together - quick.encode(TEXTS)).max() < 1e-6


def test_threads_that_share_the_batches_read_what_one_reads(
    model: SentenceTransformer, quick: PackedBert, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from matchmaker.packed import PackedBert

    shared = PackedBert(model, threads=3)
    before = torch.get_num_threads()
    monkeypatch.setattr("matchmaker.packed._BATCH_TOKENS", 40)
    assert np.abs(shared.encode(TEXTS) - quick.encode(TEXTS)).max() < 1e-6
    assert torch.get_num_threads() == before
    readers = {thread.name for thread in threading.enumerate() if thread.name.startswith("encoder")}
    assert len(readers) > 1


def test_a_model_of_another_make_is_left_to_the_library(tiny: SentenceTransformer, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    from matchmaker.packed import packed

    assert packed(tiny) is not None
    other = SentenceTransformer(modules=[tiny[0], Pooling(16, "cls")], device="cpu")
    assert packed(other) is None
    other.save(str(tmp_path / "by-first-token"))
    english = ["I restore tube radios.", "Bread.", "Toads, and where they sleep in a dry year."]
    found = Encoder(str(tmp_path / "by-first-token"), threads=1).encode([*english, "🎸"])
    assert np.abs(found[:-1] - other.encode(english, normalize_embeddings=True)).max() < 1e-6
    assert not found[-1].any()


def test_a_difference_that_the_make_does_not_show_is_found_by_reading(tiny: SentenceTransformer) -> None:
    from torch.nn import Identity

    from matchmaker.packed import packed

    layer = tiny[0].auto_model.encoder.layer[0]
    # The drawn weights are too small for any activation to matter.
    layer.intermediate.dense.weight.data.mul_(100)
    assert packed(tiny) is not None
    layer.intermediate.intermediate_act_fn = Identity()
    assert packed(tiny) is None


def test_a_model_that_puts_words_before_every_text_is_left_to_the_library(tiny: SentenceTransformer) -> None:
    from matchmaker.packed import packed

    tiny.prompts, tiny.default_prompt_name = {"query": "Represent this sentence: "}, "query"
    assert packed(tiny) is None
