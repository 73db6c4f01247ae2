"""The data model: tables, their invariants and their state transitions."""

from models.account import Account, GlobalRole, Identity, Membership, Passkey, Role
from models.api import ApiReply, ApiToken, Webhook
from models.audit import AuditEvent
from models.base import Base
from models.calendar import Closure, ClosureKind
from models.capacity import CapacityUnit
from models.clearance import ClearanceRule, FamilySchool
from models.desk import Note, SavedView, ViewedPage
from models.embedding import Embedding, OwnerKind
from models.heartbeat import Heartbeat
from models.imports import ImportedRow, RowOutcome, SheetImport, SheetKind
from models.introduction import AnswerVia, Backup, Introduction, NotNowReason, Side
from models.learning_request import LearningRequest, Window
from models.outbox import OutboxItem, QueueName
from models.partner import Clearance, Fund, KnowledgeKind, Partner, PartnerKind, Separation
from models.plan import Plan, PlanKind, PlannedPlace, PlanState
from models.ranking import Proposal, Ranking
from models.reflection import Again, Reflection
from models.region import EquityPolicy, Region
from models.relevance import RelevanceActivation, RelevanceVersion
from models.school import LOCALES, District, School
from models.states import (
    AFTER_A_YES,
    LIVE_INTRODUCTIONS,
    BackupState,
    IntroductionState,
    NotAllowedInState,
    ProposalState,
    RequestState,
    StateChange,
)
from models.steer import Steer, SteerKind
from models.suppression import MailKind, Suppression, SuppressionReason
from models.task import Task, TaskKind
from models.teacher import Teacher
from models.visit import Message, OtherTime, Visit

__all__ = [
    "AFTER_A_YES",
    "LIVE_INTRODUCTIONS",
    "LOCALES",
    "Account",
    "Again",
    "AnswerVia",
    "ApiReply",
    "ApiToken",
    "AuditEvent",
    "Backup",
    "BackupState",
    "Base",
    "CapacityUnit",
    "Clearance",
    "ClearanceRule",
    "Closure",
    "ClosureKind",
    "District",
    "Embedding",
    "EquityPolicy",
    "FamilySchool",
    "Fund",
    "GlobalRole",
    "Heartbeat",
    "Identity",
    "ImportedRow",
    "Introduction",
    "IntroductionState",
    "KnowledgeKind",
    "LearningRequest",
    "MailKind",
    "Membership",
    "Message",
    "NotAllowedInState",
    "NotNowReason",
    "Note",
    "OtherTime",
    "OutboxItem",
    "OwnerKind",
    "Partner",
    "PartnerKind",
    "Passkey",
    "Plan",
    "PlanKind",
    "PlanState",
    "PlannedPlace",
    "Proposal",
    "ProposalState",
    "QueueName",
    "Ranking",
    "Reflection",
    "Region",
    "RelevanceActivation",
    "RelevanceVersion",
    "RequestState",
    "Role",
    "RowOutcome",
    "SavedView",
    "School",
    "Separation",
    "SheetImport",
    "SheetKind",
    "Side",
    "StateChange",
    "Steer",
    "SteerKind",
    "Suppression",
    "SuppressionReason",
    "Task",
    "TaskKind",
    "Teacher",
    "ViewedPage",
    "Visit",
    "Webhook",
    "Window",
]
