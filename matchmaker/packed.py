"""A BERT encoder's forward pass over tokens laid end to end, for the models of which that gives the same vectors.

sentence_transformers reads 32 texts at once and pads all of them to the longest; with texts of mixed lengths a
fifth or more of what it computes is padding. Nearly all of the work is per token (the linear layers), and only
attention needs to know which tokens make up a text. So here the tokens of a batch form one matrix [tokens, width]
without any padding, and attention runs over runs of texts that have exactly the same number of tokens, which need
no mask either. A text's vector depends on the other texts of the call by the rounding of floats only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Enough rows for the matrix product to be at its best, few enough for a layer's results to stay in the cache.
_BATCH_TOKENS = 1_024
# Tokenised and sorted together; bounds what is held beside the vectors when a large region is read.
_SLAB_TEXTS = 2_048
# Short, longer and cut off; Spanish and unknown characters too.
_PROBE = ("Toads.", "Pan de masa madre, ¿y por qué sube? 音", "I restore tube radios in my garage. " * 60)
_SAME_COSINE = 1 - 1e-4


class Linear(NamedTuple):
    """A linear layer, the weights turned [in, out] once, which the matrix product reads quicker than [out, in]."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, *layers: Any) -> Linear:
        """One layer that gives the results of several side by side."""
        weight = torch.cat([layer.weight for layer in layers]).t().contiguous()
        return cls(weight, torch.cat([layer.bias for layer in layers]))

    def __call__(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x, self.weight)


class Layer(NamedTuple):
    """One of the encoder's layers: attention, then two linear layers over each token."""

    query_key_value: Linear
    attended: Linear
    attended_norm: torch.nn.LayerNorm
    widen: Linear
    narrow: Linear
    norm: torch.nn.LayerNorm

    @classmethod
    def of(cls, layer: Any) -> Layer:
        """The weights of a layer of transformers.BertModel."""
        attention, output = layer.attention, layer.attention.output
        return cls(
            Linear.of(attention.self.query, attention.self.key, attention.self.value),
            Linear.of(output.dense),
            output.LayerNorm,
            Linear.of(layer.intermediate.dense),
            Linear.of(layer.output.dense),
            layer.output.LayerNorm,
        )

    def __call__(self, x: Tensor, runs: Sequence[Run], heads: int) -> Tensor:
        """The layer's result [tokens, width] for its input x of the same shape."""
        seen = _attention(self.query_key_value(x), runs, heads)
        x = self.attended_norm(self.attended(seen).add_(x))
        return self.norm(self.narrow(torch.ops.aten.gelu_(self.widen(x))).add_(x))


class Run(NamedTuple):
    """Texts of the same number of tokens, one after the other from row `start`."""

    start: int
    texts: int
    tokens: int

    def of(self, x: Tensor) -> Tensor:
        """Their rows of x, as [texts, tokens, ...]."""
        return x[self.start : self.start + self.texts * self.tokens].view(self.texts, self.tokens, *x.shape[1:])


def _attention(projected: Tensor, runs: Sequence[Run], heads: int) -> Tensor:
    """Self-attention within each text, from queries, keys and values side by side [tokens, 3 * width]."""
    seen = projected.new_empty(len(projected), projected.shape[1] // 3)
    for run in runs:
        query, key, value = run.of(projected).view(run.texts, run.tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value)
        run.of(seen).view(run.texts, run.tokens, heads, -1).copy_(found.transpose(1, 2))
    return seen


class PackedBert:
    """The weights of a BERT encoder with mean pooling, arranged for packed tokens. Made by `packed`.

    With several threads the batches of a call are read side by side, each by one of them.
    """

    def __init__(self, model: SentenceTransformer, threads: int = 1) -> None:
        bert: Any = model[0].auto_model
        parts = bert.embeddings
        self.dimension: int = bert.config.hidden_size
        self._tokenizer: Any = model.tokenizer
        self._most_tokens = model.max_seq_length
        self._heads: int = bert.config.num_attention_heads
        self._words: Tensor = parts.word_embeddings.weight
        # All tokens are of the first of BERT's two segments.
        self._positions: Tensor = parts.position_embeddings.weight + parts.token_type_embeddings.weight[0]
        self._norm: torch.nn.LayerNorm = parts.LayerNorm
        self._layers = tuple(Layer.of(layer) for layer in bert.encoder.layer)
        self._threads = ThreadPoolExecutor(threads, "encoder") if threads > 1 else None

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors [n, d] of length 1, in the order of the texts."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _SLAB_TEXTS):
            slab = list(texts[start : start + _SLAB_TEXTS])
            tokens = self._tokenizer(slab, truncation=True, max_length=self._most_tokens)["input_ids"]
            batches = list(_batches([len(found) for found in tokens]))
            read = self._read([[tokens[row] for row in rows] for rows in batches])
            for rows, found in zip(batches, read, strict=True):
                vectors[start + np.array(rows)] = found
        return vectors

    def _read(self, batches: Sequence[Sequence[Sequence[int]]]) -> list[NDArray[np.float32]]:
        """The vectors of each batch. Several batches are dealt to the threads; a single one has torch's own threads.

        All threads in every product would wait for each other from product to product, and between two of them all
        but one would stand idle. The longest texts come first, so the threads run out of work at about the same time.
        """
        if self._threads is None or len(batches) < 2:
            return [self._forward(batch) for batch in batches]
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return list(self._threads.map(self._forward, batches))
        finally:
            torch.set_num_threads(before)

    @torch.inference_mode()
    def _forward(self, batch: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Vectors [texts, d] of texts given as token numbers, those of like length next to each other."""
        runs = list(_runs([len(text) for text in batch]))
        numbers = torch.tensor([number for text in batch for number in text])
        positions = torch.cat([torch.arange(run.tokens).repeat(run.texts) for run in runs])
        x = self._norm(self._words[numbers] + self._positions[positions])
        for layer in self._layers:
            x = layer(x, runs, self._heads)
        return functional.normalize(torch.cat([run.of(x).mean(dim=1) for run in runs])).numpy()


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows sorted by length, the longest first, in batches of at most _BATCH_TOKENS (or one text)."""
    batch: list[int] = []
    free = _BATCH_TOKENS
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if batch and lengths[row] > free:
            yield batch
            batch, free = [], _BATCH_TOKENS
        batch.append(row)
        free -= lengths[row]
    if batch:
        yield batch


def _runs(lengths: Sequence[int]) -> Iterator[Run]:
    start = 0
    for tokens, same in groupby(lengths):
        texts = len(list(same))
        yield Run(start, texts, tokens)
        start += texts * tokens


def packed(model: SentenceTransformer, threads: int = 1) -> PackedBert | None:
    """The model as a PackedBert, or None where that would not give the model's own vectors.

    The modules are looked at first; what they don't tell (an unusual activation, lower-casing, a prompt put before
    every text) shows when both read the same few texts.
    """
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    if type(model[0].auto_model).__name__ != "BertModel" or model[1].pooling_mode != "mean":
        return None
    if not getattr(model.tokenizer, "is_fast", False) or not model.max_seq_length:
        return None
    quick = PackedBert(model, threads)
    expected = model.encode(list(_PROBE), batch_size=1, normalize_embeddings=True, show_progress_bar=False)
    if expected.shape != (len(_PROBE), quick.dimension):
        return None
    cosines = (expected * quick.encode(_PROBE)).sum(axis=1)
    return quick if bool((cosines >= _SAME_COSINE).all()) else None
