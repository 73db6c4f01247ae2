"""A region read by a tiny model that remembers what it was given to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.embedding import Encoder
from matchmaker.index import Index
from matchmaker.services import ranker, revisions
from models import Embedding, Fund, LearningRequest, Partner, Region
from tests import factories as f


class Reader(Encoder):
    """An encoder that keeps the texts it was given since they were last asked for."""

    def __init__(self, model: str) -> None:
        super().__init__(model, threads=1)
        self._given: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._given += texts
        return super().encode(texts)

    def read(self) -> list[str]:
        """The texts since the last call, in alphabetical order."""
        given, self._given = sorted(self._given), []
        return given


@dataclass
class Hamlet:
    """Partners who each know a little, and the ranker of its process."""

    session: Session
    region: Region
    reader: Reader
    index: Index = field(init=False)
    people: list[Partner] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.index = Index(self.reader)

    def add(self, *funds: str) -> Partner:
        """Somebody new, reviewed."""
        partner: Partner = f.PartnerFactory(region=self.region)
        for position, text in enumerate(funds):
            self.fund(partner, text, position)
        self.people.append(partner)
        self.touch(partner)
        return partner

    def fund(self, partner: Partner, text: str, position: int = 0) -> Fund:
        fund: Fund = f.FundFactory(
            region=self.region, owner=partner, title=text[:8], text=text, story="", position=position
        )
        return fund

    def ask(self) -> LearningRequest:
        """A new request, in the outbox."""
        school = f.SchoolFactory(region=self.region)
        teacher = f.TeacherFactory(region=self.region, school=school, person=f.AccountFactory())
        request: LearningRequest = f.LearningRequestFactory(region=self.region, asked_by=teacher)
        ranker.ask(self.session, request, "posted", f.NOW)
        return request

    def touch(self, partner: Partner) -> None:
        """What every change of a profile ends with."""
        partner.revision = revisions.touch(self.session, self.region.id)
        self.session.flush()

    def embedded(self) -> dict[tuple[str, str, int, int], str]:
        """Every stored vector: model, whose it is, and the hash of its text."""
        columns = (
            Embedding.model,
            Embedding.owner_kind,
            Embedding.owner_id,
            Embedding.piece,
            Embedding.text_hash,
        )
        rows = self.session.execute(select(*columns).where(Embedding.region_id == self.region.id))
        return {(row[0], row[1].value, row[2], row[3]): row[4] for row in rows}

    def models(self) -> set[str]:
        """The models of which something is stored."""
        return {key[0] for key in self.embedded()}
