"""A call with a key is done once, however often and from wherever it comes; and what programs post is checked."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import structlog
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import logs
from matchmaker.services import api_replies
from models import ApiReply, ApiToken, Introduction, LearningRequest, OutboxItem
from tests import factories as f
from tests.cast import Cast
from tests.databases import OwnDatabase
from tests.web.api.conftest import Program, Programs
from tests.web.world import World

ASKED = {
    "title": "Who knows how water finds its way through caliche?",
    "text": "We dug a hole behind the school and the water stays.",
    "grade": 7,
    "subject": "science",
    "windows": [{"starts_at": "2026-10-05T17:00:00Z", "ends_at": "2026-10-05T18:00:00+00:00"}],
}


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LearningRequest)) or 0


def test_the_same_call_again_is_given_the_same_answer_for_a_day(
    session: Session, cast: Cast, program: Programs
) -> None:
    caller, other = program(cast.ana.account), program(cast.ana.account)
    first = caller.call("POST", "/requests", ASKED, Idempotency_Key="row-17")
    assert (first.status_code, first.get_json()["state"]) == (201, "posted")
    assert first.headers["Location"].endswith(f"/api/v1/requests/{first.get_json()['id']}")
    again = caller.call("POST", "/requests", ASKED, Idempotency_Key="row-17")
    assert (again.status_code, again.get_json(), again.headers["Location"], again.headers["Idempotency-Replayed"]) == (
        201, first.get_json(), first.headers["Location"], "true",
    )  # fmt: skip
    changed = caller.call("POST", "/requests", {**ASKED, "grade": 8}, Idempotency_Key="row-17")
    assert (changed.status_code, changed.get_json()["code"]) == (422, "key_used")
    assert caller.call("POST", "/requests", ASKED, Idempotency_Key="ñ").status_code == 400
    assert count(session) == 1
    assert other.call("POST", "/requests", ASKED, Idempotency_Key="row-17").status_code == 201, "a key is a token's own"
    assert count(session) == 2
    later = f.NOW + timedelta(hours=25, minutes=30)
    item = session.scalars(select(OutboxItem).where(OutboxItem.kind == api_replies.EXPIRE)).one()
    assert item.due_at <= later
    api_replies.expire(session, item, later)
    assert session.scalars(select(ApiReply)).all() == []
    with time_machine.travel(later, tick=False):
        assert caller.call("POST", "/requests", ASKED, Idempotency_Key="row-17").status_code == 201
    assert count(session) == 3


def test_a_refused_call_is_not_kept_and_its_next_try_is_looked_at_anew(
    session: Session, cast: Cast, world: World, program: Programs
) -> None:
    caller, path = program(cast.marisol), f"/proposals/{world.first.id}/approve"
    stale = caller.call("POST", path, {"ranking_id": world.ranking.id + 1}, Idempotency_Key="k")
    assert (stale.status_code, stale.get_json()["code"]) == (409, "request_changed")
    sent = {"ranking_id": world.ranking.id, "backups": [world.second.id]}
    for replayed in (None, "true"):
        approved = caller.call("POST", path, sent, Idempotency_Key="k2")
        assert (approved.status_code, approved.headers.get("Idempotency-Replayed")) == (201, replayed)
    of_request = select(Introduction).where(Introduction.request_id == world.asked.id)
    assert [each.id for each in session.scalars(of_request)] == [approved.get_json()["id"]]
    undone = caller.call("POST", f"/introductions/{approved.get_json()['id']}/undo")
    assert (undone.status_code, undone.get_json()["state"]) == (200, "undone")


def test_two_at_once_do_it_once(own_database: OwnDatabase) -> None:
    with own_database.stored():
        token = f.ApiTokenFactory()
    together = Barrier(2)

    def call(number: int) -> Any:
        with Session(own_database.engine) as session:
            held = session.get_one(ApiToken, token.id)
            together.wait(timeout=30)
            if (reply := api_replies.given(session, held, "k", "0" * 64, f.NOW)) is None:
                api_replies.keep(
                    session, held, "k", "0" * 64, f.NOW, status=201, location=None, body={"number": number}
                )
            session.commit()
            return reply.body if reply is not None else None

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(call, (1, 2)))
    done = answers.index(None)
    assert answers[1 - done] == {"number": done + 1}


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_a_page_would_refuse_is_refused_in_its_words(
    session: Session, cast: Cast, program: Programs, language: str
) -> None:
    caller = program(cast.ana.account)
    said = {"en": "may name a student", "es": "estudiante"}
    named = {**ASKED, "text": "My student Mateo dug a hole."}
    refused = caller.call("POST", "/requests", named, Accept_Language=language).get_json()
    assert (refused["status"], refused["code"], refused["names"]) == (422, "possible_student_name", ["Mateo"])
    assert said[language] in refused["detail"]
    for wrong, where in (
        ({"title": " "}, ("title",)),
        ({"text": "a\x00b"}, ("text",)),
        ({"grade": True}, ("grade",)),
        ({"overnight": 1}, ("overnight",)),
        ({"windows": [{"starts_at": "2026-10-04T17:00:00Z", "ends_at": "2026-10-04T18:00:00Z"}]}, ("windows", "0")),
        ({"windows": [{"starts_at": "0001-01-01T00:00:00+14:00", "ends_at": "9999-12-31T00:00-12:00"}]}, ["windows"]),
        ({"colour": "red"}, ("colour",)),
    ):  # fmt: skip
        answer = caller.call("POST", "/requests", {**ASKED, **wrong})
        at = answer.get_json()["errors"]["json"]
        for name in where:
            at = at[name]
        assert answer.status_code == 422 and at, wrong
    assert count(session) == 0
    cleared = caller.call("POST", "/requests", {**named, "not_students": ["Mateo"]})
    assert cleared.status_code == 201 and cleared.get_json()["language"] == "en"


def test_the_log_of_a_call_holds_its_route_and_no_token(
    cast: Cast, program: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    before, root = structlog.get_config(), logging.getLogger()
    handlers = list(root.handlers)
    logs.configure(production=True)
    try:
        caller: Program = program(cast.marisol)
        caller.call("GET", "/requests?after=3", Idempotency_Key="row-17")
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
    lines = capsys.readouterr().out
    assert [json.loads(line)["route"] for line in lines.splitlines() if '"request"' in line] == ["/api/v1/requests"]
    assert caller.headers["Authorization"].removeprefix("Bearer ") not in lines and "mm_" not in lines
