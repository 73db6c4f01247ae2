"""Stored vectors: PostgreSQL is their truth, the ranker's memory a copy."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RegionOwned, enum_column


class OwnerKind(StrEnum):
    """What a vector was made of."""

    FUND = "fund"
    PARTNER = "partner"
    REQUEST = "request"


class Embedding(RegionOwned, Base):
    """One vector of one piece of text under one model.

    Of a fund or a request, piece 0 is the whole and 1, 2, … are its parts; of a partner, 0 is the whole profile and 1
    the titles of its funds.

    The vector has no fixed dimension, so that two models can live side by side. Owners are of three tables, so there is
    no foreign key: a row that no text asks for is removed when its owner is read again. An equal text of another owner
    is found by its hash and not embedded again.
    """

    __tablename__ = "embedding"

    owner_kind: Mapped[OwnerKind] = mapped_column(enum_column(OwnerKind, "owner_kind"))
    owner_id: Mapped[int]
    piece: Mapped[int]
    model: Mapped[str]
    text_hash: Mapped[str]
    vector: Mapped[np.ndarray[Any, np.dtype[np.float32]]] = mapped_column(VECTOR())

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("region_id", "model", "owner_kind", "owner_id", "piece"),
            CheckConstraint("piece >= 0", name="piece"),
            Index(None, "region_id", "model", "text_hash"),
        )
