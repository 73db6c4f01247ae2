"""A clearance that does not reach a visit is a flag and a letter in good time, and settles itself once renewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs, outbox
from matchmaker.audit import Tag
from matchmaker.errors import Invalid, NotFound
from matchmaker.policies import NOBODY
from matchmaker.queries.clearances import Rule
from matchmaker.services import clearance_rules, clearances, visits
from matchmaker.services.clearances import Kept, NotCleared, Plan, VisitBehind
from models import (
    AuditEvent,
    Clearance,
    FamilySchool,
    Introduction,
    IntroductionState,
    OutboxItem,
    Partner,
    QueueName,
    Side,
    Task,
    TaskKind,
    Visit,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting

DAY = date(2026, 11, 19)
START = datetime(2026, 11, 19, 16, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
"""A Thursday in November, two months ahead."""
WATCHED = Plan(True, "Ana Luisa Robles", "", "12", "Front office")
ALONE = Plan(False, "", "", None, "")


def agreed(cast: Cast, who: Partner | None = None, *, at: datetime = START) -> Introduction:
    """Ana and somebody have said yes, and wait for a date."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=[(at, at + HOUR)])
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=who or cast.ramon)
    introduction: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.SCHEDULED
    )
    return introduction


@pytest.fixture
def visit(session: Session, cast: Cast) -> Visit:
    """Ramón's visit; his clearance reaches it."""
    return visits.schedule(session, agreed(cast), START, START + HOUR, f.NOW)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def days_before(number: int) -> datetime:
    """Eight in the morning in Phoenix, so many days before the visit, and a minute."""
    return datetime(2026, 11, 19, 15, 1, tzinfo=UTC) - timedelta(days=number)


def pass_time(session: Session, until: datetime) -> None:
    """Do what follow-ups about clearances and plans fall due until then, each at its time."""
    mine = (clearances.WATCH, clearances.REVIEW, clearances.PLAN)
    while True:
        item = session.scalar(
            select(OutboxItem)
            .where(OutboxItem.kind.in_(mine), OutboxItem.done_at.is_(None), OutboxItem.due_at <= until)
            .order_by(OutboxItem.due_at, OutboxItem.id)
            .limit(1)
        )
        if item is None:
            return
        now = max(item.due_at, f.NOW)
        again = jobs.FOLLOW_UPS[item.kind](session, item, now)
        assert again is None or again > now, "a follow-up that is due again at once would never end"
        item.done_at, item.due_at = (now, item.due_at) if again is None else (None, again)
        session.flush()


def tasks_of(session: Session, *, open_only: bool = True) -> list[Task]:
    query = select(Task).where(Task.kind == TaskKind.CLEARANCE_ENDS).order_by(Task.id)
    return list(session.scalars(query.where(Task.done_at.is_(None)) if open_only else query))


def letters_of(session: Session, kind: str) -> list[OutboxItem]:
    return list(session.scalars(select(OutboxItem).where(OutboxItem.kind == kind).order_by(OutboxItem.id)))


def cleared_until(session: Session, partner: Partner, day: date | None, now: datetime = f.NOW) -> None:
    clearances.record(session, NOBODY, partner.id, Kept(Clearance.CLEARED, "County", None, day), at(now))


class TestLookingAhead:
    def test_a_clearance_that_reaches_the_day_is_looked_at_thrice_and_nobody_hears_of_it(
        self, session: Session, visit: Visit
    ) -> None:
        watch = session.scalars(select(OutboxItem).where(OutboxItem.kind == clearances.WATCH)).one()
        looked = []
        for number in (30, 10, 2):
            looked.append((DAY - watch.due_at.astimezone(UTC).date()).days)
            pass_time(session, days_before(number))
        assert looked == [30, 10, 2]
        assert watch.done_at is not None
        assert tasks_of(session, open_only=False) == [] and letters_of(session, "clearance_ends") == []

    def test_one_cut_short_raises_a_task_and_a_letter_at_once_and_again_at_each_look(
        self, session: Session, cast: Cast, visit: Visit
    ) -> None:
        cleared_until(session, cast.ramon, DAY - timedelta(days=1))
        task = tasks_of(session)[0]
        assert (task.owner_id, task.detail["ends"]) == (cast.marisol.id, "2026-11-18")
        assert [item.payload["side"] for item in letters_of(session, "clearance_ends")] == ["partner"]
        for number, letters in ((31, 1), (30, 2), (11, 2), (10, 3), (2, 4), (0, 4)):
            pass_time(session, days_before(number))
            assert len(letters_of(session, "clearance_ends")) == letters, number
        assert tasks_of(session) == [task]

    def test_one_that_is_not_known_is_nobodys_business_before_the_first_look(
        self, session: Session, cast: Cast
    ) -> None:
        cast.ramon.clearance, cast.ramon.clearance_expires_on = Clearance.IN_PROCESS, None
        visits.schedule(session, agreed(cast), START, START + HOUR, f.NOW)
        pass_time(session, days_before(31))
        assert tasks_of(session) == []
        pass_time(session, days_before(30))
        assert [task.detail["status"] for task in tasks_of(session)] == ["in_process"]

    def test_a_visit_that_is_near_is_looked_at_the_same_day(self, session: Session, cast: Cast) -> None:
        cast.ramon.clearance, cast.ramon.clearance_expires_on = Clearance.UNKNOWN, None
        soon = f.NOW + timedelta(days=8)
        visits.schedule(session, agreed(cast, at=soon), soon, soon + HOUR, f.NOW)
        pass_time(session, f.NOW)
        assert len(tasks_of(session)) == 1

    def test_renewing_it_settles_the_task_and_lets_the_letter_rest(
        self, session: Session, cast: Cast, visit: Visit
    ) -> None:
        cleared_until(session, cast.ramon, DAY - timedelta(days=1))
        cleared_until(session, cast.ramon, DAY, days_before(20))
        assert tasks_of(session) == []
        pass_time(session, days_before(0))
        assert tasks_of(session) == [] and len(letters_of(session, "clearance_ends")) == 1

    def test_a_task_that_was_closed_without_a_renewal_comes_back(
        self, session: Session, cast: Cast, visit: Visit
    ) -> None:
        cleared_until(session, cast.ramon, DAY - timedelta(days=1))
        tasks_of(session)[0].done_at = f.NOW
        pass_time(session, days_before(30))
        assert len(tasks_of(session)) == 1

    def test_calling_the_visit_off_settles_it(self, session: Session, cast: Cast, visit: Visit) -> None:
        cleared_until(session, cast.ramon, DAY - timedelta(days=1))
        visits.cancel(session, acting(cast.marisol), visit.introduction.key, Side.COORDINATOR, None, at(f.NOW))
        assert tasks_of(session) == []
        pass_time(session, days_before(0))
        assert tasks_of(session) == []

    def test_a_moved_visit_is_watched_on_its_new_date_only(self, session: Session, cast: Cast, visit: Visit) -> None:
        later = START + timedelta(days=14)
        visits.move(session, NOBODY, visit.introduction.key, later, later + HOUR, Side.TEACHER, at(f.NOW))
        cast.ramon.clearance_expires_on = DAY
        session.flush()
        pass_time(session, days_before(17))
        assert tasks_of(session) == []
        pass_time(session, days_before(16))
        assert [task.detail["day"] for task in tasks_of(session)] == ["2026-12-03"]


class TestTheDay:
    @pytest.mark.parametrize(("ends", "refused"), [(DAY, False), (DAY - timedelta(days=1), True)])
    def test_a_date_that_the_clearance_is_known_not_to_reach_is_not_agreed(
        self, session: Session, cast: Cast, ends: date, refused: bool
    ) -> None:
        cast.ramon.clearance_expires_on = ends
        introduction = agreed(cast)
        if refused:
            with pytest.raises(NotCleared):
                visits.schedule(session, introduction, START, START + HOUR, f.NOW)
        else:
            visits.schedule(session, introduction, START, START + HOUR, f.NOW)

    def test_the_day_is_the_regions(self, session: Session, cast: Cast) -> None:
        cast.ramon.clearance_expires_on = DAY
        late = datetime(2026, 11, 20, 2, tzinfo=UTC)  # Seven in the evening of the 19th in Phoenix.
        visits.schedule(session, agreed(cast, at=late), late, late + HOUR, f.NOW)

    def test_no_visit_moves_behind_its_clearance(self, session: Session, cast: Cast, visit: Visit) -> None:
        cleared_until(session, cast.ramon, DAY)
        later = START + timedelta(days=1)
        with pytest.raises(NotCleared):
            visits.move(session, NOBODY, visit.introduction.key, later, later + HOUR, Side.TEACHER, at(f.NOW))

    def test_where_the_rules_ask_for_none_nothing_is_refused_and_nothing_raised(
        self, session: Session, cast: Cast
    ) -> None:
        cast.ramon.clearance = Clearance.NONE
        f.ClearanceRuleFactory(region=cast.region)
        visits.schedule(session, agreed(cast), START, START + HOUR, f.NOW)
        pass_time(session, days_before(0))
        assert tasks_of(session) == []


class TestWhatIsKept:
    def test_status_issuer_and_dates_and_the_audit_says_what_they_were(
        self, session: Session, cast: Cast, clock: Any
    ) -> None:
        before = cast.region.revision
        kept = Kept(Clearance.CLEARED, "Department of Public Safety", date(2026, 9, 1), date(2032, 9, 1))
        clearances.record(session, acting(cast.marisol), cast.ramon.id, kept, clock)
        assert (cast.ramon.clearance_issuer, cast.ramon.clearance_issued_on) == (kept.issuer, kept.issued_on)
        assert cast.ramon.revision == cast.region.revision == before + 1
        event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CLEARANCE_RECORDED.value)).one()
        assert event.actor_id == cast.marisol.id
        assert event.detail["before"]["ends_on"] == "2027-06-30" and event.detail["after"]["ends_on"] == "2032-09-01"
        clearances.record(session, acting(cast.marisol), cast.ramon.id, kept, clock)
        assert cast.region.revision == before + 1

    def test_dates_are_only_those_of_one_that_was_given(self, session: Session, cast: Cast, clock: Any) -> None:
        kept = Kept(Clearance.IN_PROCESS, "County", date(2026, 1, 1), date(2026, 2, 1))
        clearances.record(session, NOBODY, cast.ramon.id, kept, clock)
        assert (cast.ramon.clearance_issuer, cast.ramon.clearance_expires_on) == (None, None)

    def test_none_ends_before_it_begins(self, session: Session, cast: Cast, clock: Any) -> None:
        with pytest.raises(Invalid):
            kept = Kept(Clearance.CLEARED, None, date(2026, 2, 1), date(2026, 1, 1))
            clearances.record(session, NOBODY, cast.ramon.id, kept, clock)

    def test_requests_that_found_nobody_are_ranked_again(self, session: Session, cast: Cast, clock: Any) -> None:
        f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state="none_yet")
        cleared_until(session, cast.ramon, date(2030, 1, 1))
        assert session.scalars(select(OutboxItem).where(OutboxItem.queue == QueueName.RANKING)).one()

    def test_schools_of_own_children_are_a_set(self, session: Session, cast: Cast, clock: Any) -> None:
        other, foreign = f.SchoolFactory(region=cast.region), f.SchoolFactory(region=cast.next_door)
        for wanted in ({cast.school.id}, {cast.school.id, other.id}, {other.id}, {other.id}):
            clearances.set_family_schools(session, NOBODY, cast.ramon.id, wanted, clock)
            there = select(FamilySchool.school_id).where(FamilySchool.partner_id == cast.ramon.id)
            assert set(session.scalars(there)) == wanted
        with pytest.raises(NotFound):
            clearances.set_family_schools(session, NOBODY, cast.ramon.id, {foreign.id}, clock)


class TestRules:
    def test_rows_are_added_behind_moved_and_removed(self, session: Session, cast: Cast, clock: Any) -> None:
        ada = acting(cast.ada)
        rows = [
            clearance_rules.add(session, ada, cast.region.id, Rule(None, None, None, None, required), note, clock)
            for required, note in ((True, "first"), (False, "second"), (True, "third"))
        ]
        clearance_rules.move(session, ada, rows[2].id, up=True, clock=clock)
        clearance_rules.move(session, ada, rows[0].id, up=True, clock=clock)
        clearance_rules.remove(session, ada, rows[1].id, clock)
        assert [rule.note for rule in clearance_rules.rules_of(session, cast.region.id)] == ["first", "third"]
        done = session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_kind == "clearance_rule"))
        assert sorted(done) == ["clearances:rule:added"] * 3 + ["clearances:rule:moved", "clearances:rule:removed"]

    def test_a_table_can_be_read_in_one_go(self, session: Session, cast: Cast, clock: Any) -> None:
        for position in range(1, clearance_rules.MOST_RULES + 1):
            f.ClearanceRuleFactory(region=cast.region, position=position)
        with pytest.raises(Invalid):
            clearance_rules.add(session, NOBODY, cast.region.id, Rule(None, None, None, None, True), "", clock)

    def test_a_new_rule_raises_what_it_makes_wanting_and_settles_what_it_spares(
        self, session: Session, cast: Cast
    ) -> None:
        cast.region.clearance_required, cast.ramon.clearance = False, Clearance.UNKNOWN
        soon = f.NOW + timedelta(days=20)
        visits.schedule(session, agreed(cast, at=soon), soon, soon + HOUR, f.NOW)
        ada = acting(cast.ada)
        rule = clearance_rules.add(session, ada, cast.region.id, Rule(None, None, None, None, True), "", at(f.NOW))
        pass_time(session, f.NOW)
        assert len(tasks_of(session)) == 1
        clearance_rules.remove(session, ada, rule.id, at(f.NOW + HOUR))
        pass_time(session, f.NOW + HOUR)
        assert tasks_of(session) == []


class TestPlan:
    def test_somebody_in_the_room_is_named(self, session: Session, cast: Cast, visit: Visit, clock: Any) -> None:
        with pytest.raises(Invalid):
            clearances.plan_visit(session, NOBODY, visit.id, Plan(True, "", "", None, ""), Side.TEACHER, clock)
        assert not clearances.plan_visit(session, acting(cast.ana.account), visit.id, WATCHED, Side.TEACHER, clock)
        assert (visit.room, visit.planned_at) == ("12", f.NOW)
        clearances.plan_visit(session, NOBODY, visit.id, Plan(True, "Tomás", "", None, ""), Side.TEACHER, clock)
        assert (visit.staff_name, visit.room, visit.sign_in) == ("Tomás", "12", "")

    def test_nobody_in_the_room_may_make_a_clearance_needed(self, session: Session, cast: Cast, clock: Any) -> None:
        f.ClearanceRuleFactory(region=cast.region, repeated=None)
        cast.ramon.clearance, cast.ramon.clearance_expires_on = Clearance.NONE, None
        visit = visits.schedule(session, agreed(cast), START, START + HOUR, f.NOW)
        assert clearances.plan_visit(session, NOBODY, visit.id, ALONE, Side.TEACHER, clock)
        assert [task.detail["supervised"] for task in tasks_of(session)] == [False]
        assert len(letters_of(session, "clearance_ends")) == 1
        assert not clearances.plan_visit(session, NOBODY, visit.id, WATCHED, Side.TEACHER, clock)
        assert tasks_of(session) == []

    def test_what_is_over_is_not_planned(self, session: Session, visit: Visit) -> None:
        with pytest.raises(VisitBehind):
            clearances.plan_visit(session, NOBODY, visit.id, WATCHED, Side.TEACHER, at(START))

    def test_a_visit_without_one_asks_the_teacher_once_three_school_days_before(
        self, session: Session, cast: Cast, visit: Visit
    ) -> None:
        f.ClosureFactory(region=cast.region, first_on=DAY - timedelta(days=2), last_on=DAY - timedelta(days=1))
        # Monday is the last school day before; Friday and Thursday of the week before make three. The watch was put
        # before the closure was known, so it is put anew by a move.
        later = START + HOUR
        visits.move(session, NOBODY, visit.introduction.key, later, later + HOUR, Side.TEACHER, at(f.NOW))
        pass_time(session, datetime(2026, 11, 12, 14, 59, tzinfo=UTC))
        assert letters_of(session, "plan_wanted") == []
        pass_time(session, datetime(2026, 11, 12, 15, 0, tzinfo=UTC))
        assert [item.payload["side"] for item in letters_of(session, "plan_wanted")] == ["teacher"]
        pass_time(session, days_before(0))
        assert len(letters_of(session, "plan_wanted")) == 1

    def test_a_visit_with_one_asks_nobody(self, session: Session, visit: Visit, clock: Any) -> None:
        clearances.plan_visit(session, NOBODY, visit.id, WATCHED, Side.TEACHER, clock)
        pass_time(session, days_before(0))
        assert letters_of(session, "plan_wanted") == []


def test_a_clearance_is_watched_by_the_mailer_like_every_other_follow_up(session: Session, visit: Visit) -> None:
    item = outbox.take(session, f"{clearances.WATCH}:{visit.introduction.key}:0")
    assert item is not None and item.queue is QueueName.MAIL
