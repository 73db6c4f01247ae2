"""Who may call what: every operation with everybody's token, with none, with a cookie, and without its scope."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.extensions import limiter
from matchmaker.services.api_tokens import Scope
from models import Introduction, Visit
from tests.cast import Cast
from tests.web.api.conftest import Program, Programs, secret_of
from tests.web.api.table import ROLES, SENT, TOKENS
from tests.web.test_route_permissions import account_of
from tests.web.world import World


def addressed(rule: str, session: Session, cast: Cast, world: World, invited: Introduction) -> str:
    """The operation's path, about something of the world."""
    visit = session.scalars(select(Visit).where(Visit.introduction_id == world.told.introduction_id)).one()
    for name, row in (
        ("request", world.asked),
        ("partner", cast.esperanza),
        ("fund", world.fund),
        ("proposal", world.first),
        ("introduction", invited),
        ("visit", visit),
    ):
        rule = rule.replace(f"<row:{name}_id>", str(row.id))
    return rule


def test_every_operation_and_every_scope_stands_in_the_document_for_people() -> None:
    told = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    rows = {" ".join(each) for each in re.findall(r"^\| `(\w+) (/\S*)` \|", told, re.MULTILINE)}
    assert rows == {re.sub(r"<row:\w+>", "{id}", operation) for operation in TOKENS}
    assert all(f"`{scope}`" in told for scope in Scope)


def tried(session: Session, caller: Program, operation: str, path: str, json: Any) -> int:
    """The status of a call whose changes are taken back."""
    method = operation.split()[0]
    if method == "GET":
        return caller.call(method, path).status_code
    session.commit()
    before = session.get_bind().begin_nested()  # type: ignore[union-attr]
    status = caller.call(method, path, json).status_code
    session.rollback()
    before.rollback()
    return status


def test_everybody_gets_what_the_table_says(
    app: Flask, session: Session, cast: Cast, world: World, invited: Introduction, program: Programs
) -> None:
    callers = [
        program(account, region=cast.next_door if role == "next_door" else cast.region)
        for role in ROLES
        if (account := account_of(role, session, cast)) is not None
    ]
    picked = {"request_id": world.asked.id, "ranking_id": world.ranking.id, "proposal_id": world.first.id}
    ids: dict[str, Any] = {
        "partner": cast.esperanza.id,
        "ranking": world.ranking.id,
        "window": invited.request.windows[0].id,
        "picked": [picked],
    }
    wrong = []
    rows = [(operation, {}, TOKENS[operation]) for operation in TOKENS]
    rows += [(operation, body, told) for operation, (body, told) in SENT.items()]
    for operation, body, told in rows:
        path = addressed(operation.split()[1], session, cast, world, invited)
        json = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
        got = [str(tried(session, caller, operation, path, json)) for caller in callers]
        if got != told.split():
            wrong.append((operation, dict(zip(ROLES, got, strict=True))))
    assert not wrong


def test_only_a_token_with_the_scope_opens_anything(
    app: Flask, session: Session, cast: Cast, world: World, invited: Introduction, browse: Any, program: Programs
) -> None:
    signed_in, bare = browse(cast.ada), Program(app, session, None)
    wrong, all_but = Program(app, session, "mm_" + "x" * 43), {}
    for scope in Scope:
        all_but[scope.value] = Program(app, session, secret_of(session, cast.ada, cast.region, set(Scope) - {scope}))
    document = bare.call("GET", "/openapi.json").get_json()
    for operation in TOKENS:
        method, rule = operation.split()
        path = addressed(rule, session, cast, world, invited)
        signed_in._start()
        by_cookie = signed_in.client.open(f"/api/v1{path}", method=method, json={})
        answers = [by_cookie, bare.call(method, path, {}), wrong.call(method, path, {})]
        assert [answer.status_code for answer in answers] == [401] * 3, operation
        assert "WWW-Authenticate" in answers[1].headers and "Set-Cookie" not in by_cookie.headers, operation
        described = document["paths"]["/api/v1" + rule.replace("<row:", "{").replace(">", "}")][method.lower()]
        [[needed]] = [need["token"] for need in described["security"]]
        refused = all_but[needed].call(method, path, {})
        assert (refused.status_code, refused.get_json()["code"]) == (403, "scope_missing"), operation
        assert {"400", "401", "403", "404", "409", "410", "422", "429"} <= set(described["responses"]), operation


def test_many_calls_are_asked_to_wait_those_of_a_token_and_wrong_ones_by_their_address(
    session: Session, another: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(limiter, "enabled", True)
    application = another(environment="demo")
    for per_token, per_address, fourth_of_another in (
        ("3 per minute", "99 per minute", 401),
        ("99 per minute", "3 per minute", 429),
    ):
        monkeypatch.setattr("matchmaker.web.api.auth.PER_TOKEN", per_token)
        monkeypatch.setattr("matchmaker.web.api.auth.WRONG_PER_ADDRESS", per_address)
        limiter.reset()
        busy, other = (Program(application, session, f"mm_{letter * 43}") for letter in "xy")
        told = [busy.call("GET", path) for path in ("/requests", "/funds", "/visits", "/requests")]
        assert [answer.status_code for answer in told] == [401, 401, 401, 429]
        assert told[-1].get_json()["code"] == "too_many_requests" and int(told[-1].headers["Retry-After"]) > 0
        assert other.call("GET", "/requests").status_code == fourth_of_another
