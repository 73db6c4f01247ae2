"""A region with more of everything than one page holds, and with names that need two lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from models import (
    Account,
    IntroductionState,
    LearningRequest,
    Partner,
    Region,
    RequestState,
    Role,
    School,
    Side,
    Teacher,
    Visit,
)
from tests import factories as f

MANY = 23
LONG = "María Guadalupe Concepción Yoeme-Villaseñor de la Santísima Trinidad"
LONG_SCHOOL = "Escuela Intercultural Bilingüe Profesora Eulalia Guzmán Barrón Middle School, Valle de las Norias"
LONG_TITLE = (
    "Who can show twenty-eight seventh graders how a water-harvesting cistern and"
    " Electroencephalographically-inspired art come about?"
)


@dataclass(frozen=True)
class Crowd:
    """Its coordinator, a teacher with many requests, a partner with many visits, one request with many people."""

    region: Region
    coordinator: Account
    school: School
    teacher: Teacher
    partner: Partner
    asked: LearningRequest


def gather() -> Crowd:
    """Write it into the session that the factories write to."""
    region = f.RegionFactory(short_name="Valle de las Norias")
    coordinator = f.AccountFactory(name=f"Coordinadora {LONG}")
    f.MembershipFactory(region=region, account=coordinator, role=Role.COORDINATOR)
    school = f.SchoolFactory(region=region, name=LONG_SCHOOL, neighbourhood="Colonia Independencia y Reforma")
    account = f.AccountFactory(name=LONG)
    f.MembershipFactory(region=region, account=account, role=Role.TEACHER)
    teacher = f.TeacherFactory(region=region, school=school, person=account)
    partner = _partner(region, LONG)
    asked = f.LearningRequestFactory(region=region, asked_by=teacher, title=LONG_TITLE)
    ranking = f.RankingFactory(region=region, of=asked, eligible=MANY, excluded={"distance": 3, "paused": 1})
    shared = {"region": region, "of": asked, "found_in": ranking}
    f.ProposalFactory(**shared, who=partner)
    for number in range(2, 9):
        f.ProposalFactory(**shared, rank=number, rank_before=number, relevance=0.7 - number / 30)
    for number in range(MANY):
        _one_more(region, coordinator, teacher, partner, number)
    return Crowd(region, coordinator, school, teacher, partner, asked)


def _one_more(region: Region, coordinator: Account, teacher: Teacher, partner: Partner, number: int) -> None:
    other = f.PartnerFactory(region=region, name=f"{LONG} {number}", reviewed_at=None if number % 4 == 0 else f.NOW)
    f.FundFactory(region=region, owner=other, title=LONG_TITLE)
    f.SchoolFactory(region=region, name=f"Escuela Vecina {number}")
    title = LONG_TITLE if number % 6 == 0 else "Who reads the clouds?"
    ready = f.LearningRequestFactory(region=region, asked_by=teacher, title=f"{title} {number}")
    proposal = f.ProposalFactory(region=region, of=ready, who=other)
    invited = _introduction(region, coordinator, teacher, other, state=IntroductionState.INVITED)
    f.TaskFactory(region=region, owner=coordinator, of=invited, due_on=(f.NOW + timedelta(days=number - 5)).date())
    met = _visit(region, coordinator, teacher, partner, number)
    f.ReflectionFactory(
        region=region, of=met.introduction, side=Side.PARTNER, story=f"They drew it from memory. {LONG_TITLE}",
        first_name="Lupe", consent=True, shared_at=f.NOW if number % 2 else None,
    )  # fmt: skip
    assert proposal.region_id == region.id


def _visit(region: Region, coordinator: Account, teacher: Teacher, partner: Partner, number: int) -> Visit:
    asked = f.LearningRequestFactory(region=region, asked_by=teacher, title=LONG_TITLE)
    proposal = f.ProposalFactory(region=region, of=asked, who=partner)
    introduction = f.IntroductionFactory(
        region=region, suggested=proposal, coordinator=coordinator, state=IntroductionState.MET
    )
    asked.state = RequestState.DONE
    start = f.NOW - timedelta(days=number + 1)
    visit: Visit = f.VisitFactory(region=region, of=introduction, starts_at=start, ends_at=start + timedelta(hours=1))
    return visit


def _introduction(
    region: Region, coordinator: Account, teacher: Teacher, who: Partner, *, state: IntroductionState
) -> LearningRequest:
    asked: LearningRequest = f.LearningRequestFactory(region=region, asked_by=teacher, title=LONG_TITLE)
    proposal = f.ProposalFactory(region=region, of=asked, who=who)
    f.IntroductionFactory(
        region=region, suggested=proposal, coordinator=coordinator, state=state,
        invited_at=f.NOW - timedelta(days=2), answer_by=f.NOW + timedelta(days=3),
    )  # fmt: skip
    return asked


def _partner(region: Region, name: str) -> Partner:
    account = f.AccountFactory(name=name)
    f.MembershipFactory(region=region, account=account, role=Role.PARTNER)
    partner: Partner = f.PartnerFactory(region=region, account_id=account.id, name=name, email=account.email)
    for number in range(6):
        f.FundFactory(region=region, owner=partner, title=f"{LONG_TITLE} {number}")
    return partner
