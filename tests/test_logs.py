"""What the log keeps to itself."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from gunicorn.config import Config

from matchmaker import logs
from matchmaker.serverlog import Scrubbed, ServerLog

TOKEN = "WyJiM2U0ZmQ2NzY4MzQ0ZmZlOTJmMzI4Il0.q3Jt9F0b-ABCDEF_123456"


@pytest.fixture
def in_production() -> Iterator[None]:
    """The log as production has it."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers = list(root.handlers)
    logs.configure(production=True)
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("key", ["name", "email", "phone", "token", "to", "path", "payload"])
def test_a_key_of_somebody_s_is_left_out_whatever_it_holds(
    in_production: None, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    structlog.get_logger().info("mail_sent", kind="invitation", item=7, **{key: "Charlie"})
    said = line(capsys)
    assert (said["event"], said["kind"], said["item"], said["level"]) == ("mail_sent", "invitation", 7, "info")
    assert said[key] == logs.LEFT_OUT


def test_words_under_an_unknown_key_are_left_out(in_production: None, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning(
        "odd", told="Ana Luisa Robles", rows={"a": 1}, error="OSError", why="no room left"
    )
    said = line(capsys)
    assert (said["told"], said["rows"]) == (logs.LEFT_OUT, logs.LEFT_OUT)
    assert (said["error"], said["why"]) == ("OSError", "no room left")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("550 <ana.robles@school.example>: no such user", "550 <[address]>: no such user"),
        (f"GET /i/{TOKEN} failed", "GET /i/[token] failed"),
        ("Exception on /i/short [GET]", "Exception on /i/[token] [GET]"),
        (f"said {TOKEN}.", "said [token]"),
        ("call 520-555-0134 or (520) 555-0134", "call [phone] or [phone]"),
        ("call +52 662 555 0134", "call [phone]"),
        (
            "matchmaker.services.introductions.accept took 120 ms",
            "matchmaker.services.introductions.accept took 120 ms",
        ),
        ("2026-11-22T05:09:56.123456Z 12 items, 3 of 500", "2026-11-22T05:09:56.123456Z 12 items, 3 of 500"),
    ],
)
def test_contacts_and_tokens_are_taken_out_of_a_text(text: str, kept: str) -> None:
    assert logs.scrubbed(text) == kept


def test_an_exception_is_told_by_its_type_and_places(in_production: None, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            raise KeyError("Ana Luisa")
        except KeyError as error:
            raise ValueError("DETAIL: (email)=(ana@school.example)") from error
    except ValueError:
        logging.getLogger("werkzeug").error("Exception on /i/%s [GET]", TOKEN, exc_info=True)
    text = capsys.readouterr().out
    said = json.loads(text)
    assert [each for each in said["raised"] if ":" not in each] == ["ValueError", "KeyError"]
    assert "tests/test_logs.py" in text and "Ana" not in text and "school.example" not in text and TOKEN not in text


def test_set_up_twice_each_line_is_written_once(in_production: None, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(production=True)
    logging.getLogger("rq.worker").warning("gone")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_server_s_own_lines_hold_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    log = ServerLog(Config())
    try:
        raise OSError("ana@school.example")
    except OSError:
        log.exception("Error handling request /i/%s", TOKEN)
    log.access(None, None, {}, None)
    for handler in log.error_log.handlers:
        assert isinstance(handler.formatter, Scrubbed)
    said = capsys.readouterr()
    assert "Error handling request /i/[token]" in said.err and "raised OSError" in said.err
    assert TOKEN not in said.err and "ana@" not in said.err and said.out == ""
    log.error_log.handlers.clear()
    assert sys.exc_info() == (None, None, None)
