"""Choosing which mails one gets: by the link of a mail, by a mail program's one click, and signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.settings import Settings
from models import Account, AuditEvent, MailKind, OutboxItem, Suppression, SuppressionReason
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
Link = Callable[..., str]


@pytest.fixture
def mailed(session: Session, cast: Cast, settings: Settings) -> Link:
    """The path of the choices under a mail that somebody got."""

    def path(email: str, kind: MailKind = MailKind.ASKING, **age: float) -> str:
        item: OutboxItem = f.OutboxItemFactory(region_id=cast.region.id, recipient=email, done_at=f.NOW)
        session.commit()
        until = f.NOW + timedelta(days=365) - timedelta(**age)
        return f"/mail/{tokens.issue(settings.secret_key, tokens.Purpose.CHOICES, item.uid, kind.value, until)}"

    return path


def stopped(session: Session) -> set[tuple[str, str]]:
    return {(row.email, row.kind.value if row.kind else "all") for row in session.scalars(select(Suppression))}


@pytest.mark.parametrize("page", ["", "/unsubscribe"])
def test_reading_changes_nothing(visitor: Browser, mailed: Link, cast: Cast, session: Session, page: str) -> None:
    answer = visitor.get(mailed(cast.esperanza.email) + page)

    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert stopped(session) == set() and session.scalars(select(AuditEvent)).all() == []
    assert cast.esperanza.email not in answer.text, "the page may have been forwarded"
    assert '<html lang="es">' in answer.text


@pytest.mark.parametrize("kind", list(MailKind))
def test_one_click_stops_its_kind_without_cookie_or_token(
    visitor: Browser, mailed: Link, cast: Cast, session: Session, kind: MailKind
) -> None:
    path = mailed(cast.esperanza.email, kind) + "/unsubscribe"

    for _ in range(2):
        answer = visitor.post_bare(path, ONE_CLICK)
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert stopped(session) == {(cast.esperanza.email, kind.value)}


def test_one_click_says_that_it_is_one(visitor: Browser, mailed: Link, cast: Cast, session: Session) -> None:
    assert visitor.post_bare(mailed(cast.esperanza.email) + "/unsubscribe").status_code == 422
    assert stopped(session) == set()


def test_no_other_form_goes_without_its_token(visitor: Browser, mailed: Link, cast: Cast, session: Session) -> None:
    visitor.app.config["WTF_CSRF_ENABLED"] = True
    answer = visitor.post_bare(mailed(cast.esperanza.email), {"do": "stop", "kind": "all", **ONE_CLICK})

    assert answer.status_code == 400 and stopped(session) == set()


def test_each_kind_is_stopped_and_taken_again(visitor: Browser, mailed: Link, cast: Cast, session: Session) -> None:
    path = mailed(cast.esperanza.email, MailKind.AGREED)
    for kind in ("agreed", "afterwards"):
        assert visitor.post(path, {"do": "stop", "kind": kind}).headers["Location"] == path
    assert stopped(session) == {(cast.esperanza.email, "agreed"), (cast.esperanza.email, "afterwards")}

    visitor.post(path, {"do": "start", "kind": "agreed"})
    assert stopped(session) == {(cast.esperanza.email, "afterwards")}
    assert cast.esperanza.paused_at is None


def test_who_wants_no_invitations_is_put_forward_no_more(
    visitor: Browser, mailed: Link, cast: Cast, session: Session
) -> None:
    path = mailed(cast.esperanza.email)
    visitor.post(path, {"do": "stop", "kind": "asking"})
    session.refresh(cast.esperanza)
    assert cast.esperanza.paused_at == f.NOW and cast.esperanza.paused_until is None

    visitor.post(path, {"do": "start", "kind": "asking"})
    session.refresh(cast.esperanza)
    assert cast.esperanza.paused_at is None and stopped(session) == set()


def test_all_mails_stop_and_one_kind_comes_back_alone(
    visitor: Browser, mailed: Link, cast: Cast, session: Session
) -> None:
    path = mailed(cast.esperanza.email)
    visitor.post(path, {"do": "stop", "kind": "all"})
    assert stopped(session) == {(cast.esperanza.email, "all")}
    visitor.post(path, {"do": "start", "kind": "agreed"})
    assert stopped(session) == {(cast.esperanza.email, "asking"), (cast.esperanza.email, "afterwards")}


def test_a_pause_has_a_day_ahead(visitor: Browser, mailed: Link, cast: Cast, session: Session) -> None:
    path = mailed(cast.esperanza.email)
    for until in ("", "2026-09-14", "2025-01-01", "9999-12-31", "soon"):
        assert visitor.post(path, {"do": "pause", "until": until}).status_code == 422
    visitor.post(path, {"do": "pause", "until": "2026-11-02"})
    session.refresh(cast.esperanza)
    assert cast.esperanza.paused_until == date(2026, 11, 2)
    assert "2 de noviembre" in visitor.get(path).text

    visitor.post(path, {"do": "resume"})
    session.refresh(cast.esperanza)
    assert cast.esperanza.paused_at is None


@pytest.mark.parametrize("sent", [{}, {"do": "explode"}, {"do": "stop"}, {"do": "stop", "kind": "everything"}])
def test_anything_else_is_turned_away(
    visitor: Browser, mailed: Link, cast: Cast, session: Session, sent: dict[str, str]
) -> None:
    assert visitor.post(mailed(cast.esperanza.email), sent).status_code == 422
    assert stopped(session) == set()


def test_what_came_back_is_said_and_can_be_mended(visitor: Browser, mailed: Link, cast: Cast, session: Session) -> None:
    path = mailed(cast.ramon.email)
    f.SuppressionFactory(region=cast.region, email=cast.ramon.email, kind=None, reason=SuppressionReason.BOUNCED)
    assert "because a mail came back" in visitor.get(path).text
    visitor.post(path, {"do": "start", "kind": "all"})
    assert stopped(session) == set()


def test_links_that_are_none(visitor: Browser, mailed: Link, cast: Cast, settings: Settings, session: Session) -> None:
    answer_token = tokens.issue(settings.secret_key, tokens.Purpose.ANSWER, f.uuid4(), "asking", f.NOW + timedelta(1))
    nowhere = tokens.issue(settings.secret_key, tokens.Purpose.CHOICES, f.uuid4(), "asking", f.NOW + timedelta(1))
    for token in ("nonsense", answer_token, nowhere, mailed(cast.ramon.email)[6:-3]):
        for path in (f"/mail/{token}", f"/mail/{token}/unsubscribe"):
            assert visitor.get(path).status_code == 404
        assert visitor.post_bare(f"/mail/{token}/unsubscribe", ONE_CLICK).status_code == 404
    assert visitor.get(mailed(cast.ramon.email, days=366)).status_code == 410
    assert stopped(session) == set()


def test_next_door_goes_on_writing(visitor: Browser, mailed: Link, cast: Cast, session: Session) -> None:
    visitor.post_bare(mailed(cast.paz.email) + "/unsubscribe", ONE_CLICK)

    assert {row.region_id for row in session.scalars(select(Suppression))} == {cast.region.id}
    session.refresh(cast.paz)
    assert cast.paz.paused_at is None


def test_signed_in_people_choose_too(browse: Callable[[Account | None], Browser], cast: Cast, session: Session) -> None:
    ana = browse(cast.ana.account)
    assert "/mail/choices" in ana.get("/requests").text
    page = ana.get("/mail/choices").text
    assert "Take a break" not in page, "nobody invites her"

    ana.post("/mail/choices", {"do": "stop", "kind": "afterwards"})
    assert stopped(session) == {(cast.ana.account.email, "afterwards")}
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.tag == "mail:reader:stopped"))
    assert event.actor_id == cast.ana.account_id and event.detail == {"kind": "afterwards"}


def test_a_partner_chooses_for_every_address_we_know(
    browse: Callable[[Account | None], Browser], cast: Cast, session: Session
) -> None:
    account = session.get_one(Account, cast.ramon.account_id)
    cast.ramon.email = "Ramon@Radios.example"
    browse(account).post("/mail/choices", {"do": "stop", "kind": "asking"})

    assert stopped(session) == {(account.email, "asking"), ("ramon@radios.example", "asking")}
