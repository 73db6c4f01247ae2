"""Another embedding model: the old vectors serve until the new ones are complete, whatever happens in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from matchmaker import jobs, reembedding
from matchmaker.index import Index
from matchmaker.services import ranker
from models import LearningRequest, OutboxItem, QueueName, RequestState
from tests import factories as f
from tests.cast import Cast
from tests.services.hamlet import Hamlet, Reader


@pytest.fixture(autouse=True)
def due(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes whenever somebody looks at the clock, and a batch is small."""
    ticks = count()
    monkeypatch.setattr(jobs, "utc_now", lambda: f.NOW + timedelta(seconds=next(ticks)))
    monkeypatch.setattr(reembedding, "BATCH_TEXTS", 4)
    monkeypatch.setattr(reembedding, "READ_OWNERS", 3)


@pytest.fixture
def second(two_models: tuple[Path, Path]) -> Reader:
    """The model that takes the place of the hamlet's."""
    return Reader(str(two_models[1]))


@pytest.fixture
def served(hamlet: Hamlet) -> Hamlet:
    """The hamlet once it is embedded under its first model."""
    hamlet.index.matrices(hamlet.session, hamlet.region)
    hamlet.reader.read()
    hamlet.session.commit()
    return hamlet


@pytest.fixture
def worker(app: Flask, served: Hamlet, second: Reader) -> Iterator[Index]:
    """The ranker's process after a start with the second model in its settings."""
    index = app.extensions["index"] = Index(second)
    reembedding.begin(served.session, second, f.NOW)
    served.session.commit()
    yield index
    del app.extensions["index"]


def do_next(session: Session) -> bool:
    return jobs.do_next(session, QueueName.RANKING)


def item_of(hamlet: Hamlet) -> OutboxItem | None:
    return hamlet.session.scalar(select(OutboxItem).where(OutboxItem.key == f"reembed:{hamlet.region.id}"))


def test_the_old_vectors_serve_until_the_new_are_complete(served: Hamlet, worker: Index, second: Reader) -> None:
    session, region, first = served.session, served.region, served.reader
    before, revision = worker.matrices(session, region), region.revision
    assert before.model == first.name
    batches = 0
    while region.embedding_model == first.name:
        assert worker.matrices(session, region) is before
        assert do_next(session)
        batches += 1
    assert batches == 4
    after = worker.matrices(session, region)
    assert (after.model, after.corpus.piece_vectors.numbers.shape[1]) == (second.name, 24)
    assert (region.embedding_source, region.revision) == (second.source, revision + 1)
    assert len(second.read()) == 18
    while do_next(session):
        pass
    assert served.models() == {second.name}
    item = item_of(served)
    assert item is not None and item.done_at is not None
    assert second.read() == []


def test_a_worker_killed_in_between_goes_on_where_it_was(
    app: Flask, served: Hamlet, worker: Index, second: Reader
) -> None:
    session = served.session
    for _ in range(3):
        do_next(session)
    done = second.read()
    item = item_of(served)
    assert item is not None and done
    # The fourth batch is made, and the process ends before its commit.
    reembedding.step(session, item, second, f.NOW)
    session.rollback()
    lost = second.read()
    anew = Reader(second.source)
    app.extensions["index"] = Index(anew)
    reembedding.begin(session, anew, f.NOW)
    session.commit()
    while do_next(session):
        pass
    again = anew.read()
    assert set(lost) <= set(again) and not set(done) & set(again)
    assert len(done) + len(again) == 18
    assert served.models() == {second.name}


def test_what_changes_meanwhile_is_embedded_before_the_switch(served: Hamlet, worker: Index, second: Reader) -> None:
    session, region = served.session, served.region
    for _ in range(2):
        do_next(session)
    served.people[0].funds[0].text = "I know tunnels."
    served.touch(served.people[0])
    newcomer = served.add("I know locks and canals.")
    session.commit()
    while region.embedding_model == served.reader.name:
        do_next(session)
    second.read()
    assert newcomer.id in worker.matrices(session, region).partner_ids
    assert second.read() == []


def test_a_model_whose_folder_is_gone_makes_room_at_once(served: Hamlet, second: Reader, tmp_path: Path) -> None:
    session, region = served.session, served.region
    region.embedding_source = str(tmp_path / "model")
    with capture_logs() as said:
        found = Index(second).matrices(session, region)
    assert [(line["event"], line["model"]) for line in said] == [("former_model_gone", served.reader.name)]
    assert found.model == region.embedding_model == second.name
    assert len(second.read()) == 18


def test_a_model_with_other_weights_in_the_same_place_does_not_read_the_old_vectors(
    served: Hamlet, second: Reader, two_models: tuple[Path, Path], tmp_path: Path
) -> None:
    session, region = served.session, served.region
    shutil.copytree(two_models[1], tmp_path / "model")
    region.embedding_source = str(tmp_path / "model")
    with capture_logs() as said:
        assert Index(Reader(str(tmp_path / "model"))).matrices(session, region).model == second.name
    assert said[0]["event"] == "former_model_gone"


def test_going_back_before_the_end_leaves_nothing_of_the_second(
    app: Flask, served: Hamlet, worker: Index, second: Reader
) -> None:
    session, region = served.session, served.region
    for _ in range(3):
        do_next(session)
    assert served.models() == {served.reader.name, second.name}
    app.extensions["index"] = Index(served.reader)
    reembedding.begin(session, served.reader, f.NOW)
    session.commit()
    while do_next(session):
        pass
    assert served.models() == {served.reader.name} == {region.embedding_model}
    assert served.reader.read() == []


def test_a_ranker_of_another_model_leaves_the_work_to_those_who_can(
    app: Flask, served: Hamlet, worker: Index, second: Reader
) -> None:
    app.extensions["index"] = Index(served.reader)
    assert do_next(served.session)
    item = item_of(served)
    assert item is not None and item.done_at is None and item.due_at > f.NOW
    assert served.models() == {served.reader.name}


def test_nothing_to_change_is_nothing_asked(served: Hamlet) -> None:
    reembedding.begin(served.session, served.reader, f.NOW)
    assert item_of(served) is None


@pytest.fixture
def asked(served: Hamlet) -> LearningRequest:
    request = served.ask()
    served.session.commit()
    return request


def test_a_proposal_waits_for_one_batch_at_most(
    served: Hamlet, worker: Index, asked: LearningRequest, second: Reader
) -> None:
    session = served.session
    do_next(session)
    assert asked.state is RequestState.POSTED and len(second.read()) >= 4
    do_next(session)
    assert asked.state is RequestState.PROPOSED and second.read() == []


def test_a_request_is_ranked_by_the_vectors_of_its_region(
    served: Hamlet, worker: Index, asked: LearningRequest, second: Reader
) -> None:
    worker.matrices(served.session, served.region)
    assert worker.request_vector(served.session, asked).shape == (16,)
    while served.region.embedding_model != second.name:
        do_next(served.session)
    worker.matrices(served.session, served.region)
    second.read()
    assert worker.request_vector(served.session, asked).shape == (24,)
    assert second.read() == []


def test_a_region_with_much_to_embed_does_not_hold_up_the_others(app: Flask, hamlet: Hamlet, cast: Cast) -> None:
    session, index = hamlet.session, Index(hamlet.reader, most_new=10)
    app.extensions["index"] = index
    many = [hamlet.ask() for _ in range(2)]
    elsewhere = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    ranker.ask(session, elsewhere, "posted", f.NOW)
    session.commit()
    assert do_next(session) and do_next(session)
    assert [request.state for request in (*many, elsewhere)] == [*[RequestState.POSTED] * 2, RequestState.PROPOSED]
    while do_next(session):
        pass
    assert [request.state for request in many] == [RequestState.PROPOSED] * 2
    del app.extensions["index"]
