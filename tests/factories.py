"""One factory per model. Each writes a valid row; say only what the test is about."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import factory
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.orm import Session

import models
from matching.plans import Terms
from matching.score import Weights

NOW = datetime(2026, 9, 14, 16, 0, tzinfo=UTC)
"""A Monday, 9 in the morning in Phoenix: the present of every test."""
PASSWORD = "saguaro-in-bloom"


class Stored:
    """Holds the session of the running test; the fixture of that name sets it."""

    session: Session | None = None


def current() -> Session:
    assert Stored.session is not None, "ask for the session fixture first"
    return Stored.session


class RowFactory(SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session_factory = current
        sqlalchemy_session_persistence = "flush"


class RegionFactory(RowFactory):
    class Meta:
        model = models.Region

    slug = factory.Sequence(lambda n: f"valley-{n}")
    name = factory.LazyAttribute(lambda o: {"en": f"{o.short_name} Learning Network", "es": f"Red {o.short_name}"})
    short_name = "Palo Fierro"
    time_zone = "America/Phoenix"
    languages = factory.LazyFunction(lambda: ["en", "es"])
    postal_address = "12 Calle Vieja, Palo Fierro"
    phone = "520-555-0142"
    email = factory.LazyAttribute(lambda o: f"hola@{o.slug}.example")
    undo_seconds = 600

    @factory.post_generation
    def policy(self, create: bool, extracted: Any, **_: Any) -> None:
        EquityPolicyFactory(region=self)


class InRegion(RowFactory):
    """A row of a region, given as ``region=``."""

    class Meta:
        abstract = True
        exclude = ("region",)

    region = factory.SubFactory(RegionFactory)
    region_id = factory.SelfAttribute("region.id")


class EquityPolicyFactory(InRegion):
    class Meta:
        model = models.EquityPolicy

    version = 1
    numbers = factory.LazyFunction(lambda: {"alpha": 4.0, "alpha2": 2.0, "beta": 0.1})
    rationale = "Schools that were visited less are asked for first."
    since = NOW


class AccountFactory(RowFactory):
    class Meta:
        model = models.Account

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@people.example")
    language = "en"
    active = True
    fs_uniquifier = factory.LazyFunction(lambda: uuid4().hex)
    confirmed_at = NOW
    password = None


class MembershipFactory(InRegion):
    class Meta:
        model = models.Membership

    account = factory.SubFactory(AccountFactory)
    account_id = factory.SelfAttribute("account.id")
    role = models.Role.TEACHER
    since = NOW - timedelta(days=30)


class DistrictFactory(InRegion):
    class Meta:
        model = models.District

    name = factory.Sequence(lambda n: f"District {n}")


class SchoolFactory(InRegion):
    class Meta:
        model = models.School

    name = factory.Sequence(lambda n: f"School {n}")
    neighbourhood = "Barrio Las Norias"
    latitude = 32.20
    longitude = -110.97
    grade_low = 6
    grade_high = 8


class TeacherFactory(InRegion):
    class Meta:
        model = models.Teacher
        exclude = ("region", "school", "person")

    person = factory.SubFactory(AccountFactory)
    account_id = factory.SelfAttribute("person.id")
    school = factory.SubFactory(SchoolFactory, region=factory.SelfAttribute("..region"))
    school_id = factory.SelfAttribute("school.id")
    phone = "520-555-0111"


class PartnerFactory(InRegion):
    class Meta:
        model = models.Partner

    name = factory.Sequence(lambda n: f"Neighbor {n}")
    email = factory.Sequence(lambda n: f"neighbor{n}@people.example")
    phone = "520-555-0177"
    languages = factory.LazyFunction(lambda: ["en", "es"])
    latitude = 32.22
    longitude = -110.95
    radius_miles = 20
    monthly_capacity = 2
    clearance = models.Clearance.CLEARED
    clearance_expires_on = date(2027, 6, 30)
    joined_on = date(2025, 1, 15)
    reviewed_at = NOW - timedelta(days=10)


class FundFactory(InRegion):
    class Meta:
        model = models.Fund
        exclude = ("region", "owner")

    owner = factory.SubFactory(PartnerFactory, region=factory.SelfAttribute("..region"))
    partner_id = factory.SelfAttribute("owner.id")
    title = "Reading a wash on foot"
    text = "I can show a class where the water will run before it rains."
    story = "I have walked this arroyo after every storm since 1988."


class SeparationFactory(InRegion):
    class Meta:
        model = models.Separation
        exclude = ("region", "teacher", "partner")

    teacher = factory.SubFactory(TeacherFactory, region=factory.SelfAttribute("..region"))
    partner = factory.SubFactory(PartnerFactory, region=factory.SelfAttribute("..region"))
    teacher_id = factory.SelfAttribute("teacher.id")
    partner_id = factory.SelfAttribute("partner.id")
    reason = "must_not_meet"


class LearningRequestFactory(InRegion):
    """A posted request with two windows three weeks ahead (pass ``windows=[]`` for none)."""

    class Meta:
        model = models.LearningRequest
        exclude = ("region", "asked_by")

    asked_by = factory.SubFactory(TeacherFactory, region=factory.SelfAttribute("..region"))
    teacher_id = factory.SelfAttribute("asked_by.id")
    school_id = factory.SelfAttribute("asked_by.school_id")
    title = "Why does our arroyo flood so fast?"
    text = "My seventh graders live along the arroyo and keep asking why it floods. Please walk the wash with us."
    grade = 7
    subject = "science"
    students = 28
    languages = factory.LazyFunction(lambda: ["en", "es"])
    place = "The wash behind the school, meet in room 12"
    state = models.RequestState.POSTED
    posted_at = NOW - timedelta(days=2)

    @factory.post_generation
    def windows(self, create: bool, extracted: list[tuple[datetime, datetime]] | None, **_: Any) -> None:
        start = datetime(2026, 10, 6, 16, 20, tzinfo=UTC)
        given = [
            (start, start + timedelta(minutes=50)),
            (start + timedelta(days=2), start + timedelta(days=2, minutes=50)),
        ]
        session = current()
        for begins, ends in given if extracted is None else extracted:
            session.add(models.Window(region_id=self.region_id, request_id=self.id, starts_at=begins, ends_at=ends))
        session.flush()
        session.refresh(self)


class SteerFactory(InRegion):
    """Somebody pinned for a request by a coordinator."""

    class Meta:
        model = models.Steer
        exclude = ("region", "of", "who", "hand")

    of = factory.SubFactory(LearningRequestFactory, region=factory.SelfAttribute("..region"))
    who = factory.SubFactory(PartnerFactory, region=factory.SelfAttribute("..region"))
    hand = factory.SubFactory(AccountFactory)
    request_id = factory.SelfAttribute("of.id")
    partner_id = factory.SelfAttribute("who.id")
    by_id = factory.SelfAttribute("hand.id")
    kind = models.SteerKind.PINNED
    at = NOW - timedelta(hours=1)


class RankingFactory(InRegion):
    """A ranking of ``request=``."""

    class Meta:
        model = models.Ranking
        exclude = ("region", "of")

    of = factory.SubFactory(LearningRequestFactory, region=factory.SelfAttribute("..region"))
    request_id = factory.SelfAttribute("of.id")
    request_version = factory.SelfAttribute("of.version")
    policy_id = factory.LazyAttribute(lambda o: _policy_id(o.region_id))
    ranked_at = NOW - timedelta(days=1)
    eligible = 1
    excluded = factory.LazyFunction(dict)
    candidates = factory.LazyFunction(list)
    versions = factory.LazyFunction(dict)


class ProposalFactory(InRegion):
    """An open proposal; its request is set to *proposed*."""

    class Meta:
        model = models.Proposal
        exclude = ("region", "of", "who", "what", "found_in")

    of = factory.SubFactory(LearningRequestFactory, region=factory.SelfAttribute("..region"))
    found_in = factory.SubFactory(
        RankingFactory, region=factory.SelfAttribute("..region"), of=factory.SelfAttribute("..of")
    )
    who = factory.SubFactory(PartnerFactory, region=factory.SelfAttribute("..region"))
    what = factory.SubFactory(
        FundFactory, region=factory.SelfAttribute("..region"), owner=factory.SelfAttribute("..who")
    )
    ranking_id = factory.SelfAttribute("found_in.id")
    request_id = factory.SelfAttribute("of.id")
    partner_id = factory.SelfAttribute("who.id")
    fund_id = factory.SelfAttribute("what.id")
    rank = 1
    rank_before = 1
    rank_after = factory.SelfAttribute("rank")
    relevance = 0.7
    need = 1.2
    deficit = 1.0
    boost = 0.05
    price = 0.02
    score = factory.LazyAttribute(lambda o: o.relevance * o.need * o.deficit + o.boost - o.price)
    features = factory.LazyFunction(dict)
    reasons = factory.LazyFunction(list)
    why = factory.LazyFunction(lambda: {"en": "Their words are close.", "es": "Sus palabras están cerca."})

    @factory.post_generation
    def proposed(self, create: bool, extracted: Any, **_: Any) -> None:
        self.request.state = models.RequestState.PROPOSED
        current().flush()


class IntroductionFactory(InRegion):
    """An approved introduction whose invitation is due at once; its request is *placed* and a unit is held."""

    class Meta:
        model = models.Introduction
        exclude = ("region", "suggested", "coordinator")

    suggested = factory.SubFactory(ProposalFactory, region=factory.SelfAttribute("..region"))
    coordinator = factory.SubFactory(AccountFactory)
    proposal_id = factory.SelfAttribute("suggested.id")
    request_id = factory.SelfAttribute("suggested.request_id")
    partner_id = factory.SelfAttribute("suggested.partner_id")
    approved_by_id = factory.SelfAttribute("coordinator.id")
    approved_at = NOW - timedelta(minutes=20)
    due_at = NOW - timedelta(minutes=10)

    @factory.post_generation
    def placed(self, create: bool, extracted: Any, **_: Any) -> None:
        session = current()
        self.request.state = models.RequestState.PLACED
        self.proposal.state = models.ProposalState.APPROVED
        if self.state in models.LIVE_INTRODUCTIONS:
            CapacityUnitFactory(held_by=self)
        session.flush()


class CapacityUnitFactory(RowFactory):
    class Meta:
        model = models.CapacityUnit
        exclude = ("held_by",)

    held_by = factory.SubFactory(IntroductionFactory)
    region_id = factory.SelfAttribute("held_by.region_id")
    introduction_id = factory.SelfAttribute("held_by.id")
    partner_id = factory.SelfAttribute("held_by.partner_id")
    period = date(2026, 10, 1)
    unit = 1
    held_at = NOW


class BackupFactory(InRegion):
    class Meta:
        model = models.Backup
        exclude = ("region", "behind", "suggested")

    behind = factory.SubFactory(IntroductionFactory, region=factory.SelfAttribute("..region"))
    suggested = factory.SubFactory(ProposalFactory, region=factory.SelfAttribute("..region"))
    introduction_id = factory.SelfAttribute("behind.id")
    proposal_id = factory.SelfAttribute("suggested.id")
    position = 1


class _OfIntroduction(InRegion):
    """A row that belongs to an introduction, given as ``of=``."""

    class Meta:
        abstract = True
        exclude = ("region", "of")

    of = factory.SubFactory(IntroductionFactory, region=factory.SelfAttribute("..region"))
    introduction_id = factory.SelfAttribute("of.id")


class VisitFactory(_OfIntroduction):
    """A visit on the first date that requests of these factories offer."""

    class Meta:
        model = models.Visit

    starts_at = datetime(2026, 10, 6, 16, 20, tzinfo=UTC)
    ends_at = datetime(2026, 10, 6, 17, 10, tzinfo=UTC)
    place = "The wash behind the school, meet in room 12"


class OtherTimeFactory(_OfIntroduction):
    class Meta:
        model = models.OtherTime

    starts_at = datetime(2026, 10, 13, 16, 20, tzinfo=UTC)
    ends_at = datetime(2026, 10, 13, 17, 10, tzinfo=UTC)


class MessageFactory(_OfIntroduction):
    class Meta:
        model = models.Message

    side = models.Side.PARTNER
    text = "Shall I bring boots for everybody?"
    at = NOW


class ReflectionFactory(_OfIntroduction):
    class Meta:
        model = models.Reflection

    side = models.Side.TEACHER
    took_place = True
    again = models.Again.YES
    written_at = NOW


class TaskFactory(InRegion):
    class Meta:
        model = models.Task
        exclude = ("region", "owner", "of")

    owner = factory.SubFactory(AccountFactory)
    owner_id = factory.SelfAttribute("owner.id")
    of = factory.SubFactory(LearningRequestFactory, region=factory.SelfAttribute("..region"))
    request_id = factory.SelfAttribute("of.id")
    key = factory.LazyAttribute(lambda o: f"{o.kind}:{o.request_id}")
    kind = models.TaskKind.NOBODY_LEFT
    due_on = date(2026, 9, 16)
    opened_at = NOW


class NoteFactory(InRegion):
    class Meta:
        model = models.Note
        exclude = ("region", "author", "of")

    author = factory.SubFactory(AccountFactory)
    author_id = factory.SelfAttribute("author.id")
    of = factory.SubFactory(LearningRequestFactory, region=factory.SelfAttribute("..region"))
    request_id = factory.SelfAttribute("of.id")
    text = "Her van fits six."
    written_at = NOW


class SavedViewFactory(InRegion):
    class Meta:
        model = models.SavedView
        exclude = ("region", "owner")

    owner = factory.SubFactory(AccountFactory)
    account_id = factory.SelfAttribute("owner.id")
    page = models.ViewedPage.DESK
    name = factory.Sequence(lambda n: f"View {n}")
    query = "section=ready"


class SheetImportFactory(InRegion):
    class Meta:
        model = models.SheetImport

    kind = models.SheetKind.PARTNERS
    file_name = "neighbors.csv"
    digest = "0" * 64
    at = NOW
    applied_at = NOW


class ImportedRowFactory(InRegion):
    class Meta:
        model = models.ImportedRow
        exclude = ("region", "of")

    of = factory.SubFactory(SheetImportFactory, region=factory.SelfAttribute("..region"))
    import_id = factory.SelfAttribute("of.id")
    line = 2
    outcome = models.RowOutcome.CREATED
    subject_id = 1


class ClosureFactory(InRegion):
    class Meta:
        model = models.Closure

    first_on = date(2026, 11, 26)
    last_on = date(2026, 11, 27)
    name = factory.LazyFunction(lambda: {"en": "Thanksgiving", "es": "Día de Acción de Gracias"})


class ClearanceRuleFactory(InRegion):
    """Supervised single visits need no clearance."""

    class Meta:
        model = models.ClearanceRule

    position = 1
    supervised = True
    repeated = False
    required = False


class FamilySchoolFactory(InRegion):
    class Meta:
        model = models.FamilySchool
        exclude = ("region", "who", "where")

    who = factory.SubFactory(PartnerFactory, region=factory.SelfAttribute("..region"))
    where = factory.SubFactory(SchoolFactory, region=factory.SelfAttribute("..region"))
    partner_id = factory.SelfAttribute("who.id")
    school_id = factory.SelfAttribute("where.id")


class OutboxItemFactory(RowFactory):
    class Meta:
        model = models.OutboxItem

    queue = models.QueueName.MAIL
    key = factory.Sequence(lambda n: f"test:{n}")
    kind = "invitation"
    due_at = NOW - timedelta(minutes=1)


class HeartbeatFactory(RowFactory):
    class Meta:
        model = models.Heartbeat

    name = "mail"
    at = NOW


class EmbeddingFactory(InRegion):
    class Meta:
        model = models.Embedding

    owner_kind = models.OwnerKind.PARTNER
    owner_id = 1
    piece = 0
    model = "a-model"
    text_hash = "0" * 64
    vector = factory.LazyFunction(lambda: [0.6, 0.8])


class SuppressionFactory(InRegion):
    class Meta:
        model = models.Suppression

    email = "quiet@people.example"
    reason = models.SuppressionReason.ASKED


class RelevanceVersionFactory(InRegion):
    """A fit that changed nothing but its name."""

    class Meta:
        model = models.RelevanceVersion

    version = factory.Sequence(lambda n: n + 1)
    weights = factory.LazyAttribute(lambda o: Weights(version=f"fit-{o.version}").as_dict())
    data = factory.LazyFunction(dict)
    figures = factory.LazyFunction(dict)
    fitted_at = NOW - timedelta(hours=2)


class RelevanceActivationFactory(InRegion):
    class Meta:
        model = models.RelevanceActivation
        exclude = ("region", "of")

    of = factory.SubFactory(RelevanceVersionFactory, region=factory.SelfAttribute("..region"))
    version_id = factory.SelfAttribute("of.id")
    at = NOW - timedelta(hours=1)


NO_TERMS = Terms(
    school_factor=(), last_school=(), group_boost=(0.0,) * 6, request_middle=1.0, middle=0.6, least_ideal=0.1,
    lean=1.0, alpha2=0.0,
)  # fmt: skip
"""Terms by which closeness decides, less the prices."""


class PlanFactory(InRegion):
    """A plan of this night, not in effect. For one under way, say its state and ``finished_at=None``."""

    class Meta:
        model = models.Plan

    kind = models.PlanKind.NIGHTLY
    state = models.PlanState.DONE
    policy_id = factory.LazyAttribute(lambda o: _policy_id(o.region_id))
    numbers = factory.LazyFunction(lambda: {"alpha": 4.0, "alpha2": 2.0, "beta": 0.1})
    terms = factory.LazyFunction(lambda: {"school_ids": [], **asdict(NO_TERMS)})
    asked_at = NOW - timedelta(hours=7)
    finished_at = NOW - timedelta(hours=6)


class PlannedPlaceFactory(InRegion):
    """The first place of a request in a plan."""

    class Meta:
        model = models.PlannedPlace
        exclude = ("region", "made", "of", "who")

    made = factory.SubFactory(PlanFactory, region=factory.SelfAttribute("..region"))
    of = factory.SubFactory(LearningRequestFactory, region=factory.SelfAttribute("..region"))
    who = factory.SubFactory(PartnerFactory, region=factory.SelfAttribute("..region"))
    plan_id = factory.SelfAttribute("made.id")
    request_id = factory.SelfAttribute("of.id")
    partner_id = factory.SelfAttribute("who.id")
    period = date(2026, 10, 1)
    place = 1
    relevance = 0.7
    gross = 0.84
    bid = 0.3
    price = 0.1


def _policy_id(region_id: int) -> int:
    policy = current().query(models.EquityPolicy).filter_by(region_id=region_id).first()
    assert policy is not None
    return policy.id


class ApiTokenFactory(InRegion):
    class Meta:
        model = models.ApiToken
        exclude = ("region", "owner")

    owner = factory.SubFactory(AccountFactory)
    account_id = factory.SelfAttribute("owner.id")
    name = "Horario 2026"
    hint = "mm_abcd"
    digest = factory.LazyFunction(lambda: sha256(uuid4().bytes).hexdigest())
    scopes = factory.LazyFunction(lambda: ["requests:read"])
    expires_at = NOW + timedelta(days=90)


class ApiReplyFactory(InRegion):
    class Meta:
        model = models.ApiReply
        exclude = ("region", "given")

    given = factory.SubFactory(ApiTokenFactory, region=factory.SelfAttribute("..region"))
    token_id = factory.SelfAttribute("given.id")
    key = factory.LazyFunction(lambda: uuid4().hex)
    digest = "0" * 64
    status = 201
    body = factory.LazyFunction(dict)


class WebhookFactory(InRegion):
    class Meta:
        model = models.Webhook

    url = factory.Sequence(lambda n: f"https://district{n}.example/told")
    events = factory.LazyFunction(lambda: ["introduction.made"])


class IdentityFactory(RowFactory):
    class Meta:
        model = models.Identity
        exclude = ("person",)

    person = factory.SubFactory(AccountFactory)
    account_id = factory.SelfAttribute("person.id")
    issuer = "https://accounts.district.example"
    subject = factory.Sequence(lambda n: f"subject-{n}")
    email = factory.SelfAttribute("person.email")
    used_at = NOW


class PasskeyFactory(RowFactory):
    class Meta:
        model = models.Passkey
        exclude = ("person",)

    person = factory.SubFactory(AccountFactory)
    user_id = factory.SelfAttribute("person.id")
    credential_id = factory.LazyFunction(lambda: uuid4().bytes)
    public_key = b"a public key"
    backup_state = False
    device_type = "single_device"
    name = "My phone"
    usage = "first"
    lastuse_datetime = NOW
