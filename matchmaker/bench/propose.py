"""One proposal end to end beside what anybody could put together: embed the request, then an exact search with faiss.

Both read the same text with the same model and search the same vectors, one after the other, on one thread. The peer
stops there; ours also applies the hard rules, scores, re-ranks, explains, stores and commits.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from matching import explain
from matchmaker.bench import synthetic
from matchmaker.bench.author import RandomVectors
from matchmaker.clock import utc_now
from matchmaker.embedded import processes
from matchmaker.embedded.home import Home
from matchmaker.embedded.postgres import create_database
from matchmaker.embedded.rehearsal import run
from matchmaker.embedded.services import Services, embedded_services
from matchmaker.embedding import Encoder
from matchmaker.index import Index, request_text
from matchmaker.queries import eligibility
from matchmaker.services import explaining, proposing, scoring
from matchmaker.services.recall import Recall
from models import LearningRequest, Region

SIZES = (1_000, 10_000, 100_000)
"""Funds of the regions measured."""
CROWDED = (1_000, 10_000)
"""Sizes that are measured again among OTHERS regions of the same size."""
OTHERS = 10
HISTORY = 200
"""Rankings made before the first measured one: what the re-rank looks back on."""
ROUNDS = 15
NEAREST = 200

PHASES: dict[str, tuple[tuple[Any, str], ...]] = {
    "embed": ((Index, "request_vector"),),
    "filter": ((eligibility, "for_request"),),
    "score": ((proposing, "score"),),
    "re-rank": ((scoring, "rerank"),),
    "explain": ((explain, "moves"), (explaining, "voices"), (explaining, "reasons")),
}
"""Where each phase begins and ends; what is left of a proposal is reading the request, storing and committing."""
REST = "store"


def measure() -> dict[str, Any]:
    """Medians of both for every size, their ratio, ours by phase, and ours among other regions."""
    return measured(SIZES, CROWDED, ROUNDS, HISTORY)


def measured(sizes: Sequence[int], crowded: Sequence[int], rounds: int, history: int) -> dict[str, Any]:
    """`measure` for some sizes."""
    try:
        import faiss
    except ImportError:
        return {"not_measured": "faiss-cpu is not installed; .venv/bin/pip install -c constraints.txt faiss-cpu"}
    faiss.omp_set_num_threads(1)
    encoder = Encoder(threads=1)
    encoder.encode(["warm"])
    root = Path(tempfile.mkdtemp(prefix="mm-"))
    found: dict[str, Any] = {}
    try:
        with embedded_services(root, durable=True) as services, threadpool_limits(1):
            migrate(services, root)
            for size in sizes:
                with database(services, size) as engine:
                    ranker = Ranker(engine, encoder, faiss)
                    others = OTHERS if size in crowded else 0
                    found |= at_size(ranker, size, others, rounds, history)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return found


def migrate(services: Services, root: Path) -> None:
    """Bring the server's first database up to date; the regions are built in copies of it."""
    given = {"SMTP_URL": "smtp://127.0.0.1:9", "PUBLIC_URL": "http://bench.example"}
    run(processes.MIGRATE, processes.environment(given, services, Home.at(root), given["PUBLIC_URL"]))


@contextmanager
def database(services: Services, size: int) -> Iterator[Engine]:
    """A database for the regions of one size."""
    template = make_url(services.database_url).database
    engine = create_engine(create_database(services.database_url, f"funds_{size}", template=template))
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass
class Ranker:
    """What a ranker's process holds, and the peer beside it."""

    engine: Engine
    encoder: Encoder
    faiss: Any
    index: Index = field(init=False)
    recall: Recall = field(default_factory=Recall)
    peer: Any = field(init=False)

    def __post_init__(self) -> None:
        self.index = Index(self.encoder)

    def add(self, funds: int, requests: int, seed: int) -> synthetic.Synthetic:
        """Build a region and load its matrices, the vectors drawn and stored on the way."""
        with Session(self.engine) as session:
            built = synthetic.build(session, funds, requests, utc_now(), seed)
            self.index.encoder = RandomVectors(self.encoder, seed)
            self.index.matrices(session, session.get_one(Region, built.region_id))
            self.index.encoder = self.encoder
            session.commit()
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        return built

    def offer_to_peer(self, region_id: int) -> None:
        """Give the fund vectors of a region to the peer."""
        with Session(self.engine) as session:
            vectors = self.index.matrices(session, session.get_one(Region, region_id)).corpus.piece_vectors
            self.peer = self.faiss.IndexFlatIP(vectors.shape[1])
            self.peer.add(vectors)

    def propose(self, request_id: int) -> None:
        """What the ranker does with one item of its outbox."""
        with Session(self.engine) as session:
            request = session.get_one(LearningRequest, request_id)
            region = session.get_one(Region, request.region_id)
            proposing.propose(
                session,
                request_id,
                matrices=self.index.matrices(session, region),
                request_vector=self.index.request_vector(session, request),
                request_text=request_text(request),
                clock=utc_now,
                recall=self.recall,
            )
            session.commit()

    def search(self, words: str) -> None:
        """What the peer does with a request."""
        self.peer.search(self.encoder.encode([words]), NEAREST)


def at_size(ranker: Ranker, size: int, others: int, rounds: int, history: int) -> dict[str, Any]:
    """Measure one region, then again among others where others are asked for."""
    built = ranker.add(size, history + rounds * (2 if others else 1), seed=size)
    ranker.offer_to_peer(built.region_id)
    for request_id in built.request_ids[:history]:
        ranker.propose(request_id)
    waiting = built.request_ids[history:]
    alone = compare(ranker, waiting[:rounds])
    found = {f"{name}_{size}_funds": value for name, value in alone.figures().items()}
    if others:
        for seed in range(1, others + 1):
            ranker.add(size, 1, seed)
        among = compare(ranker, waiting[rounds:])
        found[f"proposal_ms_{size}_funds_among_{others + 1}_regions"] = round(median(among.ours) * 1000, 1)
        found[f"ratio_among_{others + 1}_regions_{size}_funds"] = round(median(among.ours) / median(alone.ours), 2)
    return found


@dataclass
class Compared:
    """Seconds of every round: ours and the peer's, and ours by phase."""

    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    phases: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in (*PHASES, REST)})

    def figures(self) -> dict[str, Any]:
        """Medians in milliseconds; the ratio is the median of the rounds' ratios."""
        return {
            "proposal_ms": round(median(self.ours) * 1000, 1),
            "embed_and_faiss_ms": round(median(self.peer) * 1000, 1),
            "ratio": round(median(a / b for a, b in zip(self.ours, self.peer, strict=True)), 2),
            "phases_ms": {name: round(median(spent) * 1000, 1) for name, spent in self.phases.items()},
        }


def compare(ranker: Ranker, request_ids: Sequence[int]) -> Compared:
    """Both for each request in turn, who goes first alternating: whoever does finds colder caches."""
    compared = Compared()
    words = _words(ranker.engine, request_ids)
    for number, request_id in enumerate(request_ids):
        watch = Stopwatch()

        def ours(watch: Stopwatch = watch, request_id: int = request_id) -> None:
            with watched(watch):
                compared.ours.append(_seconds(lambda: ranker.propose(request_id)))

        def peer(request_id: int = request_id) -> None:
            compared.peer.append(_seconds(lambda: ranker.search(words[request_id])))

        for side in (ours, peer) if number % 2 else (peer, ours):
            side()
        for name in PHASES:
            compared.phases[name].append(watch.spent.get(name, 0.0))
        compared.phases[REST].append(compared.ours[-1] - sum(watch.spent.values()))
    return compared


def _words(engine: Engine, request_ids: Sequence[int]) -> dict[int, str]:
    with Session(engine) as session:
        return {each: request_text(session.get_one(LearningRequest, each)) for each in request_ids}


def _seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


@dataclass
class Stopwatch:
    """Seconds by phase; a phase within another is counted once, for itself."""

    spent: dict[str, float] = field(default_factory=dict)

    def around(self, phase: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """``act``, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            within = sum(self.spent.values())
            started = time.perf_counter()
            try:
                return act(*args, **kwargs)
            finally:
                inner = sum(self.spent.values()) - within
                self.spent[phase] = self.spent.get(phase, 0.0) + time.perf_counter() - started - inner

        return timed


@contextmanager
def watched(watch: Stopwatch) -> Iterator[None]:
    """Time the phases of whatever is proposed meanwhile."""
    with ExitStack() as stack:
        for phase, places in PHASES.items():
            for owner, name in places:
                stack.enter_context(mock.patch.object(owner, name, watch.around(phase, getattr(owner, name))))
        yield
