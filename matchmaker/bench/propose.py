"""One proposal end to end beside what anybody could put together: embed the request, then an exact search with faiss.

Both read the same text with the same model and search the same vectors, one after the other, on one thread; the peer
with sentence_transformers as it comes. The peer stops there; ours also applies the hard rules, scores, re-ranks,
explains, stores and commits. What a commit of one row costs on this disk is printed beside.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from matching import explain
from matching.matrices import Matrices
from matchmaker import vectors
from matchmaker.bench import synthetic
from matchmaker.bench.author import RandomVectors, copied
from matchmaker.clock import utc_now
from matchmaker.embedded import processes
from matchmaker.embedded.home import Home
from matchmaker.embedded.postgres import create_database
from matchmaker.embedded.rehearsal import run
from matchmaker.embedded.services import Services, embedded_services
from matchmaker.embedding import Encoder
from matchmaker.index import Index, request_text
from matchmaker.queries import eligibility, fairness, rankings
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
    "commit": ((Session, "commit"),),
}
"""Where each phase begins and ends; what is left of a proposal is reading the request and storing."""
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
            found["bare_commit_ms"] = bare_commit(services)
            for size in sizes:
                name = f"funds_{size}"
                with database(services, name) as engine:
                    ranker = Ranker(engine, encoder, faiss)
                    built = ranker.add(size, history + rounds * (2 if size in crowded else 1), seed=size)
                    found |= at_size(ranker, built, size, rounds, history)
                if size in crowded:
                    with database(services, f"{name}_among", like=name) as among, database(services, name) as engine:
                        beside = Ranker(among, encoder, faiss)
                        ranker.engine = engine
                        found |= crowd(ranker, beside, built, size, rounds, history)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return found


def migrate(services: Services, root: Path) -> None:
    """Bring the server's first database up to date; the regions are built in copies of it."""
    given = {"SMTP_URL": "smtp://127.0.0.1:9", "PUBLIC_URL": "http://bench.example"}
    run(processes.MIGRATE, processes.environment(given, services, Home.at(root), given["PUBLIC_URL"]))
    engine = create_engine(services.database_url)
    with engine.begin() as connection:
        # The desk's search of people by hand: no proposal reads or writes these, and they are slow to fill.
        connection.execute(text("DROP INDEX ix_partner_search, ix_fund_search"))
    engine.dispose()


def bare_commit(services: Services) -> float:
    """Median milliseconds of a commit of one row: what this disk makes of any transaction."""
    engine = create_engine(services.database_url)
    spent: list[float] = []
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE row_to_commit (number int)"))
        connection.commit()
        for number in range(ROUNDS):
            connection.execute(text("INSERT INTO row_to_commit VALUES (:number)"), {"number": number})
            spent.append(_seconds(connection.commit))
        connection.execute(text("DROP TABLE row_to_commit"))
        connection.commit()
    engine.dispose()
    return round(median(spent) * 1000, 1)


@contextmanager
def database(services: Services, name: str, *, like: str | None = None) -> Iterator[Engine]:
    """A database of that name: a copy of another one, or of the migrated empty one, where it is not there yet."""
    template = like or make_url(services.database_url).database
    engine = create_engine(create_database(services.database_url, name, template=template))
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
    model: Any = None
    peer: Any = None

    def __post_init__(self) -> None:
        self.index = Index(self.encoder)

    def add(self, funds: int, requests: int, seed: int) -> synthetic.Synthetic:
        """Build a region and load its matrices, the vectors drawn and stored on the way."""
        with Session(self.engine) as session:
            built = synthetic.build(session, funds, requests, utc_now(), seed)
            self.index.encoder = RandomVectors(self.encoder, seed)
            with mock.patch.object(vectors, "_write", copied):
                self.index.matrices(session, session.get_one(Region, built.region_id))
            self.index.encoder = self.encoder
            session.commit()
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        return built

    def matrices(self, region_id: int) -> Matrices:
        """A region's matrices, read where they are not held yet."""
        with Session(self.engine) as session:
            return self.index.matrices(session, session.get_one(Region, region_id))

    def offer_to_peer(self, region_id: int) -> None:
        """Give the fund vectors of a region to the peer, and the model as its library runs it."""
        held = self.matrices(region_id).corpus.piece_vectors.floats()
        self.model = self.encoder.load()
        self.peer = self.faiss.IndexFlatIP(held.shape[1])
        self.peer.add(held)

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
        self.peer.search(self.model.encode([words], normalize_embeddings=True, show_progress_bar=False), NEAREST)

    def refresh(self, region_id: int) -> None:
        """Read anew what the re-rank remembers of a region for ten minutes."""
        with Session(self.engine) as session:
            policy = fairness.policy_of(rankings.policy_in_effect(session, region_id))
            fairness.standings(session, region_id, policy, utc_now())
            fairness.exposure_and_merit(session, region_id, scoring.PROPOSED, utc_now())


def at_size(ranker: Ranker, built: synthetic.Synthetic, size: int, rounds: int, history: int) -> dict[str, Any]:
    """Measure one region beside the peer, and how long its standing takes to be read every ten minutes."""
    ranker.offer_to_peer(built.region_id)
    for request_id in built.request_ids[:history]:
        ranker.propose(request_id)
    figures = compare(ranker, built.request_ids[history : history + rounds]).figures()
    figures["standing_refresh_ms"] = round(_seconds(lambda: ranker.refresh(built.region_id)) * 1000, 1)
    return {f"{name}_{size}_funds": value for name, value in figures.items()}


def crowd(
    alone: Ranker, among: Ranker, built: synthetic.Synthetic, size: int, rounds: int, history: int
) -> dict[str, Any]:
    """The same region in two databases, in one of them with OTHERS more of its size: the two by turns."""
    among.matrices(built.region_id)
    for seed in range(1, OTHERS + 1):
        among.add(size, 1, seed)
    warming, *waiting = built.request_ids[history + rounds :]
    spent: dict[str, list[float]] = {"alone": [], "among": []}
    for ranker in (alone, among):
        ranker.propose(warming)
    for number, request_id in enumerate(waiting):
        both = [("alone", alone), ("among", among)]
        for which, ranker in both if number % 2 else reversed(both):
            spent[which].append(_seconds(partial(ranker.propose, request_id)))
    ratio = median(b / a for a, b in zip(spent["alone"], spent["among"], strict=True))
    return {f"ratio_among_{OTHERS + 1}_regions_{size}_funds": round(ratio, 2)}


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
