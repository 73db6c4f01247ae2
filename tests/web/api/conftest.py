"""Programs that call the API, each with a token of somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker.policies import actor_for
from matchmaker.services import api_tokens
from matchmaker.services.api_tokens import Scope
from models import Account, Introduction, IntroductionState, Region
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser


class Program(Browser):
    """A program with a token, or without one."""

    def __init__(self, app: Flask, session: Session, secret: str | None) -> None:
        super().__init__(app, session, None)
        self.headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Ask under /api/v1."""
        self._start()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers={**self.headers, **named})


Programs = Callable[..., Program]


def secret_of(session: Session, account: Account, region: Region, scopes: Iterable[Scope] = tuple(Scope)) -> str:
    """The secret of a new token."""
    actor = actor_for(account, account.memberships, f.NOW)
    made = api_tokens.make(session, actor, region, name="Planner", scopes=set(scopes), days=30, now=f.NOW)
    return made[1]


@pytest.fixture
def program(app: Flask, session: Session, cast: Cast) -> Programs:
    """A program with a token of an account of Palo Fierro, for everything unless told otherwise."""

    def with_token(account: Account, *scopes: Scope, region: Region | None = None) -> Program:
        return Program(app, session, secret_of(session, account, region or cast.region, scopes or tuple(Scope)))

    return with_token


@pytest.fixture
def invited(session: Session, cast: Cast) -> Introduction:
    """Esperanza is asked for a request of Ana's, and has not answered."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    suggested = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza)
    return f.IntroductionFactory(
        region=cast.region, suggested=suggested, coordinator=cast.marisol, state=IntroductionState.INVITED,
        invited_at=f.NOW - timedelta(hours=1), answer_by=f.NOW + timedelta(days=5),
    )  # fmt: skip
