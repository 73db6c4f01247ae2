"""Reports of a mail service: taken when signed with our secret, just now, and of bearable size."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker import inbound
from matchmaker.errors import SettingsError
from matchmaker.settings import Settings
from matchmaker.web.mail.reports import signature
from models import OutboxItem
from tests import factories as f
from tests.cast import Cast
from tests.mail.reported import dsn

SECRET = "a-secret-shared-with-the-mail-service"


@pytest.fixture
def service(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, mail_webhook_secret=SECRET))
    return app.test_client()


@pytest.fixture
def sent(session: Session, cast: Cast) -> OutboxItem:
    item: OutboxItem = f.OutboxItemFactory(region_id=cast.region.id, recipient=cast.ramon.email, done_at=f.NOW)
    session.commit()
    return item


def tell(service: FlaskClient, body: bytes, header: str | None = None, **options: str) -> TestResponse:
    given = signature(SECRET, body, f.NOW) if header is None else header
    headers = {"Mail-Signature": given, "Content-Type": "message/rfc822", **options}
    return service.post("/mail/reports", data=body, headers=headers)


def test_a_signed_report_is_taken(service: FlaskClient, sent: OutboxItem) -> None:
    answer = tell(service, dsn("failed", "5.1.1", uid=sent.uid))

    assert (answer.status_code, answer.text) == (200, "report\n") and "Set-Cookie" not in answer.headers
    assert tell(service, b"Subject: hello\r\n\r\nhello").text == "nothing\n"


def test_nobody_else_can_report(service: FlaskClient, sent: OutboxItem, session: Session) -> None:
    body = dsn("failed", "5.1.1", uid=sent.uid)
    good = signature(SECRET, body, f.NOW)
    stale = signature(SECRET, body, f.NOW - timedelta(minutes=6))
    early = signature(SECRET, body, f.NOW + timedelta(minutes=6))
    redated = good.replace("t=", "t=1", 1)
    for header in ("", "nonsense", good[:-1], good + "0", stale, early, redated, signature("x" * 40, body, f.NOW)):
        assert tell(service, body, header).status_code == 403
    assert tell(service, body + b" ", good).status_code == 403
    session.refresh(sent)
    assert sent.bounces == 0


def test_within_five_minutes_clocks_may_differ(service: FlaskClient) -> None:
    body = b"Subject: hello\r\n\r\nhello"
    for minutes in (-4.9, 4.9):
        assert tell(service, body, signature(SECRET, body, f.NOW + timedelta(minutes=minutes))).status_code == 200


def test_there_is_an_end_to_its_size(service: FlaskClient) -> None:
    assert tell(service, b"x" * (inbound.LARGEST + 1)).status_code == 413


def test_without_a_secret_there_is_no_such_address(app: Flask) -> None:
    body = b"Subject: hello\r\n\r\nhello"
    assert tell(app.test_client(), body, signature("", body, f.NOW)).status_code == 404


def test_a_short_secret_stops_the_start(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="MAIL_WEBHOOK_SECRET"):
        replace(settings, mail_webhook_secret="short").check()
