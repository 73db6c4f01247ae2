"""What the database refuses by itself, whoever writes to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import IntroductionState, QueueName, StateChange
from tests import factories as f
from tests.cast import Cast

Write = Callable[[], Any]


def refused_by(session: Session, write: Write) -> str:
    """The name of the constraint that refuses what ``write`` stores."""
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        write()
        session.flush()
    return str(refused.value.orig.diag.constraint_name)


def test_a_unit_of_a_month_is_held_once(session: Session, cast: Cast) -> None:
    f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon)
    second = f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon, state=IntroductionState.UNDONE)
    again = partial(f.CapacityUnitFactory, held_by=second, unit=1)
    assert refused_by(session, again) == "uq_capacity_unit_held"
    session.execute(text("UPDATE capacity_unit SET released_at = now()"))
    again()


def test_an_introduction_holds_one_unit(session: Session) -> None:
    introduction = f.IntroductionFactory()
    assert refused_by(session, lambda: f.CapacityUnitFactory(held_by=introduction, unit=2)) == (
        "uq_capacity_unit_introduction"
    )


def test_nobody_gives_more_units_than_they_set(session: Session, cast: Cast) -> None:
    cast.ramon.monthly_capacity = 2
    introduction = f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon, state=IntroductionState.UNDONE)
    beyond = partial(f.CapacityUnitFactory, held_by=introduction, unit=3)
    assert refused_by(session, beyond) == "capacity_unit_within_capacity"
    f.CapacityUnitFactory(held_by=introduction, unit=2)


def test_a_lowered_limit_leaves_what_was_agreed(session: Session) -> None:
    introduction = f.IntroductionFactory()
    introduction.partner.monthly_capacity = 0
    session.flush()
    # The guard is asked at the hold only: the unit already held can still be worked with, and given back.
    released = session.scalars(text("UPDATE capacity_unit SET released_at = now() RETURNING unit")).all()
    assert released == [1]


def test_a_period_is_the_first_of_a_month(session: Session) -> None:
    introduction = f.IntroductionFactory(state=IntroductionState.UNDONE)
    odd = partial(f.CapacityUnitFactory, held_by=introduction, period=date(2026, 10, 6))
    assert refused_by(session, odd) == "ck_capacity_unit_period"


def test_one_partner_is_asked_once_for_one_request(session: Session, cast: Cast) -> None:
    first = f.IntroductionFactory(region=cast.region)
    again = partial(f.IntroductionFactory, region=cast.region, suggested=first.proposal)
    assert refused_by(session, again) == "uq_introduction_live"
    assert again(state=IntroductionState.UNDONE).id


def test_an_invitation_is_never_due_before_it_was_approved(session: Session) -> None:
    early = partial(f.IntroductionFactory, due_at=f.NOW - timedelta(days=1))
    assert refused_by(session, early) == "ck_introduction_due"


@pytest.mark.parametrize("missing", ["poverty_measure", "poverty_year", "poverty_source"])
def test_a_poverty_value_says_which_measure_year_and_source(session: Session, missing: str) -> None:
    documented = {
        "poverty_value": 62.5,
        "poverty_measure": "free or reduced-price lunch",
        "poverty_year": 2025,
        "poverty_source": "State Department of Education",
    }
    region = f.RegionFactory()
    undocumented = partial(f.SchoolFactory, region=region, **{**documented, missing: None})
    assert refused_by(session, undocumented) == "ck_school_poverty_documented"
    f.SchoolFactory(region=region, **documented)


REFUSED: dict[str, Callable[[Cast], Any]] = {
    "ck_school_poverty_percent": lambda cast: f.SchoolFactory(
        region=cast.region, poverty_value=101, poverty_measure="m", poverty_year=2025, poverty_source="s"
    ),
    "ck_school_locale": lambda cast: f.SchoolFactory(region=cast.region, locale="village"),
    "ck_school_grades": lambda cast: f.SchoolFactory(region=cast.region, grade_low=8, grade_high=6),
    "ck_school_place": lambda cast: f.SchoolFactory(region=cast.region, latitude=91.0),
    "uq_school_region_id_name": lambda cast: f.SchoolFactory(region=cast.region, name=cast.school.name),
    "ck_account_email_lower": lambda cast: f.AccountFactory(email="Ana@people.example"),
    "uq_account_email": lambda cast: f.AccountFactory(email=cast.marisol.email),
    "ck_account_name": lambda cast: f.AccountFactory(name="  "),
    "uq_membership_current": lambda cast: f.MembershipFactory(
        region=cast.region, account=cast.marisol, role="coordinator"
    ),
    "ck_membership_order": lambda cast: f.MembershipFactory(
        region=cast.region, since=f.NOW, until=f.NOW - timedelta(days=1)
    ),
    "uq_teacher_region_id_account_id": lambda cast: f.TeacherFactory(
        region=cast.region, school=cast.school, person=cast.ana.account
    ),
    "ck_partner_capacity": lambda cast: f.PartnerFactory(region=cast.region, monthly_capacity=-1),
    "ck_partner_radius": lambda cast: f.PartnerFactory(region=cast.region, radius_miles=0),
    "uq_partner_account": lambda cast: f.PartnerFactory(region=cast.region, account_id=cast.ramon.account_id),
    "ck_fund_title": lambda cast: f.FundFactory(region=cast.region, owner=cast.ramon, title=" "),
    "ck_learning_request_grade": lambda cast: _request(cast, grade=13),
    "ck_learning_request_students": lambda cast: _request(cast, students=0),
    "ck_learning_request_posted": lambda cast: _request(cast, posted_at=None),
    "ck_learning_request_words": lambda cast: _request(cast, text=""),
    "ck_learning_request_state": lambda cast: _request(cast, state="lost"),
    "ck_request_window_order": lambda cast: _request(cast, windows=[(f.NOW, f.NOW)]),
    "ck_region_slug": lambda cast: f.RegionFactory(slug="Palo Fierro"),
    "ck_region_languages": lambda cast: f.RegionFactory(languages=[]),
    "uq_equity_policy_region_id_version": lambda cast: f.EquityPolicyFactory(region=cast.region, version=1),
    "ck_equity_policy_rationale_written": lambda cast: f.EquityPolicyFactory(
        region=cast.region, version=2, rationale=" "
    ),
    "uq_separation_teacher_id_partner_id": lambda cast: [
        f.SeparationFactory(region=cast.region, teacher=cast.ana, partner=cast.ramon) for _ in range(2)
    ],
    "uq_suppression_region_id_email_kind": lambda cast: [f.SuppressionFactory(region=cast.region) for _ in range(2)],
    "uq_outbox_key": lambda cast: [f.OutboxItemFactory(key="invitation:1") for _ in range(2)],
    "ck_outbox_one_end": lambda cast: f.OutboxItemFactory(done_at=f.NOW, failed_at=f.NOW),
    "ck_proposal_relevance": lambda cast: f.ProposalFactory(region=cast.region, relevance=1.01),
    "ck_proposal_parts": lambda cast: f.ProposalFactory(region=cast.region, price=-0.1),
    "ck_backup_position": lambda cast: f.BackupFactory(region=cast.region, position=0),
    "ck_embedding_piece": lambda cast: f.EmbeddingFactory(region=cast.region, piece=-1),
}


def _request(cast: Cast, **fields: Any) -> Any:
    return f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, **fields)


@pytest.mark.parametrize("constraint", REFUSED)
def test_nonsense_is_refused_by_name(session: Session, cast: Cast, constraint: str) -> None:
    assert refused_by(session, lambda: REFUSED[constraint](cast)) == constraint


def test_a_double_click_is_one_request(session: Session, cast: Cast) -> None:
    _request(cast, form_key="form-1")
    assert refused_by(session, lambda: _request(cast, form_key="form-1")) == "uq_learning_request_teacher_id_form_key"
    f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas, form_key="form-1")


def test_a_line_of_history_is_of_one_noun(session: Session) -> None:
    introduction = f.IntroductionFactory()
    line = {"region_id": introduction.region_id, "before": "a", "after": "b", "at": f.NOW}
    neither = StateChange(**line)
    both = StateChange(**line, introduction_id=introduction.id, request_id=introduction.request_id)
    for of in (neither, both):
        assert refused_by(session, partial(session.add, of)) == "ck_state_change_one_noun"


def test_a_fund_that_goes_leaves_its_proposals_standing(session: Session) -> None:
    proposal = f.ProposalFactory()
    session.delete(proposal.fund)
    session.flush()
    session.refresh(proposal)
    assert (proposal.fund_id, proposal.region_id) == (None, proposal.partner.region_id)


def test_a_region_with_anything_in_it_cannot_go(session: Session, cast: Cast) -> None:
    name = refused_by(session, lambda: session.delete(cast.region))
    assert name.startswith("fk_") and name.endswith("_region")


def test_states_and_queues_are_stored_as_the_words_of_the_code(session: Session) -> None:
    backup, item = f.BackupFactory(), f.OutboxItemFactory(queue=QueueName.RANKING)
    stored = session.execute(
        text("SELECT backup.state, outbox.queue FROM backup, outbox WHERE backup.id = :backup AND outbox.id = :item"),
        {"item": item.id, "backup": backup.id},
    ).one()
    assert tuple(stored) == ("waiting", "ranking")
