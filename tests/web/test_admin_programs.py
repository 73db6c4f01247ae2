"""The page of other programs: tokens shown once, addresses that are told, and what is not heard of."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import api_tokens, webhooks
from matchmaker.settings import Settings
from models import ApiToken, AuditEvent, OutboxItem, Webhook
from tests import factories as f
from tests.cast import Cast

PAGE = "/admin/programs"
WANTED = {"name": "The district's planner", "scopes": ["visits:read", "requests:read"], "days": "30", "newest": "0"}


def shown(browser, path: str = PAGE) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_a_token_is_shown_once_and_ended_here(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ben)
    assert "No program has a token." in shown(browser) and "Told what happens" not in shown(browser)
    answers = [browser.post(f"{PAGE}/tokens", WANTED) for _ in range(2)]
    secrets = []
    for answer in answers:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        secrets += re.findall(r'value="(mm_[^"]+)"', answer.get_data(as_text=True))
    assert [api_tokens.holder(session, secret, f.NOW) is not None for secret in secrets] == [False, True], (
        "a second click makes no second token, and the one that is read works"
    )
    page = shown(browser)
    assert "The district&#39;s planner" in page and "Read visits" in page and "October 14, 2026" in page
    assert page.count("End it") == 1 and not any(secret in page for secret in secrets)
    token = session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first()
    assert token is not None and token.scopes == ["requests:read", "visits:read"]
    assert "The district" in shown(browse(cast.ada)) and "The district" not in shown(browse(cast.marisol))
    for who, status in ((cast.marisol, 403), (cast.ben, 302), (cast.ben, 302)):
        assert browse(who).post(f"{PAGE}/tokens/{token.id}/end").status_code == status
    assert token.revoked_at == f.NOW and "No program has a token." in shown(browser)
    said = [event.detail for event in session.scalars(select(AuditEvent))]
    assert not any(secret in str(said) for secret in secrets) and "planner" not in str(said)


def test_a_form_comes_back_with_what_is_wrong(cast: Cast, session: Session, browse) -> None:
    browser = browse(cast.ada)
    url = "https://district.example/told"
    f.WebhookFactory(region=cast.region, url=url, events=["visit.held"])
    for path, form, status, said in (
        ("tokens", WANTED | {"name": " "}, 422, "Please write a name."),
        ("tokens", WANTED | {"scopes": []}, 422, "Please tick at least one."),
        ("tokens", WANTED | {"scopes": ["everything"]}, 422, "everything"),
        ("tokens", WANTED | {"days": "900"}, 422, "Please write a number from 1 to 366."),
        ("webhooks", {"events": ["visit.held"]}, 422, "Please write the address, beginning with https://."),
        ("webhooks", {"url": "district", "events": ["visit.held"]}, 422, "Please write the whole address"),
        ("webhooks", {"url": url, "events": ["visit.moved"]}, 409, "That address is on the list already."),
    ):
        answer = browser.post(f"{PAGE}/{path}", form)
        page = answer.get_data(as_text=True)
        assert answer.status_code == status and said in page and 'role="alert"' in page, (form, page)
    assert session.scalars(select(ApiToken)).all() == [] and len(session.scalars(select(Webhook)).all()) == 1


def test_an_address_is_added_tested_renewed_woken_and_removed(
    session: Session, cast: Cast, browse, settings: Settings
) -> None:
    browser, url = browse(cast.ada), "https://district.example/told"
    for _ in range(2):
        assert browser.post(f"{PAGE}/webhooks", {"url": url, "events": ["visit.held"]}).status_code == 302
    hook = session.scalars(select(Webhook)).one()
    page = shown(browser)
    assert url in page and "Not called yet." in page and webhooks.secret(settings.secret_key, hook) in page
    before, here = hook.seed, f"{PAGE}/webhooks/{hook.id}"
    for action, form in (("test", {}), ("test", {}), ("renew", {"seed": before.hex}), ("renew", {"seed": before.hex})):
        assert browser.post(f"{here}/{action}", form).status_code == 302
    renewed = hook.seed
    assert renewed != before and len(session.scalars(select(OutboxItem)).all()) == 1
    hook.failures, hook.last_status, hook.last_at = 2, "no_connection", f.NOW
    page = shown(browser)
    assert "Nobody picks up there." in page and "Failed 2 times" in page and "Send a test" not in page
    assert "did not take its last 2 calls" in shown(browser, "/admin/health")
    hook.resting_at = f.NOW - timedelta(hours=1)
    assert "has not answered for a day and rests" in shown(browser, "/admin/health")
    told = "An address of another program has not answered for a day, and rests."
    assert told in shown(browser, "/desk") and told not in shown(browse(cast.marisol), "/desk")
    for _ in range(2):
        assert browser.post(f"{here}/wake").status_code == 302
    assert (hook.failures, hook.resting_at) == (0, None) and told not in shown(browser, "/desk")
    for _ in range(2):
        assert browser.post(f"{here}/remove").status_code == 302
    assert session.scalars(select(Webhook)).all() == []
    tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag.like("api:%")).order_by(AuditEvent.id)).all()
    assert tags == [f"api:webhook:{done}" for done in ("added", "tested", "tested", "renewed", "woken", "removed")]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_full_page_asks_little(session: Session, cast: Cast, browse, queries: list[str], language: str) -> None:
    for _ in range(20):
        f.ApiTokenFactory(region=cast.region, owner=cast.ben, scopes=[each.value for each in api_tokens.Scope])
    for _ in range(webhooks.MOST):
        f.WebhookFactory(region=cast.region, failures=1, last_status="timeout", last_at=f.NOW)
    browser = browse(cast.ada)
    browser.get(f"/language/{language}")
    session.commit()
    queries.clear()
    page = shown(browser)
    assert len(queries) <= 12, "\n".join(queries)
    assert len(page.encode()) < 60_000
    assert ("Otros programas" in page) is (language == "es") and ("Other programs" in page) is (language == "en")
