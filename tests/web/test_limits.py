"""Guessing and sending have limits, with Redis and without."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from matchmaker.extensions import limiter
from matchmaker.settings import Settings

NO_REDIS = "redis://127.0.0.1:9"


@pytest.fixture(params=["redis", "without"])
def hurried(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch, another
) -> FlaskClient:
    """A browser before an application that counts, as it does outside tests."""
    # The limiter is one for all applications: what is set on it here is put back afterwards.
    monkeypatch.setattr(limiter, "enabled", True)
    url = settings.redis_url if request.param == "redis" else NO_REDIS
    application = another(environment="demo", redis_url=url)
    if request.param == "redis":
        # What other tests have asked for from this address within the minute is none of this one's.
        limiter.reset()
    return application.test_client()


@pytest.mark.parametrize(("path", "most"), [("/confirm", 6), ("/reset", 6), ("/join/teacher", 10)])
def test_too_many_forms_in_a_short_time_are_asked_to_wait(
    session: object, hurried: FlaskClient, path: str, most: int
) -> None:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', hurried.get("/login").get_data(as_text=True))
    assert found is not None
    sent = {"csrf_token": found.group(1), "email": "nobody@people.example"}
    statuses = [hurried.post(path, data=sent).status_code for _ in range(most + 1)]
    assert statuses[-1] == 429, statuses
    assert set(statuses[:-1]) <= {200, 404, 422}
    assert hurried.get("/how").status_code == 200, "reading goes on"
