"""Everybody does anything in any order, and time passes: what must always hold, holds, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.errors import DomainError
from matchmaker.queries import rankings
from matchmaker.services import (
    holds,
    introductions,
    partners,
    proposals,
    reflections,
    requests,
    standing,
    tasks,
    visits,
)
from matchmaker.services.introductions import Spoken
from matchmaker.settings import Settings
from models import (
    LIVE_INTRODUCTIONS,
    Again,
    AnswerVia,
    Backup,
    BackupState,
    CapacityUnit,
    Introduction,
    IntroductionState,
    LearningRequest,
    NotNowReason,
    OtherTime,
    OutboxItem,
    Proposal,
    ProposalState,
    RequestState,
    Side,
    StateChange,
    Task,
    Visit,
)
from tests import factories as f
from tests.cast import assemble
from tests.services.conftest import acting
from tests.services.passing import Passing

HOUR = timedelta(hours=1)
_I = IntroductionState
HELD = frozenset({_I.MET, _I.REFLECTED})
WAITING = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)
FINAL = frozenset({_I.UNDONE, _I.NOT_NOW, _I.LAPSED, _I.WITHDRAWN, _I.CANCELLED, _I.NOT_HELD}) | HELD
WAITS_ON = {
    _I.APPROVED: "invitation",
    _I.INVITED: "unanswered",
    _I.OTHER_TIMES: "times_unanswered",
    _I.ACCEPTED: "introduction_",
    _I.INTRODUCED: "no_date",
    _I.SCHEDULED: "visit_over",
}
"""What is left in the outbox for each state that nobody may wait in for ever."""

numbers = st.integers(0, 5)
rarely = st.integers(0, 3).map(lambda n: n == 0)
sides = st.sampled_from([Side.TEACHER, Side.PARTNER])
spoken = st.sampled_from([None, AnswerVia.PHONE, AnswerVia.IN_PERSON])


class Everybody(RuleBasedStateMachine):
    """Two coordinators, a teacher with three requests, four partners. The database is the real one."""

    session: Session
    settings_of_app: Settings

    @initialize(wanted=st.integers(1, 2))
    def people(self, wanted: int) -> None:
        self.savepoint = self.session.begin_nested()
        self.cast = assemble()
        self.time = Passing(self.session, self.settings_of_app)
        region = self.cast.region
        f.ClosureFactory(
            region=region, first_on=f.NOW.date() + timedelta(days=7), last_on=f.NOW.date() + timedelta(days=11)
        )
        self.partners = [self.cast.esperanza, self.cast.ramon, *(f.PartnerFactory(region=region) for _ in range(2))]
        for partner, most in zip(self.partners, (1, 2, 1, 2), strict=True):
            partner.monthly_capacity = most
        far = [(f.NOW + timedelta(days=n), f.NOW + timedelta(days=n) + HOUR) for n in (20, 34, 50)]
        near = [(f.NOW + timedelta(days=3), f.NOW + timedelta(days=3) + HOUR)]
        self.requests = [self._post(windows, wanted) for windows in (far, near, ())]
        self.time.until(self.time.now)

    def _post(self, windows: Any, wanted: int) -> LearningRequest:
        draft = requests.RequestDraft(title="A", text="B", windows=tuple(windows), partners_wanted=wanted)
        return requests.post(self.session, acting(self.cast.ana.account), self.cast.ana, draft, self.time.clock)

    def teardown(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        try:
            self._silence_ends()
        finally:
            self.savepoint.rollback()
            self.session.expire_all()

    # What people do. A refusal is fine; it undoes what was begun, as it does for a page.

    @rule(which=numbers, choice=numbers, backups=st.lists(numbers, max_size=2), ben=st.booleans())
    def approve(self, which: int, choice: int, backups: list[int], ben: bool) -> None:
        request = self._one(self.requests, which)
        ranking = rankings.latest(self.session, request.id)
        open_ones = self._open_proposals(request)
        if ranking is None or not open_ones:
            return
        self._try(
            proposals.approve,
            acting(self.cast.ben if ben else self.cast.marisol),
            request_id=request.id,
            ranking_id=ranking.id,
            proposal_id=self._one(open_ones, choice).id,
            backups=[self._one(open_ones, n).id for n in backups],
            clock=self.time.clock,
        )

    @rule(which=numbers, really=rarely)
    def undo(self, which: int, really: bool) -> None:
        if really:
            marisol = acting(self.cast.marisol)
            self._about(which, lambda it: self._try(proposals.undo, marisol, it.id, self.time.clock), _I.APPROVED)

    @rule(which=numbers, choice=numbers)
    def pass_over(self, which: int, choice: int) -> None:
        open_ones = self._open_proposals(self._one(self.requests, which))
        if open_ones:
            reason = proposals.PassReason.DATES
            chosen = self._one(open_ones, choice).id
            self._try(proposals.pass_over, acting(self.cast.ben), chosen, reason, "", self.time.clock)

    @rule(which=numbers, window=numbers, via=spoken)
    def say_yes(self, which: int, window: int, via: AnswerVia | None) -> None:
        self._about(which, lambda it: self._say_yes(it, window, via), _I.INVITED, _I.NOT_NOW, _I.OTHER_TIMES)

    @rule(which=numbers, days=st.lists(st.integers(1, 60), min_size=1, max_size=3), via=spoken)
    def propose_times(self, which: int, days: list[int], via: AnswerVia | None) -> None:
        times = [(self.time.now + timedelta(days=n), self.time.now + timedelta(days=n) + HOUR) for n in days]
        self._about(
            which,
            lambda it: self._try(introductions.propose_times, it.key, times, self.time.clock, self._said(via)),
            _I.INVITED,
        )

    @rule(which=numbers, choice=numbers)
    def take_a_time(self, which: int, choice: int) -> None:
        def take(it: Introduction) -> None:
            times = self.session.scalars(select(OtherTime).where(OtherTime.introduction_id == it.id)).all()
            if times:
                self._try(introductions.take_time, it.key, self._one(times, choice).id, self.time.clock)

        self._about(which, take, _I.OTHER_TIMES)

    @rule(which=numbers)
    def say_none_fits(self, which: int) -> None:
        self._about(which, lambda it: self._try(introductions.none_fits, it.key, self.time.clock), _I.OTHER_TIMES)

    @rule(which=numbers, why=st.sampled_from([None, *NotNowReason]), via=spoken)
    def say_not_now(self, which: int, why: NotNowReason | None, via: AnswerVia | None) -> None:
        self._about(which, lambda it: self._try(introductions.not_now, it.key, why, self.time.clock, self._said(via)))

    @rule(which=numbers, side=sides, days=st.integers(1, 60))
    def set_or_move_the_date(self, which: int, side: Side, days: int) -> None:
        start = self.time.now + timedelta(days=days)

        def change(it: Introduction) -> None:
            verb = visits.move if visits.of(self.session, it) else visits.agree
            self._try(verb, acting(self.cast.marisol), it.key, start, start + HOUR, side, self.time.clock)

        self._about(which, change, _I.INTRODUCED, _I.SCHEDULED)

    @rule(which=numbers, side=sides)
    def cancel(self, which: int, side: Side) -> None:
        nobody = acting(self.cast.charlie)
        self._about(
            which, lambda it: self._try(visits.cancel, nobody, it.key, side, None, self.time.clock), _I.SCHEDULED
        )

    @rule(which=numbers, side=sides, took_place=st.booleans(), again=st.sampled_from([None, *Again]))
    def reflect(self, which: int, side: Side, took_place: bool, again: Again | None) -> None:
        said = reflections.Said(took_place, again)
        self._about(
            which, lambda it: self._try(reflections.write, it.key, side, said, self.time.clock), _I.SCHEDULED, _I.MET
        )

    @rule(which=numbers, really=rarely)
    def withdraw(self, which: int, really: bool) -> None:
        if really:
            teacher = acting(self.cast.ana.account)
            self._try(requests.withdraw, teacher, self._one(self.requests, which).id, self.time.clock)

    @rule(which=numbers, days=st.integers(0, 30))
    def put_on_hold_or_take_up(self, which: int, days: int) -> None:
        """For so many days; for none, it is taken up again."""
        about = (acting(self.cast.ben), self._one(self.requests, which).id)
        if days:
            until = self.time.now.date() + timedelta(days=days)
            self._try(holds.hold, *about, until, "A call first", self.time.clock)
        else:
            self._try(holds.release, *about, self.time.clock)

    @rule(which=numbers, choice=numbers, side=sides)
    def all_goes_well(self, which: int, choice: int, side: Side) -> None:
        """Somebody does what everybody hopes for next, so that walks lead far."""
        request = self._one(self.requests, which)
        live = [it for it in self._introductions() if it.request_id == request.id and it.state in LIVE_INTRODUCTIONS]
        if not live:
            self.approve(which, choice, [choice + 1], ben=False)
            return
        it = self._one(live, choice)
        if it.state is _I.APPROVED:
            self.time.until(max(it.due_at, self.time.now))
        elif it.state is _I.INVITED:
            self._say_yes(it, choice, None)
        elif it.state is _I.ACCEPTED:
            self.time.until(self.time.now + HOUR)
        elif it.state is _I.INTRODUCED:
            start = self.time.now + timedelta(days=10 + choice)
            self._try(visits.agree, acting(self.cast.marisol), it.key, start, start + HOUR, side, self.time.clock)
        elif it.state is _I.SCHEDULED:
            visit = visits.of(self.session, it)
            assert visit is not None
            self.time.until(max(visit.ends_at, self.time.now))
            said = reflections.Said(took_place=True, again=Again.YES)
            self._try(reflections.write, it.key, side, said, self.time.clock)

    @rule(which=numbers, capacity=st.integers(0, 2), pause=st.booleans())
    def change_a_profile(self, which: int, capacity: int, pause: bool) -> None:
        partner = self._one(self.partners, which)
        partner.monthly_capacity = capacity
        verb = partners.pause if pause else partners.resume
        self._try(verb, acting(self.cast.marisol), partner, self.time.clock)

    @rule(which=numbers)
    def finish_a_task(self, which: int) -> None:
        found = self.session.scalars(select(Task).where(Task.done_at.is_(None)).order_by(Task.id)).all()
        if found:
            self._try(tasks.close, acting(self.cast.ben), self._one(found, which).id, self.time.clock)

    @rule(which=numbers)
    def lose_a_mail_for_good(self, which: int) -> None:
        waiting = self.session.scalars(
            select(OutboxItem).where(OutboxItem.kind == "invitation", OutboxItem.done_at.is_(None))
        ).all()
        if waiting:
            self._one(waiting, which).failed_at = self.time.now

    @rule(hours=st.sampled_from([1, 12, 24, 72, 24 * 8, 24 * 20]))
    def time_passes(self, hours: int) -> None:
        self.time.until(self.time.now + hours * HOUR)

    # What must hold at every moment.

    @invariant()
    def every_live_introduction_holds_one_unit_and_no_other_does(self) -> None:
        held = dict(
            self.session.execute(
                select(CapacityUnit.introduction_id, func.count())
                .where(CapacityUnit.released_at.is_(None))
                .group_by(CapacityUnit.introduction_id)
            ).all()  # type: ignore[arg-type]
        )
        for it in self._introductions():
            wanted = 1 if it.state in LIVE_INTRODUCTIONS | HELD else 0
            assert held.get(it.id, 0) == wanted, (it.id, it.state)

    @invariant()
    def a_request_stands_as_its_introductions_do(self) -> None:
        of_request: dict[int, list[Introduction]] = {}
        for it in self._introductions():
            of_request.setdefault(it.request_id, []).append(it)
        for request in getattr(self, "requests", ()):
            states = [it.state for it in of_request.get(request.id, [])]
            live = [state for state in states if state in LIVE_INTRODUCTIONS]
            assert len(live) <= request.partners_wanted
            if request.state is RequestState.WITHDRAWN:
                assert not live
            elif live:
                agreed = all(state is _I.SCHEDULED for state in live)
                assert request.state is (RequestState.SCHEDULED if agreed else RequestState.PLACED)
            else:
                assert request.state not in (RequestState.PLACED, RequestState.SCHEDULED)
                assert (request.state is RequestState.DONE) == any(state in HELD for state in states)

    @invariant()
    def only_a_request_that_wants_somebody_is_on_hold(self) -> None:
        for request in getattr(self, "requests", ()):
            if request.held(self.time.now):
                assert request.held_by_id == self.cast.ben.id
                assert request.state in WAITING or standing.wants_more(self.session, request)

    @invariant()
    def a_visit_and_its_introduction_agree(self) -> None:
        for it in self._introductions():
            visit = self.session.scalar(select(Visit).where(Visit.introduction_id == it.id))
            if it.state in HELD | {_I.SCHEDULED, _I.NOT_HELD}:
                assert visit is not None and visit.cancelled_at is None
            if visit is not None:
                assert (visit.cancelled_at is not None) == (it.state is _I.CANCELLED)

    @invariant()
    def backups_wait_only_behind_somebody(self) -> None:
        alive = {it.first_id or it.id for it in self._introductions() if it.state in LIVE_INTRODUCTIONS | HELD}
        for backup in self.session.scalars(select(Backup).where(Backup.state == BackupState.WAITING)):
            assert backup.introduction_id in alive

    @invariant()
    def somebody_or_something_has_a_next_step(self) -> None:
        for it in self._introductions():
            if it.state in WAITS_ON:
                kind = WAITS_ON[it.state]
                # A mail put aside waits for the coordinators, on the desk.
                assert self._left(kind, it, put_aside_too=it.state is _I.APPROVED), (it.state, it.id)
        for request in getattr(self, "requests", ()):
            if request.state not in (RequestState.DONE, RequestState.WITHDRAWN):
                assert self._watched(request), request.state

    def _silence_ends(self) -> None:
        """From wherever things stand, everybody is silent for most of a school year: in the end nothing waits for
        anybody but a named coordinator, who has been told by a task."""
        self.time.until(self.time.now + timedelta(days=200))
        for it in self._introductions():
            stuck = it.state is _I.APPROVED and self._left("invitation", it, put_aside_too=True)
            undated = it.state is _I.INTRODUCED
            assert it.state in FINAL or stuck or undated, it.state
            if undated:
                assert self._task(f"no-date:{it.id}")
        for request in self.requests:
            if request.state in (RequestState.DONE, RequestState.WITHDRAWN):
                continue
            dated = any(it.state is _I.INTRODUCED for it in self._introductions() if it.request_id == request.id)
            assert dated or self._task(f"silence:{request.id}") or self._task(f"nobody-left:{request.id}")
        self._history_is_whole()

    def _history_is_whole(self) -> None:
        last: dict[int, str] = {}
        for change in self.session.scalars(
            select(StateChange).where(StateChange.introduction_id.is_not(None)).order_by(StateChange.id)
        ):
            assert change.introduction_id is not None
            assert last.get(change.introduction_id, "approved") == change.before
            last[change.introduction_id] = change.after
        for it in self._introductions():
            assert last.get(it.id, "approved") == it.state

    def _left(self, kind: str, it: Introduction, *, put_aside_too: bool = False) -> bool:
        waits = OutboxItem.failed_at.is_(None) if not put_aside_too else OutboxItem.id.is_not(None)
        return bool(
            self.session.scalar(
                select(func.count(OutboxItem.id)).where(
                    OutboxItem.kind.startswith(kind),
                    OutboxItem.payload["introduction_id"].as_integer() == it.id,
                    OutboxItem.done_at.is_(None),
                    waits,
                )
            )
        )

    def _watched(self, request: LearningRequest) -> bool:
        return bool(
            self.session.scalar(
                select(func.count(OutboxItem.id)).where(
                    OutboxItem.key == f"silence:{request.id}", OutboxItem.done_at.is_(None)
                )
            )
        )

    def _task(self, key: str) -> bool:
        return bool(self.session.scalar(select(func.count(Task.id)).where(Task.key == key, Task.done_at.is_(None))))

    def _introductions(self) -> list[Introduction]:
        if not hasattr(self, "requests"):
            return []
        self.session.flush()
        ids = [request.id for request in self.requests]
        return list(
            self.session.scalars(select(Introduction).where(Introduction.request_id.in_(ids)).order_by(Introduction.id))
        )

    def _open_proposals(self, request: LearningRequest) -> list[Proposal]:
        ranking = rankings.latest(self.session, request.id)
        if ranking is None:
            return []
        return list(
            self.session.scalars(
                select(Proposal)
                .where(Proposal.ranking_id == ranking.id, Proposal.state == ProposalState.OPEN)
                .order_by(Proposal.rank)
            )
        )

    def _about(self, which: int, do: Callable[[Introduction], None], *states: IntroductionState) -> None:
        """Something about an introduction in one of these states, or in any where there is none."""
        everyone = self._introductions()
        found = [it for it in everyone if it.state in states] or everyone
        if found:
            do(self._one(found, which))

    def _say_yes(self, it: Introduction, window: int, via: AnswerVia | None) -> None:
        chosen = self._one(it.request.windows, window).id if it.request.windows else None
        self._try(introductions.accept, it.key, chosen, self.time.clock, self._said(via))

    def _said(self, via: AnswerVia | None) -> Spoken:
        return Spoken() if via is None else Spoken(via, acting(self.cast.marisol))

    def _try(self, verb: Callable[..., Any], *what: Any, **named: Any) -> None:
        try:
            with self.session.begin_nested():
                verb(self.session, *what, **named)
        except DomainError:
            self.session.expire_all()

    @staticmethod
    def _one(of: Any, which: int) -> Any:
        return of[which % len(of)]


def walk(session: Session, settings: Settings, examples: int, steps: int) -> None:
    machine = type("EverybodyHere", (Everybody,), {"session": session, "settings_of_app": settings})
    run_state_machine_as_test(
        machine, settings=profile(max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True)
    )


def test_whatever_anybody_does(session: Session, settings: Settings) -> None:
    walk(session, settings, examples=4, steps=25)


@pytest.mark.full
def test_whatever_anybody_does_at_length(session: Session, settings: Settings) -> None:
    walk(session, settings, examples=30, steps=40)
