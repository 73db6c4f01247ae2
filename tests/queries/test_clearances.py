"""The table of rules: its first row that holds decides, and its three forms give one answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, literal, select
from sqlalchemy.orm import Session

from matchmaker.queries import clearances, eligibility, roll
from matchmaker.queries.clearances import Asked, Circumstances, Rule, Rulebook
from models import Clearance, ClearanceRule, IntroductionState, LearningRequest, Partner
from tests import factories as f
from tests.cast import Cast

DAY = date(2026, 10, 6)
EVERY = [Circumstances(*said) for said in product((False, True), repeat=4)]
whatever = st.sampled_from([None, None, False, True])
rows = st.lists(st.builds(Rule, whatever, whatever, whatever, whatever, st.booleans()), max_size=5)


def rule(required: bool, **said: bool) -> Rule:
    return Rule(*(said.get(name) for name in clearances.CONDITIONS), required=required)


def test_the_first_row_that_holds_decides_and_the_region_where_none_does() -> None:
    rules = (rule(True, overnight=True), rule(False, own_child=True, supervised=True), rule(True, repeated=True))
    for circumstances, otherwise, expected in (
        (Circumstances(overnight=True, own_child=True), False, True),
        (Circumstances(own_child=True, repeated=True), True, False),
        (Circumstances(own_child=True, repeated=True, supervised=False), False, True),
        (Circumstances(), True, True),
        (Circumstances(), False, False),
    ):
        assert clearances.required(rules, circumstances, otherwise) is expected


@given(rows, st.booleans())
def test_a_row_behind_one_of_the_same_conditions_changes_nothing(rules: list[Rule], otherwise: bool) -> None:
    again = [*rules, *(Rule(r.supervised, r.repeated, r.own_child, r.overnight, not r.required) for r in rules)]
    for circumstances in EVERY:
        answers = [clearances.required(each, circumstances, otherwise) for each in (rules, again)]
        assert answers[0] is answers[1]


@given(rows)
def test_without_a_condition_the_last_row_is_the_regions_own_word(rules: list[Rule]) -> None:
    for circumstances, last in product(EVERY, (False, True)):
        spoken = clearances.required([*rules, rule(last)], circumstances, not last)
        assert spoken is clearances.required(rules, circumstances, last)


@pytest.mark.parametrize(
    ("clearance", "ends_on", "barred", "covered"),
    [
        (Clearance.CLEARED, None, False, True),
        (Clearance.CLEARED, DAY, False, True),
        (Clearance.CLEARED, DAY - timedelta(days=1), True, False),
        (Clearance.IN_PROCESS, None, False, False),
        (Clearance.UNKNOWN, None, False, False),
        (Clearance.NONE, None, True, False),
    ],
)
def test_what_is_not_known_bars_nobody_and_covers_nobody(
    clearance: Clearance, ends_on: date | None, barred: bool, covered: bool
) -> None:
    assert clearances.bars(clearance, ends_on, DAY) is barred
    assert clearances.covers(clearance, ends_on, DAY) is covered


def test_a_school_year_begins_in_july() -> None:
    days = (date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1), date(2027, 6, 30))
    assert [clearances.school_year(day) for day in days] == [2025, 2026, 2026, 2026, 2026]


def pairs_of_every_kind(cast: Cast) -> dict[Partner, tuple[bool, bool]]:
    """Partners with whether they were at Ana's school this school year, and whether a child of theirs goes there."""
    known = {}
    for visits, child in product((False, True), repeat=2):
        partner = f.PartnerFactory(region=cast.region, clearance=Clearance.NONE)
        if visits:
            met(cast, partner, datetime(2026, 7, 1, 16, tzinfo=UTC))
        else:
            # Neither last year's visit, nor one called off, nor one elsewhere is a second one here.
            met(cast, partner, datetime(2026, 7, 1, 6, 59, tzinfo=UTC))
            met(cast, partner, datetime(2026, 9, 1, 16, tzinfo=UTC), IntroductionState.CANCELLED)
            elsewhere = f.TeacherFactory(region=cast.region)
            met(cast, partner, datetime(2026, 9, 1, 16, tzinfo=UTC), by=elsewhere)
        f.FamilySchoolFactory(region=cast.region, who=partner, **({"where": cast.school} if child else {}))
        known[partner] = (visits, child)
    return known


def met(cast: Cast, who: Partner, at: datetime, state: Any = IntroductionState.MET, by: Any = None) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=by or cast.ana, windows=[])
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=who)
    introduction = f.IntroductionFactory(region=cast.region, suggested=proposal, state=state)
    f.VisitFactory(region=cast.region, of=introduction, starts_at=at, ends_at=at + timedelta(hours=1))


def write(session: Session, cast: Cast, rules: list[Rule]) -> None:
    session.execute(delete(ClearanceRule).where(ClearanceRule.region_id == cast.region.id))
    for position, each in enumerate(rules, start=1):
        said = {name: getattr(each, name) for name in (*clearances.CONDITIONS, "required")}
        f.ClearanceRuleFactory(region=cast.region, position=position, **said)
    session.flush()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(rules=rows, otherwise=st.booleans(), series=st.booleans(), overnight=st.booleans())
def hold_the_three_forms_to_one_answer(
    session: Session,
    cast: Cast,
    request: LearningRequest,
    known: dict[Partner, tuple[bool, bool]],
    rules: list[Rule],
    otherwise: bool,
    series: bool,
    overnight: bool,
) -> None:
    write(session, cast, rules)
    cast.region.clearance_required, request.overnight = otherwise, overnight
    request.formats = ["series"] if series else ["visit"]
    session.flush()
    asked = Asked.of(request, DAY)
    expected = {
        partner.id: clearances.required(rules, Circumstances(True, series or visits, child, overnight), otherwise)
        for partner, (visits, child) in known.items()
    }
    book = Rulebook.of(session, cast.region, [cast.school.id], f.NOW)
    assert {each: book.required(asked, each) for each in expected} == expected
    everybody = roll.read(session, cast.region.id)
    over = dict(zip(everybody.partner_ids.tolist(), book.over(asked, everybody).tolist(), strict=True))
    assert {each: over[each] for each in expected} == expected
    in_sql = clearances.needed(cast.region, Partner.id, request, literal(DAY))
    found = session.execute(select(Partner.id, in_sql).where(Partner.id.in_(expected)))
    assert {partner_id: needed for partner_id, needed in found} == expected
    eligible = set(eligibility.for_request(session, request, everybody, f.NOW).partner_ids.tolist())
    assert {each for each in expected if each not in eligible} == {each for each in expected if expected[each]}
    verdicts = eligibility.verdicts(session, request, expected, f.NOW)
    assert {each for each, verdict in verdicts.items() if verdict.rule == "clearance"} == {
        each for each in expected if expected[each]
    }


def test_pairs_arrays_and_sql_give_one_answer(session: Session, cast: Cast) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    hold_the_three_forms_to_one_answer(session, cast, request, pairs_of_every_kind(cast))


def test_a_visit_of_the_same_request_is_no_second_one(session: Session, cast: Cast) -> None:
    write(session, cast, [rule(True, repeated=True), rule(False)])
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.ramon)
    introduction = f.IntroductionFactory(region=cast.region, suggested=proposal, state=IntroductionState.SCHEDULED)
    f.VisitFactory(region=cast.region, of=introduction)
    assert not clearances.of_introduction(session, introduction, DAY, supervised=True)
    met(cast, cast.ramon, datetime(2026, 9, 3, 17, tzinfo=UTC))
    assert clearances.of_introduction(session, introduction, DAY, supervised=True)


def test_a_visit_that_nobody_watches_over_is_another_thing(session: Session, cast: Cast) -> None:
    write(session, cast, [rule(False, supervised=True)])
    introduction = f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon)
    assert not clearances.of_introduction(session, introduction, DAY, supervised=True)
    assert clearances.of_introduction(session, introduction, DAY, supervised=False)
