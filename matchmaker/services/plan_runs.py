"""The run of a plan: read the region, plan it in rounds, take effect whole or not at all.

The transaction of a run holds the lock on its outbox item and nothing else until the end. Whoever is killed lets go of
it together with the connection, and the next worker takes the run up again. How far it is, that it lives, and whether
somebody cancelled it goes through sessions of their own that commit at once.

At the end rows are locked as everywhere: requests, partners, the region, the plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import structlog
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from matching import plans as made_of
from matching.comparison import Comparison, compare, dial_curve
from matching.equity import Policy
from matching.planner import plan as plan_region
from matching.walk import ROUNDS
from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import NOBODY
from matchmaker.queries import plans, rankings
from matchmaker.queries.planning import Gathered, changed, gather, last_month
from matchmaker.services import planning, renewing
from models import EquityPolicy, LearningRequest, Partner, Plan, PlanKind, PlannedPlace, PlanState, Region

log = structlog.get_logger()

MOST_ATTEMPTS = 5
"""A run that ended its process so often is given up; the next night begins another."""
BEATS_EVERY = 0.5
"""Seconds between two signs of life within one round."""
CURVE_ROUNDS = 6
"""Rounds for each position of the dial: enough for a picture."""
_ROWS_AT_ONCE = 5_000

Watch = Callable[[int, int], None]


@dataclass
class Lease:
    """One process's hold on a run, and its way of telling the desk how far it is.

    ``side`` opens sessions of their own; ``go_on`` says whether this process may go on; ``watch`` hears of every beat.
    """

    plan_id: int
    holder: str
    side: Callable[[], Session]
    clock: Clock
    go_on: Callable[[], bool] = lambda: True
    watch: Watch = lambda done, rounds: None
    lost: bool = field(default=False, init=False)
    _beaten: tuple[float, int] = field(default=(0.0, -1), init=False)

    def take_up(self) -> bool:
        """Begin the run, or begin it again after a process that was lost. False when there is nothing left to do."""
        with self.side() as session, session.begin():
            plan = session.get_one(Plan, self.plan_id, with_for_update=True)
            if plan.finished_at is not None:
                return False
            if plan.cancel_at is not None:
                _end(plan, PlanState.CANCELLED, self.clock())
                return False
            if plan.attempts >= MOST_ATTEMPTS:
                _end(plan, PlanState.FAILED, self.clock())
                audit.record(session, NOBODY, audit.Tag.PLAN_FAILED, plan, at=self.clock(), attempts=plan.attempts)
                return False
            self._begin(session, plan)
            return True

    def _begin(self, session: Session, plan: Plan) -> None:
        plan.state, plan.holder, plan.heartbeat_at = PlanState.RUNNING, self.holder, self.clock()
        plan.started_at = plan.started_at or plan.heartbeat_at
        plan.attempts += 1
        plan.rounds_done = plan.rounds = 0
        plan.after_id = session.get_one(Region, plan.region_id).plan_id
        if plan.kind is not PlanKind.TRIAL:
            policy = rankings.policy_in_effect(session, plan.region_id)
            plan.policy_id, plan.numbers = policy.id, dict(policy.numbers)

    def tell(self, **figures: Any) -> None:
        """Let the desk know what is planned."""
        self._write(figures=figures)

    def beat(self, done: int, rounds: int) -> bool:
        """Give a sign of life; False when the run is to end, cancelled or taken away or this process told to stop."""
        self.watch(done, rounds)
        at, told = self._beaten
        if done == told and time.monotonic() - at < BEATS_EVERY:
            return self.go_on()
        self._beaten = time.monotonic(), done
        return self._write(rounds_done=done, rounds=rounds) and self.go_on()

    def _write(self, **values: Any) -> bool:
        with self.side() as session, session.begin():
            row = session.execute(
                update(Plan)
                .where(Plan.id == self.plan_id, Plan.state == PlanState.RUNNING, Plan.holder == self.holder)
                .values(heartbeat_at=self.clock(), **values)
                .returning(Plan.cancel_at)
            ).one_or_none()
        self.lost = row is None
        return row is not None and row.cancel_at is None

    def let_go(self) -> bool:
        """After a run that was stopped: True when it has ended for good, False when it waits to be taken up again."""
        if self.lost:
            return True
        with self.side() as session, session.begin():
            plan = session.get_one(Plan, self.plan_id, with_for_update=True)
            if not self.holds(plan):
                return True
            if plan.cancel_at is not None:
                _end(plan, PlanState.CANCELLED, self.clock())
                return True
            plan.state, plan.holder, plan.heartbeat_at = PlanState.WAITING, None, None
            plan.attempts -= 1
            return False

    def holds(self, plan: Plan) -> bool:
        """Whether the run is still this process's."""
        return plan.state is PlanState.RUNNING and plan.holder == self.holder


def run(session: Session, lease: Lease) -> bool:
    """Make a plan and let it take effect. False when this process had to stop before; the caller commits.

    The caller holds the lock on the plan's outbox item.
    """
    if not lease.take_up():
        return True
    began = time.monotonic()
    plan = session.get_one(Plan, lease.plan_id, populate_existing=True)
    region, policy = session.get_one(Region, plan.region_id), Policy.of(plan.numbers)
    gathered = gather(session, region, policy, lease.clock())
    asked = {"requests": len(gathered.request_ids), "people": gathered.people}
    lease.tell(**asked)
    trial = plan.kind is PlanKind.TRIAL
    if not gathered.request_ids:
        more = tried(session, region, plan, gathered, None, lease) if trial else {}
        return lease.let_go() if more is None else _nothing_to_plan(session, lease, {**asked, **more})
    # A trial shows what a setting does by itself; only what takes effect is softened until it keeps the promise.
    made = plan_region(gathered.instance, policy, progress=lease.beat, soften=not trial)
    if made.stopped:
        return lease.let_go()
    more = tried(session, region, plan, gathered, made, lease) if trial else beside(gathered, made, lease)
    if more is None:
        return lease.let_go()
    seconds = round(time.monotonic() - began, 2)
    figures = {**asked, **figures_of(gathered, made), **more, "seconds": seconds}
    _finish(session, lease, gathered, made, figures)
    return True


def warm() -> None:
    """Have the auction compiled before the first plan waits for it: plan one request with one candidate."""
    one = np.zeros(1, dtype=np.int64)
    alone = made_of.Instance(
        candidates=np.zeros((1, 1), dtype=np.int32),
        relevance=np.full((1, 1), 0.5, dtype=np.float32),
        capacity=one + 1,
        school=one,
        need=np.ones(1),
        group=one,
        slots=plans.SLOTS,
    )
    plan_region(alone, rounds=1)


def figures_of(gathered: Gathered, made: made_of.Plan) -> dict[str, Any]:
    """What is kept of a plan beside its places: the certificate, and the policy as it was used."""
    certificate = made.certificate
    return {
        "certificate": {
            **asdict(certificate),
            "empty": [gathered.request_ids[at] for at in certificate.empty],
            "quality": certificate.quality,
            "feasible": certificate.feasible,
        },
        "used": asdict(made.policy),
        "picked": [gathered.request_ids[at] for at in made.picked.nonzero()[0]],
    }


def beside(gathered: Gathered, made: made_of.Plan, lease: Lease) -> dict[str, Any]:
    """A plan beside the one for closeness alone, and beside other positions of the dial."""
    alive = _alive(lease)
    closest = plan_region(gathered.instance, made.asked.turned(0.0), progress=alive)
    if closest.stopped:
        # The plan itself is whole; beside half a plan it would seem better than it is.
        return {}
    curve = dial_curve(gathered.instance, made.asked, rounds=CURVE_ROUNDS, progress=alive)
    return {"comparison": compared(gathered, compare(gathered.instance, closest, made)), "curve": curve}


def tried(
    session: Session, region: Region, plan: Plan, tonight: Gathered, made: made_of.Plan | None, lease: Lease
) -> dict[str, Any] | None:
    """What a trial changes, beside the version it was asked under: tonight, and over the last month's requests.

    None where it was stopped before it had looked at both: it is decided by both.
    """
    alive, after = _alive(lease), Policy.of(plan.numbers)
    before = Policy.of(session.get_one(EquityPolicy, plan.policy_id).numbers)
    month = last_month(session, region, after, lease.clock())
    told: dict[str, Any] = {"dial": plan.numbers.get("dial"), "tonight": None, "last_month": None}
    for name, gathered, by_trial in (("tonight", tonight, made), ("last_month", month, None)):
        if not gathered.request_ids:
            continue
        pair = [
            plan_region(gathered.instance, before, progress=alive),
            by_trial or plan_region(gathered.instance, after, progress=alive, soften=False),
        ]
        # Beside half a plan the other would seem better than it is.
        if any(each.stopped for each in pair):
            return None
        quality = dict(zip(("before", "after"), (each.certificate.quality for each in pair), strict=True))
        told[name] = {**compared(gathered, compare(gathered.instance, *pair)), "quality": quality}
    return told


def _alive(lease: Lease) -> Callable[[int, int], bool]:
    """Signs of life after the plan itself is made."""
    return lambda done, rounds: lease.beat(ROUNDS, ROUNDS)


def compared(gathered: Gathered, comparison: Comparison) -> dict[str, Any]:
    """A comparison as JSON, with the ids of schools, requests and partners instead of positions."""

    def who(node: int | None) -> int | None:
        return None if node is None else gathered.partner_ids[node]

    told = asdict(comparison)
    for school in told["schools"]:
        school["school_id"] = gathered.school_ids[school.pop("school")]
    told["lorenz"] = dict(zip(("before", "after"), told["lorenz"], strict=True))
    told["moved"] = [
        {"request_id": gathered.request_ids[each.request], "before": who(each.before), "after": who(each.after)}
        for each in comparison.moved
    ]
    return told


def terms_of(gathered: Gathered, made: made_of.Plan) -> dict[str, Any]:
    """What ranks one request until the next plan; ``school_ids`` says whose the first two lists are."""
    return {"school_ids": gathered.school_ids, **asdict(made.terms)}


def _finish(session: Session, lease: Lease, gathered: Gathered, made: made_of.Plan, figures: dict[str, Any]) -> None:
    plan = session.get_one(Plan, lease.plan_id)
    rows = list(_places(plan, gathered, made))
    # Held before the region's row, as whoever decides on a request or changes a partner holds them.
    _hold(session, LearningRequest, gathered.request_ids)
    _hold(session, Partner, sorted({row["partner_id"] for row in rows}))
    region = session.get_one(Region, plan.region_id, with_for_update={"key_share": True}, populate_existing=True)
    plan = session.get_one(Plan, plan.id, with_for_update=True, populate_existing=True)
    if not lease.holds(plan):
        log.warning("plan_taken_away", plan=plan.id, state=plan.state.value, holder=plan.holder)
        return
    now = lease.clock()
    plan.figures, plan.terms, plan.rounds_done = figures, terms_of(gathered, made), plan.rounds
    if plan.cancel_at is not None:
        _end(plan, PlanState.CANCELLED, now)
    elif plan.kind is PlanKind.TRIAL:
        _end(plan, PlanState.DONE, now)
    elif _overtaken(session, region, plan):
        _give_way(session, region, plan, lease.clock)
    else:
        anew = changed(session, gathered)
        _take_effect(session, region, plan, [row for row in rows if row["request_id"] not in anew], now)


def _overtaken(session: Session, region: Region, plan: Plan) -> bool:
    """Whether another plan or another policy took effect since this run began. The region's row is locked."""
    return region.plan_id != plan.after_id or rankings.policy_in_effect(session, region.id).id != plan.policy_id


def _give_way(session: Session, region: Region, plan: Plan, clock: Clock) -> None:
    """End without effect; a policy that is newer than this plan is still to be planned with."""
    _end(plan, PlanState.OVERTAKEN, clock())
    audit.record(session, NOBODY, audit.Tag.PLAN_OVERTAKEN, plan, at=clock(), in_effect=region.plan_id)
    session.flush()
    if region.plan_id == plan.after_id:
        planning.ask(session, NOBODY, region, clock, plan.kind)


def _take_effect(session: Session, region: Region, plan: Plan, rows: list[dict[str, Any]], now: datetime) -> None:
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        session.execute(insert(PlannedPlace), rows[first : first + _ROWS_AT_ONCE])
    # Who ranks at this moment may still read the plan before this one; nobody reads the places of those before that.
    readable = [each for each in (plan.id, region.plan_id) if each is not None]
    former = PlannedPlace.plan_id.not_in(readable)
    session.execute(delete(PlannedPlace).where(PlannedPlace.region_id == region.id, former))
    _end(plan, PlanState.DONE, now)
    region.plan_id = plan.id
    audit.record(session, NOBODY, audit.Tag.PLAN_IN_EFFECT, plan, at=now, places=len(rows))
    renewing.ask(session, plan, now)
    session.flush()


def _nothing_to_plan(session: Session, lease: Lease, figures: dict[str, Any]) -> bool:
    """No request is open: the plan has ended, and the one in effect goes on."""
    plan = session.get_one(Plan, lease.plan_id, with_for_update=True, populate_existing=True)
    if lease.holds(plan):
        plan.figures = figures
        _end(plan, PlanState.DONE, lease.clock())
    return True


def _places(plan: Plan, gathered: Gathered, made: made_of.Plan) -> Iterable[dict[str, Any]]:
    for row, request_id in enumerate(gathered.request_ids):
        for slot, node in enumerate(made.chosen[row].tolist()):
            if node >= 0:
                yield {
                    "region_id": plan.region_id,
                    "plan_id": plan.id,
                    "request_id": request_id,
                    "partner_id": gathered.partner_ids[node],
                    "period": gathered.months[node],
                    "place": slot + 1,
                    "relevance": float(made.relevance[row, slot]),
                    "gross": float(made.gross[row, slot]),
                    "bid": float(made.bid[row, slot]),
                    "price": float(made.price[node]),
                    "picked": bool(made.picked[row]),
                }


def _hold(session: Session, kind: type[LearningRequest] | type[Partner], ids: list[int]) -> None:
    """Take the locks that references to these rows need, in the order of their ids."""
    rows = select(kind.id).where(kind.id.in_(ids)).order_by(kind.id).with_for_update(read=True, key_share=True)
    session.execute(rows).all()


def _end(plan: Plan, state: PlanState, now: datetime) -> None:
    plan.state, plan.finished_at = state, now
