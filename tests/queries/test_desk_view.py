"""Views of the queue as they travel, and the day since which the region's promise holds."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.queries import desk, school_days
from matchmaker.queries.desk.view import BANDS, ORDERS, OVER
from matchmaker.queries.school_days import SchoolDays
from models.codes import SUBJECTS
from tests import factories as f
from tests.cast import Cast

KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "section": st.sampled_from(desk.SECTIONS),
        "order": st.sampled_from(ORDERS),
        "where": st.sampled_from(["school-1", "district-2147483647"]),
        "subject": st.sampled_from(SUBJECTS),
        "band": st.sampled_from(list(BANDS)),
        "language": st.sampled_from(["en", "ood"]),
        "whose": st.sampled_from(["me", "nobody", "12"]),
        "over": st.sampled_from(["promised", *map(str, OVER)]),
    },
)


@given(KNOWN)
def test_a_view_is_the_same_after_every_journey(asked: dict[str, str]) -> None:
    view = desk.View.read(asked)
    assert desk.View.parse(view.query) == desk.View.read(view.arguments) == view
    assert {name: getattr(view, name) for name in asked} == asked


@given(st.dictionaries(st.sampled_from(["section", "order", "where", "whose", "over", "language", "x"]), st.text()))
def test_no_text_of_somebody_else_gets_into_a_view(sent: dict[str, str]) -> None:
    view = desk.View.read(sent)
    assert desk.View.parse(view.query) == view
    assert len(view.query) <= 200, "it fits where views are kept"
    assert all(value.isascii() and " " not in value for value in view.arguments.values())


@given(st.text(max_size=700))
def test_any_text_is_some_view(sent: str) -> None:
    assert desk.View.parse(desk.View.parse(sent).query) == desk.View.parse(sent)


def test_the_promised_day_is_counted_in_the_database_as_elsewhere(session: Session, cast: Cast) -> None:
    for first, last in ((date(2026, 9, 7), date(2026, 9, 7)), (date(2026, 8, 20), date(2026, 8, 26))):
        f.ClosureFactory(region=cast.region, first_on=first, last_on=last)
    f.ClosureFactory(region=cast.next_door, first_on=date(2026, 9, 1), last_on=date(2026, 9, 4))
    days = SchoolDays.of(session, cast.region)
    asked = [(date(2026, 9, 5) + timedelta(days=ahead), number) for ahead in range(6) for number in (1, 4, 10, 15)]
    counted = session.execute(select(*(school_days.before(cast.region, *each) for each in asked))).one()
    assert list(counted) == [days.before(*each) for each in asked]


def test_who_waits_since_the_promised_day_is_not_late_yet(session: Session, cast: Cast) -> None:
    since = SchoolDays.of(session, cast.region).before(date(2026, 9, 14), cast.region.limit_days)
    on_the_day, before = (
        f.LearningRequestFactory(region=cast.region, state="none_yet", posted_at=f.NOW - (date(2026, 9, 14) - day))
        for day in (since, since - timedelta(days=1))
    )
    queue = desk.queue(session, cast.region, f.NOW)
    assert {item.id: item.late for item in queue.waiting} == {on_the_day.id: False, before.id: True}
