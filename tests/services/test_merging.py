"""Two profiles become one: nothing is lost, nobody gives more than they set, and it can be taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Conflict, DomainError, Invalid, NotFound
from matchmaker.queries import clearances as needed
from matchmaker.queries import duplicates, eligibility, mail_choices, roll
from matchmaker.services import capacity, merging, partners, unmerging
from models import (
    AuditEvent,
    CapacityUnit,
    Clearance,
    FamilySchool,
    Fund,
    Introduction,
    IntroductionState,
    MailKind,
    OutboxItem,
    Partner,
    PartnerKind,
    ProposalState,
    Separation,
    Steer,
    SteerKind,
    Suppression,
    SuppressionReason,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting, audited

MONTH = date(2026, 9, 1)


@pytest.fixture
def gone(cast: Cast) -> Partner:
    """Esperanza once more, as she signed up by herself."""
    made: Partner = f.PartnerFactory(
        region=cast.region,
        name="Esperanza O.",
        email="espe@people.example",
        neighbourhood="Barrio Anita",
        account_id=f.AccountFactory().id,
        monthly_capacity=1,
        joined_on=date(2024, 2, 1),
        sharing=["in_person"],
        source_key="P-7",
    )
    for number in range(2):
        f.FundFactory(region=cast.region, owner=made, title=f"Fund {number}", position=number)
    return made


def merge(session: Session, cast: Cast, gone: Partner, clock: Clock, *chosen: str) -> Partner:
    return merging.merge(session, acting(cast.marisol), cast.esperanza.id, gone.id, chosen, clock)


def introduced(cast: Cast, who: Partner, state: IntroductionState, **more: Any) -> Introduction:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    suggested = f.ProposalFactory(region=cast.region, of=request, who=who, what=who.funds[0])
    made: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=suggested, coordinator=cast.marisol, state=state, invited_at=f.NOW, **more
    )
    return made


def given(cast: Cast, who: Partner, unit: int, period: date = MONTH) -> CapacityUnit:
    """A visit that has been, with its unit."""
    made: CapacityUnit = f.CapacityUnitFactory(
        held_by=introduced(cast, who, IntroductionState.MET), unit=unit, period=period
    )
    return made


def rows(session: Session, kind: Any) -> list[dict[str, Any]]:
    """Everything in a table."""
    table = kind.__table__
    return [dict(row._mapping) for row in session.execute(select(table).order_by(table.c.id))]


def test_funds_come_behind_ones_own_and_none_is_lost(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    before = session.scalar(select(func.count(Fund.id)))
    titles = [fund.title for fund in cast.esperanza.funds]
    kept = merge(session, cast, gone, clock)
    session.expire_all()
    assert [fund.title for fund in kept.funds] == [*titles, "Fund 0", "Fund 1"]
    assert gone.funds == []
    assert session.scalar(select(func.count(Fund.id))) == before
    assert (gone.merged_into_id, gone.reviewed_at) == (kept.id, None)
    assert gone.paused_at is not None


def test_fields_are_exchanged_so_that_nothing_written_is_lost(
    session: Session, cast: Cast, gone: Partner, clock: Clock
) -> None:
    mine = cast.esperanza.email
    kept = merge(session, cast, gone, clock, "email", "place", "clearance", "nonsense")
    assert (kept.email, gone.email) == ("espe@people.example", mine)
    assert (kept.neighbourhood, kept.name) == ("Barrio Anita", "Esperanza Ochoa")
    assert (kept.joined_on, kept.sharing, kept.source_key) == (date(2024, 2, 1), ["in_person"], "P-7")


def test_the_account_goes_along_where_there_is_none(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    theirs, cast.esperanza.account_id = gone.account_id, None
    kept = merge(session, cast, gone, clock)
    assert (kept.account_id, gone.account_id) == (theirs, None)


@pytest.mark.parametrize("take", [False, True])
def test_of_two_accounts_the_chosen_one_signs_in(
    session: Session, cast: Cast, gone: Partner, clock: Clock, take: bool
) -> None:
    mine, theirs = cast.esperanza.account_id, gone.account_id
    kept = merge(session, cast, gone, clock, *([merging.ACCOUNT] if take else []))
    assert (kept.account_id, gone.account_id) == (theirs if take else mine, None)


def test_must_not_meet_of_either_counts_for_both(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    f.SeparationFactory(region=cast.region, teacher=cast.ana, partner=gone)
    for who in (gone, cast.esperanza):
        f.SeparationFactory(region=cast.region, teacher=cast.tomas, partner=who)
    kept = merge(session, cast, gone, clock)
    apart = session.scalars(select(Separation.teacher_id).where(Separation.partner_id == kept.id)).all()
    assert sorted(apart) == sorted([cast.ana.id, cast.tomas.id])
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    assert eligibility.excluded_by(session, request, kept.id, f.NOW) == "must_not_meet"


def test_what_either_stopped_stays_stopped(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    told = {"region": cast.region, "email": gone.email}
    f.SuppressionFactory(**told, kind=MailKind.AFTERWARDS)
    f.SuppressionFactory(**told, kind=None, reason=SuppressionReason.BOUNCED)
    f.SuppressionFactory(region=cast.region, email=cast.esperanza.email, kind=MailKind.ASKING)
    gone.paused_at, gone.paused_until = f.NOW, date(2026, 12, 1)
    kept = merge(session, cast, gone, clock)
    stopped = [mail_choices.stopped(session, cast.region.id, kept.email, kind) for kind in MailKind]
    assert stopped == ["asked", None, "asked"], "that an address is dead says nothing of another"
    assert (kept.paused_at, kept.paused_until) == (f.NOW, date(2026, 12, 1))


def test_the_address_that_is_taken_brings_and_keeps_both_silences(
    session: Session, cast: Cast, gone: Partner, clock: Clock
) -> None:
    f.SuppressionFactory(region=cast.region, email=cast.esperanza.email, kind=MailKind.ASKING)
    f.SuppressionFactory(region=cast.region, email=gone.email, kind=None, reason=SuppressionReason.BOUNCED)
    kept = merge(session, cast, gone, clock, "email")
    assert mail_choices.stopped(session, cast.region.id, kept.email, MailKind.ASKING) == "bounced"
    kinds = session.scalars(select(Suppression.kind).where(Suppression.email == kept.email)).all()
    assert set(kinds) == {MailKind.ASKING, None}


def test_a_longer_pause_of_ones_own_stays(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    cast.esperanza.paused_at = f.NOW
    gone.paused_at, gone.paused_until = f.NOW, date(2026, 12, 1)
    assert merge(session, cast, gone, clock).paused_until is None


@pytest.mark.parametrize(("limit", "mine", "theirs", "moved"), [(3, 1, 1, 1), (2, 1, 2, 1), (1, 1, 1, 0), (4, 0, 2, 2)])
def test_visits_given_this_month_count_and_never_too_many(
    session: Session, cast: Cast, gone: Partner, clock: Clock, limit: int, mine: int, theirs: int, moved: int
) -> None:
    cast.esperanza.monthly_capacity, gone.monthly_capacity = limit, 4
    for number in range(mine):
        given(cast, cast.esperanza, number + 1)
    for number in range(theirs):
        given(cast, gone, number + 1)
    gone.monthly_capacity = 4
    earlier = given(cast, gone, 1, date(2026, 8, 1))
    kept = merge(session, cast, gone, clock)
    units = session.scalars(
        select(CapacityUnit.unit).where(CapacityUnit.partner_id == kept.id, CapacityUnit.period == MONTH)
    ).all()
    assert sorted(units) == list(range(1, mine + moved + 1))
    assert len(units) <= limit
    assert earlier.partner_id == gone.id
    with pytest.raises(capacity.PartnerFull):
        capacity.hold(session, session.get_one(Introduction, earlier.introduction_id), date(2026, 10, 1), f.NOW)


def test_whoever_said_not_now_is_not_asked_again_for_it(
    session: Session, cast: Cast, gone: Partner, clock: Clock
) -> None:
    asked = introduced(cast, gone, IntroductionState.NOT_NOW)
    passed = f.ProposalFactory(region=cast.region, who=gone, what=gone.funds[0])
    passed.state = ProposalState.PASSED
    pinned = f.SteerFactory(region=cast.region, who=gone, hand=cast.ben)
    kept = merge(session, cast, gone, clock)
    for request in (asked.request, passed.request):
        assert eligibility.excluded_by(session, request, kept.id, f.NOW) == "set_aside"
    assert (pinned.partner_id, pinned.kind) == (kept.id, SteerKind.PINNED)
    waiting = session.scalars(select(OutboxItem.key)).all()
    assert any(key.startswith(f"propose:{passed.request_id}:revision-") for key in waiting)


def test_schools_of_children_and_earlier_visits_count(
    session: Session, cast: Cast, gone: Partner, clock: Clock
) -> None:
    f.FamilySchoolFactory(region=cast.region, who=gone, where=cast.school)
    f.FamilySchoolFactory(region=cast.region, who=cast.esperanza, where=cast.school)
    other = f.FamilySchoolFactory(region=cast.region, who=gone).school_id
    kept = merge(session, cast, gone, clock)
    assert sorted(needed.family_schools(session, kept.id)) == sorted([cast.school.id, other])


def test_a_visit_of_the_one_that_went_makes_the_next_a_second_one(
    session: Session, cast: Cast, gone: Partner, clock: Clock
) -> None:
    f.ClearanceRuleFactory(region=cast.region, repeated=True, supervised=None, required=True)
    cast.region.clearance_required = False
    f.VisitFactory(region=cast.region, of=introduced(cast, gone, IntroductionState.MET))
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    book_asked = needed.Asked.of(request, date(2026, 10, 6))

    def wanted() -> tuple[bool, str | None]:
        book = needed.Rulebook.of(session, cast.region, [request.school_id], f.NOW)
        return book.required(book_asked, kept.id), eligibility.excluded_by(session, request, kept.id, f.NOW)

    kept = cast.esperanza
    kept.clearance, kept.clearance_expires_on = Clearance.NONE, None
    session.flush()
    assert wanted() == (False, None)
    merge(session, cast, gone, clock)
    assert wanted() == (True, "clearance")


def test_the_ranker_forgets_the_one_that_goes(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    known = roll.read(session, cast.region.id)
    before = cast.region.revision
    kept = merge(session, cast, gone, clock)
    assert gone.id in known.partner_ids and gone.id not in roll.read(session, cast.region.id).partner_ids
    renewed = known.renewed(roll.read(session, cast.region.id, since=before))
    assert len(renewed.partner_ids) != roll.size(session, cast.region.id), "who keeps a roll reads it anew"
    assert kept.revision == gone.revision == cast.region.revision > before
    partners.review(session, acting(cast.marisol), gone.id, clock)
    assert gone.reviewed_at is None


def test_an_unread_profile_that_takes_in_a_read_one_is_read(
    session: Session, cast: Cast, gone: Partner, clock: Clock
) -> None:
    cast.esperanza.reviewed_at, read = None, gone.reviewed_at
    assert merge(session, cast, gone, clock).reviewed_at == read


@pytest.mark.parametrize("state", [IntroductionState.INVITED, IntroductionState.SCHEDULED])
def test_whoever_is_expected_does_not_go(
    session: Session, cast: Cast, gone: Partner, clock: Clock, state: IntroductionState
) -> None:
    asked = introduced(cast, gone, state)
    with pytest.raises(merging.StillUnderWay) as refused:
        merge(session, cast, gone, clock)
    assert refused.value.facts == {"partner": gone.name, "request": asked.request.title}
    assert gone.merged_into_id is None and len(gone.funds) == 2


def test_whoever_waits_behind_somebody_does_not_go(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    behind = introduced(cast, cast.ramon, IntroductionState.INVITED)
    suggested = f.ProposalFactory(region=cast.region, of=behind.request, who=gone, what=gone.funds[0], rank=2)
    f.BackupFactory(region=cast.region, behind=behind, suggested=suggested)
    with pytest.raises(merging.StillUnderWay):
        merge(session, cast, gone, clock)


def test_what_cannot_be_one(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    shop = f.PartnerFactory(region=cast.region, kind=PartnerKind.ORGANISATION)
    third = f.PartnerFactory(region=cast.region)
    refused: list[tuple[int, int, type[DomainError]]] = [
        (gone.id, gone.id, Invalid),
        (cast.esperanza.id, shop.id, merging.NotOneKind),
        (cast.esperanza.id, cast.paz.id, NotFound),
    ]
    for keep_id, gone_id, error in refused:
        with pytest.raises(error):
            merging.merge(session, acting(cast.marisol), keep_id, gone_id, (), clock)
    merge(session, cast, gone, clock)
    for keep_id, gone_id in ((third.id, gone.id), (gone.id, third.id)):
        with pytest.raises(merging.MergedAlready):
            merging.merge(session, acting(cast.marisol), keep_id, gone_id, (), clock)


def test_a_second_click_changes_nothing(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    merge(session, cast, gone, clock, "email")
    once, events = rows(session, Partner), audited(session)
    merge(session, cast, gone, clock, "email")
    assert (rows(session, Partner), audited(session)) == (once, events)


def test_the_record_names_nobody(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    merge(session, cast, gone, clock, *merging.FIELDS)
    detail = str(session.scalars(select(AuditEvent.detail).order_by(AuditEvent.id)).all())
    for secret in ("people.example", "Esperanza", "Barrio", "520", "P-7", "Fund"):
        assert secret not in detail


def test_taken_back_everything_is_as_before(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    cast.esperanza.account_id = None
    f.SeparationFactory(region=cast.region, teacher=cast.ana, partner=gone)
    f.FamilySchoolFactory(region=cast.region, who=gone, where=cast.school)
    f.SuppressionFactory(region=cast.region, email=gone.email, kind=MailKind.ASKING)
    f.SteerFactory(region=cast.region, who=gone, hand=cast.ben)
    gone.paused_at = f.NOW
    given(cast, gone, 1)
    given(cast, cast.esperanza, 1)
    session.flush()
    kinds = (Partner, Fund, Separation, FamilySchool, Suppression, CapacityUnit, Steer)
    before = {kind: rows(session, kind) for kind in kinds}
    merge(session, cast, gone, clock, "email", "name", "clearance", "capacity")
    assert before != {kind: rows(session, kind) for kind in kinds}
    unmerging.take_back(session, acting(cast.ben), gone.id, clock)
    session.flush()
    after = {kind: rows(session, kind) for kind in kinds}
    for kind in kinds:
        for row in (*before[kind], *after[kind]):
            # Numbers of order: nobody reads what they were.
            for moved in ("revision", "position"):
                row.pop(moved, None)
        assert after[kind] == before[kind], kind
    assert audited(session)[-1] == "people:partner:merge_taken_back"


def test_a_merge_is_taken_back_for_thirty_days_and_once(
    session: Session, cast: Cast, gone: Partner, clock: Clock
) -> None:
    merge(session, cast, gone, clock)
    with pytest.raises(unmerging.MergedLongAgo):
        unmerging.take_back(session, acting(cast.ben), gone.id, lambda: f.NOW + timedelta(days=31))
    unmerging.take_back(session, acting(cast.ben), gone.id, clock)
    with pytest.raises(Conflict):
        unmerging.take_back(session, acting(cast.ben), gone.id, clock)


def test_what_was_merged_earlier_goes_along(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    marisol, first = acting(cast.marisol), f.PartnerFactory(region=cast.region)
    merging.merge(session, marisol, gone.id, first.id, (), clock)
    merge(session, cast, gone, clock)
    assert first.merged_into_id == cast.esperanza.id
    with pytest.raises(unmerging.NotMerged):
        unmerging.take_back(session, marisol, first.id, clock)
    unmerging.take_back(session, marisol, gone.id, clock)
    assert first.merged_into_id == gone.id
    unmerging.take_back(session, marisol, first.id, clock)
    assert first.merged_into_id is None


def pairs(session: Session, cast: Cast) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(each.first.id, each.second.id, each.shared) for each in duplicates.found(session, cast.region.id, 20)]


def test_pairs_are_found_by_address_number_and_name(session: Session, cast: Cast, clock: Clock) -> None:
    session.execute(Partner.__table__.update().values(phone=""))
    base = {"region": cast.region, "phone": ""}
    by_mail = f.PartnerFactory(**base, email=f" {cast.ramon.email.upper()}")
    first = f.PartnerFactory(region=cast.region, phone="+1 (520) 555-0188")
    second = f.PartnerFactory(region=cast.region, phone="520.555.0188")
    third = f.PartnerFactory(**base, name="Doña  Chayo", neighbourhood="Las Norias")
    fourth = f.PartnerFactory(**base, name="dona chayo", neighbourhood="LAS NORIAS")
    f.PartnerFactory(**base, name="Doña Chayo", neighbourhood="Old Depot")
    f.PartnerFactory(region=cast.region, phone="911", email="")
    f.PartnerFactory(region=cast.region, phone="911", email="")
    f.PartnerFactory(region=cast.next_door, phone="", email=cast.ramon.email)
    assert pairs(session, cast) == [
        (cast.ramon.id, by_mail.id, ("email",)),
        (first.id, second.id, ("phone",)),
        (third.id, fourth.id, ("name",)),
    ]
    merging.tell_apart(session, acting(cast.marisol), second.id, first.id, clock)
    merging.merge(session, acting(cast.marisol), third.id, fourth.id, (), clock)
    session.flush()
    assert audited(session)[0] == duplicates.TOLD_APART
    assert pairs(session, cast) == [(cast.ramon.id, by_mail.id, ("email",))]
    shop = f.PartnerFactory(**base, kind=PartnerKind.ORGANISATION, email=f"x{by_mail.id}@shop.example")
    cast.ramon.organisation_id = by_mail.organisation_id = shop.id
    session.flush()
    assert pairs(session, cast) == [], "colleagues share a telephone and a mailbox"


def test_an_uncleared_twin_leaves_the_clearance(session: Session, cast: Cast, gone: Partner, clock: Clock) -> None:
    gone.clearance = Clearance.UNKNOWN
    assert merge(session, cast, gone, clock).clearance is Clearance.CLEARED
