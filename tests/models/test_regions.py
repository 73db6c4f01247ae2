"""PostgreSQL itself keeps regions apart: every reference between rows of regions carries the region."""

from __future__ import annotations

import pytest
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Base, IntroductionState, PartnerKind, ProposalState, RequestState
from tests import factories as f

OWNED = {table.name: table for table in Base.metadata.tables.values() if "region_id" in table.c}
LOOSE = {"audit_event", "outbox"}
"""Tables with a region that nobody points at; their region may be unknown."""


def references() -> list[ForeignKeyConstraint]:
    """Foreign keys between rows of regions (not those to the region itself, nor to accounts, which have none)."""
    found = [
        key for table in OWNED.values() for key in table.foreign_key_constraints if key.referred_table.name in OWNED
    ]
    # A table keeps its keys in a set; two workers must collect them in the same order.
    return sorted(found, key=lambda key: str(key.name))


def world() -> int:
    """A region with a row of every table in it, and every reference filled."""
    region = f.RegionFactory()
    district = f.DistrictFactory(region=region)
    school = f.SchoolFactory(region=region, district_id=district.id)
    teacher = f.TeacherFactory(region=region, school=school)
    request = f.LearningRequestFactory(region=region, asked_by=teacher)
    partner = f.PartnerFactory(region=region)
    steer = f.SteerFactory(region=region, of=request, who=partner)
    proposal = f.ProposalFactory(region=region, of=request, who=partner, steer_id=steer.id)
    first = f.IntroductionFactory(region=region, state=IntroductionState.UNDONE)
    introduction = f.IntroductionFactory(
        region=region, suggested=proposal, window_id=request.windows[0].id, first_id=first.id
    )
    backup = f.BackupFactory(region=region, behind=introduction)
    f.SeparationFactory(region=region, teacher=teacher, partner=partner)
    f.SuppressionFactory(region=region)
    for make in (f.VisitFactory, f.OtherTimeFactory, f.MessageFactory, f.ReflectionFactory):
        make(region=region, of=introduction)
    f.TaskFactory(region=region, of=request, introduction_id=introduction.id, partner_id=partner.id)
    f.NoteFactory(region=region, of=request)
    f.NoteFactory(region=region, request_id=None, partner_id=partner.id)
    f.SavedViewFactory(region=region)
    f.ApiReplyFactory(region=region)
    f.ImportedRowFactory(region=region)
    museum = f.PartnerFactory(region=region, kind=PartnerKind.ORGANISATION)
    f.PartnerFactory(region=region, organisation_id=museum.id)
    f.PartnerFactory(region=region, merged_into_id=partner.id, reviewed_at=None)
    f.ClosureFactory(region=region)
    f.ClearanceRuleFactory(region=region)
    f.FamilySchoolFactory(region=region, who=partner, where=school)
    f.MembershipFactory(region=region)
    f.EmbeddingFactory(region=region, owner_id=partner.id)
    f.RelevanceActivationFactory(region=region)
    f.RelevanceVersionFactory(region=region)
    former = f.PlanFactory(region=region)
    plan = f.PlanFactory(region=region, after_id=former.id)
    f.PlannedPlaceFactory(region=region, made=plan, of=request, who=partner)
    f.EquityPolicyFactory(region=region, version=2, trial_id=plan.id)
    request.become(RequestState.SCHEDULED, at=f.NOW)
    proposal.become(ProposalState.OPEN, at=f.NOW)
    introduction.become(IntroductionState.INVITED, at=f.NOW)
    backup.become(type(backup.state).DROPPED, at=f.NOW)
    # The newest rows are pointed at by nothing yet, so that no unique constraint speaks before the reference does.
    f.IntroductionFactory(region=region, state=IntroductionState.UNDONE)
    f.RankingFactory(region=region)
    f.current().flush()
    return region.id


def test_every_reference_between_rows_of_regions_carries_the_region() -> None:
    assert len(references()) > 25
    for key in references():
        assert key.column_keys[0] == "region_id", key.name
        assert [element.column.name for element in key.elements] == ["region_id", "id"], key.name


def test_every_row_of_a_region_can_be_pointed_at_with_its_region() -> None:
    for name, table in OWNED.items():
        unique = {tuple(key.columns.keys()) for key in table.constraints if isinstance(key, UniqueConstraint)}
        assert ("region_id", "id") in unique or name in LOOSE, name


def test_a_reference_into_another_region_is_refused(session: Session) -> None:
    here, there = world(), world()
    for key in references():
        table, column, target = key.table.name, key.column_keys[1], key.referred_table.name
        row = session.scalar(
            text(f"SELECT id FROM {table} WHERE region_id = :region AND {column} IS NOT NULL LIMIT 1"), {"region": here}
        )
        foreign = session.scalar(
            text(f"SELECT id FROM {target} WHERE region_id = :region ORDER BY id DESC LIMIT 1"), {"region": there}
        )
        assert row and foreign, f"the world has no row for {key.name}: add it"
        with pytest.raises(IntegrityError) as refused, session.begin_nested():
            session.execute(
                text(f"UPDATE {table} SET {column} = :foreign WHERE id = :row"), {"foreign": foreign, "row": row}
            )
        assert refused.value.orig.diag.constraint_name == key.name
