"""A partner's profile: every change reaches the ranker by the region's revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Invalid, NotFound
from matchmaker.policies import NOBODY, Actor
from matchmaker.services import partners
from matchmaker.services.partners import MOST_FUNDS, Called, FundDraft, KnownAlready, Logistics, NothingToShow
from models import (
    AuditEvent,
    Fund,
    KnowledgeKind,
    MailKind,
    OutboxItem,
    PartnerKind,
    RequestState,
    Suppression,
    SuppressionReason,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting, audited

LOGISTICS = Logistics(
    name="Ramón Escalante",
    phone="520-555-0123",
    language="es",
    about="I mend radios.",
    languages=("es", "ood"),
    formats=("visit", "host"),
    weekdays=(1, 3),
    sharing=("in_person",),
    neighbourhood="Barrio Anita",
    radius_miles=12,
    online=True,
    monthly_capacity=3,
    kind=PartnerKind.ORGANISATION,
    contact_name="Ramón",
    free_from=time(9),
    free_until=time(14, 30),
    place=(32.1, -111.2),
)
DRAFT = FundDraft(
    title="Restoring tube radios",
    text="I find the broken part by ear.",
    story="My uncle's bench, from when I was nine.",
    language="es",
    kind=KnowledgeKind.PRACTICE,
    subjects=("science",),
    grades=(7, 8),
)


def test_every_change_raises_the_revision_and_is_audited(session: Session, cast: Cast, clock: Clock) -> None:
    actor, partner = acting(cast.marisol), cast.ramon
    changes: list[Callable[[], object]] = [
        lambda: partners.save_logistics(session, actor, partner, LOGISTICS, clock),
        lambda: partners.save_fund(session, actor, partner, DRAFT, clock),
        lambda: partners.pause(session, actor, partner, clock),
        lambda: partners.resume(session, actor, partner, clock),
        lambda: partners.remove_fund(session, actor, partner, partner.funds[0].id, clock),
    ]
    for number, change in enumerate(changes, start=1):
        change()
        assert cast.region.revision == number
    assert cast.next_door.revision == 0
    assert audited(session) == [
        "partners:partner:changed",
        "partners:fund:saved",
        "partners:partner:paused",
        "partners:partner:resumed",
        "partners:fund:removed",
    ]


def test_what_is_done_for_somebody_is_marked_so(session: Session, cast: Cast, clock: Clock) -> None:
    own, office = Actor(cast.ramon.account_id), acting(cast.marisol)
    fresh = f.PartnerFactory(region=cast.region, reviewed_at=None)
    f.FundFactory(region=cast.region, owner=fresh)
    partners.save_logistics(session, own, cast.ramon, LOGISTICS, clock)
    partners.save_fund(session, NOBODY, cast.ramon, DRAFT, clock)
    partners.review(session, office, fresh.id, clock)
    partners.save_fund(session, office, cast.ramon, DRAFT, clock)
    partners.pause(session, office, cast.ramon, clock)
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    assert [event.detail.get("on_behalf", False) for event in events] == [False, False, False, True, True]


def test_a_partner_without_an_address_is_entered_and_read_like_others(
    session: Session, cast: Cast, clock: Clock
) -> None:
    called = Called("Doña Chayo", "520-555-0160", "es", neighbourhood="Las Norias", monthly_capacity=1)
    partner = partners.enter(session, acting(cast.marisol), cast.region, called, DRAFT, clock)
    session.refresh(partner)
    assert (partner.email, partner.account_id, partner.reviewed_at) == ("", None, None)
    assert (partner.language, partner.languages, partner.monthly_capacity) == ("es", ["es"], 1)
    assert [fund.title for fund in partner.funds] == [DRAFT.title]
    assert audited(session) == ["people:partner:entered", "partners:fund:saved"]
    partners.enter(session, acting(cast.marisol), cast.region, replace(called, name="Don Beto"), DRAFT, clock)


def test_nobody_is_entered_twice_with_one_address(session: Session, cast: Cast, clock: Clock) -> None:
    called = Called("Somebody", "520-555-0160", "en", email=f" {cast.ramon.email.upper()}")
    with pytest.raises(KnownAlready):
        partners.enter(session, acting(cast.marisol), cast.region, called, DRAFT, clock)
    elsewhere = partners.enter(session, acting(cast.olga), cast.next_door, called, DRAFT, clock)
    assert elsewhere.email == cast.ramon.email


def test_pausing_or_resuming_again_changes_nothing(session: Session, cast: Cast, clock: Clock) -> None:
    actor = acting(cast.marisol)
    partners.resume(session, actor, cast.ramon, clock)
    assert cast.region.revision == 0
    for _ in range(2):
        partners.pause(session, actor, cast.ramon, clock)
    assert (cast.region.revision, cast.ramon.paused_at) == (1, f.NOW)


def test_the_practical_part_is_stored_as_it_was_said(session: Session, cast: Cast, clock: Clock) -> None:
    partners.save_logistics(session, acting(cast.marisol), cast.ramon, LOGISTICS, clock)
    session.refresh(cast.ramon)
    said = asdict(LOGISTICS)
    assert (cast.ramon.latitude, cast.ramon.longitude) == said.pop("place")
    for name, value in said.items():
        stored = getattr(cast.ramon, name)
        assert (tuple(stored) if isinstance(value, tuple) else stored) == value


def test_saying_nothing_of_the_place_leaves_it(session: Session, cast: Cast, clock: Clock) -> None:
    place = (cast.ramon.latitude, cast.ramon.longitude)
    partners.save_logistics(session, acting(cast.marisol), cast.ramon, replace(LOGISTICS, place=None), clock)
    assert (cast.ramon.latitude, cast.ramon.longitude) == place


def test_the_classes_of_a_fund_are_said_by_its_owner(session: Session, cast: Cast, clock: Clock) -> None:
    own, theirs = cast.ramon.funds[0], cast.esperanza.funds[0]
    said = {"subjects": ["math"], "grades": [6, 7], "clock": clock}
    partners.say_classes(session, acting(cast.marisol), cast.ramon, own.id, **said)
    assert (own.subjects, own.grades, cast.region.revision) == (["math"], [6, 7], 1)
    with pytest.raises(NotFound):
        partners.say_classes(session, acting(cast.marisol), cast.ramon, theirs.id, **said)


def test_a_fund_is_added_at_the_end_and_rewritten_in_place(session: Session, cast: Cast, clock: Clock) -> None:
    actor = acting(cast.marisol)
    fund = partners.save_fund(session, actor, cast.ramon, DRAFT, clock)
    assert (fund.position, fund.title, fund.subjects, fund.grades) == (1, DRAFT.title, ["science"], [7, 8])
    again = partners.save_fund(
        session, actor, cast.ramon, FundDraft("Winding coils", "By hand.", ""), clock, fund_id=fund.id
    )
    session.expire_all()
    assert (again.id, again.position, again.title, again.grades) == (fund.id, 1, "Winding coils", [])


def test_somebody_elses_fund_is_not_there(session: Session, cast: Cast, clock: Clock) -> None:
    theirs = cast.esperanza.funds[0]
    for fund_id in (theirs.id, cast.paz.funds[0].id, 2_000_000_000):
        with pytest.raises(NotFound):
            partners.save_fund(session, acting(cast.marisol), cast.ramon, DRAFT, clock, fund_id=fund_id)
        with pytest.raises(NotFound):
            partners.remove_fund(session, acting(cast.marisol), cast.ramon, fund_id, clock)
    assert theirs.title != DRAFT.title


def test_there_is_an_end_to_funds(session: Session, cast: Cast, clock: Clock) -> None:
    for _ in range(MOST_FUNDS - 1):
        f.FundFactory(region=cast.region, owner=cast.ramon)
    with pytest.raises(Invalid):
        partners.save_fund(session, acting(cast.marisol), cast.ramon, DRAFT, clock)
    assert session.scalar(select(func.count(Fund.id)).where(Fund.partner_id == cast.ramon.id)) == MOST_FUNDS


def test_a_review_makes_visible_once(session: Session, cast: Cast, clock: Clock) -> None:
    new = f.PartnerFactory(region=cast.region, reviewed_at=None)
    with pytest.raises(NothingToShow):
        partners.review(session, acting(cast.marisol), new.id, clock)
    f.FundFactory(region=cast.region, owner=new)
    session.expire(new)
    partners.review(session, acting(cast.marisol), new.id, clock)
    partners.review(session, acting(cast.ben), new.id, clock)
    assert (new.reviewed_at, new.reviewed_by_id, cast.region.revision) == (f.NOW, cast.marisol.id, 1)
    assert audited(session) == ["people:partner:reviewed"]


def test_a_newly_reviewed_partner_has_unanswered_requests_ranked_again(
    session: Session, cast: Cast, clock: Clock
) -> None:
    nobody = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.NONE_YET)
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.PROPOSED)
    newcomer = f.PartnerFactory(region=cast.region, reviewed_at=None)
    partners.save_fund(session, acting(cast.marisol), newcomer, DRAFT, clock)
    assert session.scalars(select(OutboxItem.payload)).all() == []
    partners.review(session, acting(cast.marisol), newcomer.id, clock)
    assert session.scalars(select(OutboxItem.payload)).all() == [{"request_id": nobody.id}]


def follow_ups(session: Session) -> list[OutboxItem]:
    return list(session.scalars(select(OutboxItem).where(OutboxItem.kind == partners.RESUME)))


def test_a_pause_with_an_end_ends_by_itself(session: Session, cast: Cast, clock: Clock) -> None:
    actor = acting(cast.marisol)
    partners.pause(session, actor, cast.ramon, clock, until=date(2026, 10, 1))
    [item] = follow_ups(session)

    assert item.due_at == datetime(2026, 10, 1, 7, tzinfo=UTC), "midnight in Phoenix"
    partners.pause_ends(session, item, item.due_at - timedelta(seconds=1))
    assert cast.ramon.paused_until == date(2026, 10, 1)
    partners.pause_ends(session, item, item.due_at)
    assert (cast.ramon.paused_at, cast.ramon.paused_until) == (None, None)


def test_the_newest_end_of_a_pause_counts(session: Session, cast: Cast, clock: Clock) -> None:
    actor = acting(cast.marisol)
    partners.pause(session, actor, cast.ramon, clock, until=date(2026, 10, 1))
    [first] = follow_ups(session)
    partners.pause(session, actor, cast.ramon, clock, until=date(2026, 11, 1))
    partners.pause_ends(session, first, first.due_at)
    assert cast.ramon.paused_until == date(2026, 11, 1)

    partners.pause(session, actor, cast.ramon, clock)
    for item in follow_ups(session):
        partners.pause_ends(session, item, item.due_at)
    assert cast.ramon.paused_at == f.NOW and cast.ramon.paused_until is None


def test_who_resumes_may_be_written_to_again(session: Session, cast: Cast, clock: Clock) -> None:
    actor = acting(cast.marisol)
    for kind in (MailKind.ASKING, MailKind.AFTERWARDS):
        f.SuppressionFactory(region=cast.region, email=cast.ramon.email, kind=kind)
    f.SuppressionFactory(region=cast.region, email=cast.esperanza.email, reason=SuppressionReason.BOUNCED)

    partners.resume(session, actor, cast.ramon, clock)
    partners.resume(session, actor, cast.esperanza, clock)

    left = session.execute(select(Suppression.email, Suppression.kind)).all()
    assert set(left) == {(cast.ramon.email, MailKind.AFTERWARDS), (cast.esperanza.email, None)}
