"""The data model: tables, their invariants and their state transitions."""

from models.account import Account, GlobalRole, Membership, Role
from models.audit import AuditEvent
from models.base import Base
from models.capacity import CapacityUnit
from models.embedding import Embedding, OwnerKind
from models.introduction import Backup, Introduction, NotNowReason
from models.learning_request import LearningRequest, Window
from models.outbox import OutboxItem, QueueName
from models.partner import Clearance, Fund, KnowledgeKind, Partner, PartnerKind, Separation
from models.plan import Plan, PlanKind, PlannedPlace, PlanState
from models.ranking import Proposal, Ranking
from models.region import EquityPolicy, Region
from models.relevance import RelevanceActivation, RelevanceVersion
from models.school import LOCALES, District, School
from models.states import (
    LIVE_INTRODUCTIONS,
    BackupState,
    IntroductionState,
    NotAllowedInState,
    ProposalState,
    RequestState,
    StateChange,
)
from models.steer import Steer, SteerKind
from models.suppression import Suppression, SuppressionReason
from models.teacher import Teacher

__all__ = [
    "LIVE_INTRODUCTIONS",
    "LOCALES",
    "Account",
    "AuditEvent",
    "Backup",
    "BackupState",
    "Base",
    "CapacityUnit",
    "Clearance",
    "District",
    "Embedding",
    "EquityPolicy",
    "Fund",
    "GlobalRole",
    "Introduction",
    "IntroductionState",
    "KnowledgeKind",
    "LearningRequest",
    "Membership",
    "NotAllowedInState",
    "NotNowReason",
    "OutboxItem",
    "OwnerKind",
    "Partner",
    "PartnerKind",
    "Plan",
    "PlanKind",
    "PlanState",
    "PlannedPlace",
    "Proposal",
    "ProposalState",
    "QueueName",
    "Ranking",
    "Region",
    "RelevanceActivation",
    "RelevanceVersion",
    "RequestState",
    "Role",
    "School",
    "Separation",
    "StateChange",
    "Steer",
    "SteerKind",
    "Suppression",
    "SuppressionReason",
    "Teacher",
    "Window",
]
