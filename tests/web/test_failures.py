"""Every refusal of the domain has its sentence, and a page."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError

import matchmaker.services
from matchmaker import tokens
from matchmaker.errors import DomainError
from matchmaker.web import failures
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser


def refusals() -> list[type[DomainError]]:
    """Every domain error there is, wherever it is declared."""
    for module in pkgutil.iter_modules(matchmaker.services.__path__):
        import_module(f"matchmaker.services.{module.name}")
    assert tokens.BadLink
    found, waiting = [], [DomainError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        found += kinds
        waiting += kinds
    return sorted(found, key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__qualname__)
def test_every_refusal_has_a_sentence_of_its_own(kind: type[DomainError]) -> None:
    assert kind in failures.SENTENCES
    assert 400 <= kind.status < 500


def test_a_sentence_names_who_and_when(app: Flask, cast: Cast) -> None:
    from flask import g

    from matchmaker.services.proposals import AlreadyApproved

    with app.test_request_context():
        g.region = cast.region
        said = failures.sentence(AlreadyApproved(by="Ben Yazzie", at=f.NOW))
    assert said == "Ben Yazzie approved this request at 9:00 AM. Nothing was sent twice."


def test_errors_have_our_page(visitor: Browser, cast: Cast) -> None:
    for path, status in (("/nowhere", 404), ("/requests/99999999999999", 404), ("/i/x", 404), ("/account/switch", 405)):
        answer = visitor.get(path)
        assert answer.status_code == status
        shown = answer.get_data(as_text=True)
        assert '<main id="main"' in shown
        assert f"Number of this page for us: {status}" in shown
    assert "Nothing lives at this address" in visitor.get("/nowhere").get_data(as_text=True)
    assert visitor.get("/account/switch").headers["Allow"] in ("POST, OPTIONS", "OPTIONS, POST")


@pytest.mark.parametrize(("sqlstate", "status"), [("23505", 409), ("23514", 500)])
def test_two_at_the_same_moment_get_an_answer_and_a_mistake_of_ours_does_not_hide(
    visitor: Browser, cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch, sqlstate: str, status: int
) -> None:
    class Refused(Exception):
        pass

    def collide(*_: object) -> None:
        refused = Refused()
        refused.sqlstate = sqlstate
        raise IntegrityError("INSERT", {}, refused)

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("matchmaker.queries.network.counts", collide)
    assert visitor.get("/").status_code == status


def test_what_breaks_on_our_side_says_what_stands_and_leaks_nothing(
    visitor: Browser, cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch, queries: list[str]
) -> None:
    cast.region.phone = "520-555-0100"
    visitor.get("/how")
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    def broken(*_: object) -> None:
        raise RuntimeError("the inside of the house")

    def away(*_: object) -> None:
        raise OperationalError("SELECT the inside of the house", {}, Exception("connection refused"))

    for fault, status in ((broken, 500), (away, 503)):
        monkeypatch.setattr("matchmaker.web.context.default_region", fault)
        visitor.session.commit()
        queries.clear()
        answer = visitor.get("/how", headers={"Accept-Language": "es"})
        shown = answer.get_data(as_text=True)
        assert (answer.status_code, queries) == (status, []), "no question to a database that may be what broke"
        assert f"{status} · {answer.headers['X-Request-Id']}" in shown and '<html lang="es">' in shown
        assert status == 500 or ("no contesta" in shown and "The database is not answering" in shown)
        assert "inside of the house" not in shown and "Traceback" not in shown and "RuntimeError" not in shown
        assert 'href="tel:' in shown and "520-555-0100" in shown and 'lang="en"' in shown
