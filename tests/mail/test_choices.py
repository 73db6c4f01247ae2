"""What a reader chose is honoured at once, and what can wait does: the hours of the night, and a day that was full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.mail.deliver import NotYet, PermanentFailure, deliver
from matchmaker.mail.transport import Transport
from matchmaker.queries import mail_choices
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, MailKind, OutboxItem, QueueName, SuppressionReason
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import Postbox, item_for

NIGHT = datetime(2026, 9, 15, 3, 30, tzinfo=UTC)
"""Half past eight in the evening in Phoenix."""
MORNING = datetime(2026, 9, 15, 14, 0, tzinfo=UTC)
"""Seven in the morning there."""


class Mailer:
    """Delivers letters about one introduction."""

    def __init__(self, session: Session, transport: Transport, settings: Settings, introduction: Introduction) -> None:
        self.session, self.transport, self.settings, self.introduction = session, transport, settings, introduction

    def deliver(self, kind: str, now: datetime = f.NOW) -> bool:
        return deliver(self.session, item_for(self.introduction, kind), self.transport, self.settings, now)


@pytest.fixture
def mailer(session: Session, transport: Transport, settings: Settings, introduction: Introduction) -> Mailer:
    return Mailer(session, transport, settings, introduction)


def suppress(introduction: Introduction, kind: MailKind | None, reason: str = "asked") -> None:
    f.SuppressionFactory(
        region=None,
        region_id=introduction.region_id,
        email=introduction.partner.email,
        kind=kind,
        reason=SuppressionReason(reason),
    )


@pytest.mark.parametrize("kind", [MailKind.ASKING, None])
def test_a_stopped_invitation_waits_for_a_person(mailer: Mailer, kind: MailKind | None, postbox: Postbox) -> None:
    suppress(mailer.introduction, kind)

    with pytest.raises(PermanentFailure, match="no invitations or questions may go to this address"):
        mailer.deliver("invitation")
    assert postbox.raw == []


@pytest.mark.parametrize("kind", [MailKind.AGREED, MailKind.AFTERWARDS])
def test_another_kind_does_not_stop_it(mailer: Mailer, kind: MailKind) -> None:
    suppress(mailer.introduction, kind)

    assert mailer.deliver("invitation")


def test_a_stopped_introduction_waits_for_a_person_too(mailer: Mailer, session: Session) -> None:
    mailer.introduction.state = IntroductionState.ACCEPTED
    suppress(mailer.introduction, MailKind.AGREED)

    with pytest.raises(PermanentFailure, match="mails about what was agreed"):
        mailer.deliver("introduction_partner")


def test_what_comes_afterwards_is_let_go_of(session: Session, cast: Cast) -> None:
    f.SuppressionFactory(region=cast.region, email=cast.ramon.email, kind=MailKind.AFTERWARDS)

    stopped = mail_choices.stopped(session, cast.region.id, f" {cast.ramon.email.upper()}", MailKind.AFTERWARDS)
    assert stopped is SuppressionReason.ASKED
    assert mail_choices.stopped(session, cast.next_door.id, cast.ramon.email, MailKind.AFTERWARDS) is None


@pytest.mark.parametrize(("reason", "leaves"), [("asked", True), ("bounced", False), ("complained", False)])
def test_a_mail_about_an_account_heeds_what_came_back_and_no_choice(
    session: Session, cast: Cast, transport: Transport, settings: Settings, reason: str, leaves: bool
) -> None:
    account = cast.ana.account
    f.SuppressionFactory(region=cast.region, email=account.email, kind=None, reason=SuppressionReason(reason))
    about = {"account_id": account.id, "letter": "password_changed"}
    item = f.OutboxItemFactory(kind="account", region_id=cast.region.id, payload=about)

    if leaves:
        assert deliver(session, item, transport, settings, NIGHT), "at any hour"
    else:
        with pytest.raises(PermanentFailure, match=reason):
            deliver(session, item, transport, settings, f.NOW)


def test_an_invitation_waits_for_the_morning(mailer: Mailer, postbox: Postbox) -> None:
    with pytest.raises(NotYet) as wait:
        mailer.deliver("invitation", NIGHT)

    assert wait.value.until == MORNING and postbox.raw == []


def test_what_was_agreed_leaves_at_any_hour_and_after_any_number(mailer: Mailer, session: Session) -> None:
    mailer.introduction.state = IntroductionState.ACCEPTED
    sent_today(mailer.introduction, 50)

    assert mailer.deliver("introduction_partner", NIGHT)


def sent_today(introduction: Introduction, number: int, at: datetime = f.NOW) -> None:
    for _ in range(number):
        f.OutboxItemFactory(
            region_id=introduction.region_id, recipient=introduction.partner.email, done_at=at - timedelta(minutes=5)
        )


def test_a_day_that_is_full_is_over_tomorrow_morning(mailer: Mailer, cast: Cast) -> None:
    sent_today(mailer.introduction, cast.region.daily_mails)

    with pytest.raises(NotYet) as wait:
        mailer.deliver("invitation")
    assert wait.value.until == MORNING


def test_yesterdays_mails_and_other_regions_do_not_count(mailer: Mailer, cast: Cast) -> None:
    sent_today(mailer.introduction, cast.region.daily_mails - 1)
    sent_today(mailer.introduction, 5, at=f.NOW - timedelta(hours=10))
    for _ in range(5):
        f.OutboxItemFactory(region_id=cast.next_door.id, recipient=mailer.introduction.partner.email, done_at=f.NOW)

    assert mailer.deliver("invitation")


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        ((20, 7), "America/Phoenix", "2026-09-15T02:59Z", None),
        ((20, 7), "America/Phoenix", "2026-09-15T03:00Z", "2026-09-15T14:00Z"),
        ((20, 7), "America/Phoenix", "2026-09-15T13:59Z", "2026-09-15T14:00Z"),
        ((20, 7), "America/Phoenix", "2026-09-15T14:00Z", None),
        ((0, 0), "America/Phoenix", "2026-09-15T07:30Z", None),
        ((12, 12), "America/Phoenix", "2026-09-15T19:30Z", None),
        ((1, 5), "America/Phoenix", "2026-09-15T09:30Z", "2026-09-15T12:00Z"),
        ((24, 6), "America/Phoenix", "2026-09-15T06:30Z", None),
        ((24, 6), "America/Phoenix", "2026-09-15T08:30Z", "2026-09-15T13:00Z"),
        # The night in which Denver's clocks go back: one o'clock comes twice, seven is eight hours after midnight.
        ((20, 7), "America/Denver", "2026-11-01T05:00Z", "2026-11-01T14:00Z"),
        # And forward: two o'clock does not come at all.
        ((20, 2), "America/Denver", "2027-03-14T06:00Z", "2027-03-14T09:00Z"),
    ],
)
def test_quiet_hours_are_the_regions(
    session: Session, cast: Cast, hours: tuple[int, int], zone: str, now: str, until: str | None
) -> None:
    cast.region.quiet_from, cast.region.quiet_until = hours
    cast.region.time_zone = zone

    found = mail_choices.not_before(session, cast.region, "ana@people.example", datetime.fromisoformat(now))

    assert found == (datetime.fromisoformat(until) if until else None)


def test_the_worker_leaves_it_due_in_the_morning(
    session: Session,
    app,
    introduction: Introduction,
    transport: Transport,
    postbox: Postbox,  # type: ignore[no-untyped-def]
) -> None:
    item = item_for(introduction, "invitation")
    app.extensions["transport"] = transport
    session.commit()

    with time_machine.travel(NIGHT, tick=False):
        assert jobs.do_next(session, QueueName.MAIL)
        assert not jobs.do_next(session, QueueName.MAIL)
    session.expire_all()
    assert (item.due_at, item.attempts, item.done_at, item.failed_at) == (MORNING, 0, None, None)
    with time_machine.travel(MORNING, tick=False):
        assert jobs.do_next(session, QueueName.MAIL)
    assert len(postbox.raw) == 1
    session.expire_all()
    stored = session.get_one(OutboxItem, item.id)
    assert (stored.done_at, stored.recipient) == (MORNING, introduction.partner.email)
