"""What the OpenAPI document promises holds: calls made up from it, with a token of every role (schemathesis)."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Introduction, Visit
from tests.cast import Cast
from tests.web.api.conftest import Program, Programs
from tests.web.test_route_permissions import account_of
from tests.web.world import World

ROLES = ("teacher", "partner", "coordinator", "admin", "funder")
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


def made_up(app: Flask, callers: list[Program], known: dict[str, int], examples: int) -> int:
    """Make up calls for every operation, whoever's turn it is; how many were made. Half of them are about something
    that exists."""
    schema = schemathesis.openapi.from_dict(
        callers[0].call("GET", "/openapi.json").get_json(), config=SchemathesisConfig.from_str("")
    )
    schema.app = app
    made = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        modes = st.one_of(*(operation.as_strategy(mode) for mode in GenerationMode))

        @hypothesis.settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=modes, caller=st.sampled_from(callers), about_known=st.booleans())
        def conforms(case: Any, caller: Program, about_known: bool) -> None:
            nonlocal made
            made += 1
            sound = case.meta.generation.mode is GenerationMode.POSITIVE
            if sound and about_known:
                for name in case.path_parameters or {}:
                    case.path_parameters[name] = known[name]
            headers = {**caller.headers, "Accept-Encoding": "identity"}
            caller._start()
            case.validate_response(case.call(headers=headers), checks=CHECKS, headers=headers)

        conforms()
    return made


@pytest.fixture
def callers(session: Session, cast: Cast, program: Programs) -> list[Program]:
    """A program of each role."""
    accounts = [account_of(role, session, cast) for role in ROLES]
    return [program(account) for account in accounts if isinstance(account, Account)]


@pytest.fixture
def known(session: Session, cast: Cast, world: World, invited: Introduction) -> dict[str, int]:
    """Things that exist, by the names that paths give their ids."""
    visit = session.scalars(select(Visit.id).where(Visit.introduction_id == world.told.introduction_id)).one()
    rows = {"request": world.asked, "partner": cast.esperanza, "fund": world.fund, "proposal": world.first}
    return {f"{name}_id": row.id for name, row in rows.items()} | {
        "introduction_id": invited.id,
        "visit_id": visit,
    }


def test_calls_made_up_from_the_document_are_answered_as_it_says(
    app: Flask, callers: list[Program], known: dict[str, int]
) -> None:
    assert made_up(app, callers, known, examples=2) > 40


@pytest.mark.full
def test_many_calls_made_up_from_the_document_are_answered_as_it_says(
    app: Flask, callers: list[Program], known: dict[str, int]
) -> None:
    assert made_up(app, callers, known, examples=6) > 150
