"""What is asked for in the demo region, and the visits of its past."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from matchmaker.services import capacity, requests
from matchmaker.services.demo.loaded import Loaded
from models import Introduction, IntroductionState, LearningRequest, Reflection, RequestState, Side, Window

OUTCOMES = {
    "met": IntroductionState.MET,
    "cancelled": IntroductionState.CANCELLED,
    "not_now": IntroductionState.NOT_NOW,
}


def post(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    """An open request, posted as its teacher would."""
    teacher = loaded.teachers[row["teacher"]]
    now = loaded.clock()
    today = now.astimezone(loaded.zone).date()
    draft = requests.RequestDraft(
        windows=tuple(
            (
                _at(loaded, loaded.days.after(today, window["in_school_days"]), window["start"]),
                _at(loaded, loaded.days.after(today, window["in_school_days"]), window["end"]),
            )
            for window in row["windows"]
        ),
        formats=tuple(row["formats"]),
        languages=tuple(row["languages"]),
        form_key=f"demo:{row['key']}",
        no_student_named=True,
        **{name: row[name] for name in ("title", "text", "language", "grade", "subject", "students", "place")},
    )
    request = requests.post(session, Actor(teacher.account_id), teacher, draft, loaded.clock)
    request.posted_at = now - timedelta(days=row["posted_days_ago"])


def add_past(session: Session, loaded: Loaded, row: dict[str, Any]) -> None:
    """A request of the past with the introduction that came of it."""
    teacher, partner = loaded.teachers[row["teacher"]], loaded.partners[row["partner"]]
    then = loaded.clock() - timedelta(days=row["days_ago"])
    request = LearningRequest(
        region_id=loaded.region.id,
        teacher_id=teacher.id,
        school_id=teacher.school_id,
        title=row["title"],
        text=row["text"],
        grade=row["grade"],
        subject=row["subject"],
        state=RequestState.DONE,
        posted_at=then - timedelta(days=21),
    )
    session.add(request)
    session.flush()
    window = Window(
        region_id=loaded.region.id, request_id=request.id, starts_at=then, ends_at=then + timedelta(hours=1)
    )
    session.add(window)
    session.flush()
    if loaded.coordinator is None:
        raise ValueError("the demo region names no coordinator")
    met = OUTCOMES[row["outcome"]] is IntroductionState.MET
    introduction = Introduction(
        region_id=loaded.region.id,
        request_id=request.id,
        partner_id=partner.id,
        approved_by_id=loaded.coordinator.id,
        approved_at=then - timedelta(days=20),
        due_at=then - timedelta(days=20),
        invited_at=then - timedelta(days=20),
        answered_at=then - timedelta(days=18),
        introduced_at=then - timedelta(days=18) if met else None,
        window_id=window.id if met else None,
        state=OUTCOMES[row["outcome"]],
    )
    session.add(introduction)
    session.flush()
    if met:
        capacity.hold(session, introduction, capacity.period_of(then, loaded.region), then)
        _stories(session, loaded, introduction, row.get("stories", {}), then + timedelta(days=1))


def _stories(
    session: Session, loaded: Loaded, introduction: Introduction, told: dict[str, dict[str, str]], at: datetime
) -> None:
    """What both sides share of a visit, each under a first name, as a coordinator has read it."""
    shared = {"took_place": True, "consent": True, "written_at": at, "shared_at": at}
    by = loaded.coordinator.id if loaded.coordinator else None
    session.add_all(
        Reflection(
            region_id=loaded.region.id,
            introduction_id=introduction.id,
            side=Side(side),
            shared_by_id=by,
            **shared,
            **said,
        )
        for side, said in told.items()
    )


def _at(loaded: Loaded, day: date, clock_time: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock_time), loaded.zone)
