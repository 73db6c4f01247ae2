"""The bundled model, for real: it is in the installation, and nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matching.glossary import edition
from matchmaker.embedding import Encoder, ModelNotFound, clean


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def test_vectors_have_length_1_and_keep_the_order_of_texts(encoder: Encoder) -> None:
    texts = ["I restore tube radios.", "Bread, and why it rises, told by somebody who bakes every night.", "Toads."]
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, encoder.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0] * 3, abs=1e-5)
    nearest = encoder.encode(["radio repair", "baking", "amphibians"]) @ vectors.T
    assert list(nearest.argmax(axis=1)) == [0, 1, 2]


def test_texts_without_content_are_zero_and_equal_texts_equal(encoder: Encoder) -> None:
    vectors = encoder.encode(["", " \x00\n", "🎸🎸", "weld", "weld\x00 ", "weld"])
    assert not vectors[:3].any()
    assert (vectors[3] == vectors[4]).all() and (vectors[3] == vectors[5]).all()


def test_a_very_long_text_is_read_as_far_as_the_model_reads(encoder: Encoder) -> None:
    vectors = encoder.encode(["weld " * 10_000, "x" * 50_000])
    assert np.isfinite(vectors).all()


def test_no_texts_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_cleaning_parts_words_at_control_characters_and_joins_soft_hyphens() -> None:
    assert clean("a\x00b\tc \r\n d") == "a b c d"
    assert clean("cir\u00adcuit") == "circuit"


def test_the_name_is_that_of_the_model_or_its_folder_and_what_is_in_it(tmp_path: Path) -> None:
    assert Encoder().name == Encoder("").name == f"all-MiniLM-L6-v2+{edition()}"
    assert Encoder("somebody/their-model").name == f"somebody/their-model+{edition()}"
    folders = [tmp_path / place / "our-model" for place in ("one", "other", "third")]
    for folder, weights in zip(folders, (b"weights", b"weights", b"weightz"), strict=True):
        folder.mkdir(parents=True)
        (folder / "model.bin").write_bytes(weights)
    (folders[1] / "README.md").write_text("How it was made.")
    one, same, third = (Encoder(str(folder)).name for folder in folders)
    assert one == same != third
    assert one.startswith("our-model-") and third.startswith("our-model-")
    (folders[0] / "config.json").write_text("{}")
    assert Encoder(str(folders[0])).name != one


def test_a_model_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no-model") as caught:
        Encoder(str(tmp_path / "no-model")).encode(["text"])
    assert "\n" not in str(caught.value)
