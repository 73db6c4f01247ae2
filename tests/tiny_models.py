"""Small embedding models with drawn weights, saved as folders: loaded in a moment, and no two alike."""

from __future__ import annotations

from pathlib import Path

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,;:?!'-"


def save(folder: Path, *, seed: int, dimension: int = 16) -> Path:
    """Write a model whose vectors have this length; the same seed gives the same model."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    bare = folder.parent / f".{folder.name}-parts"
    bare.mkdir(parents=True)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    (bare / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    BertTokenizer(str(bare / "vocab.txt")).save_pretrained(bare)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokens),
        hidden_size=dimension,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=dimension,
        max_position_embeddings=256,
    )
    BertModel(config).save_pretrained(bare)
    reader = Transformer(str(bare))
    SentenceTransformer(modules=[reader, Pooling(dimension)], device="cpu").save(str(folder))
    return folder
