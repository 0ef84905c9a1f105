"""Records: SQLModel tables, the store that opens them, and the read-only queries that prove them."""

from models.audit import AuditEntry
from models.awards import Award, Entitlement, SubjectKey
from models.benefits import Benefit
from models.cases import TERMINAL, Case, CostLine, JointOpinion, Snapshot, State
from models.decisions import Decision
from models.evidence import Evidence
from models.jobs import Heartbeat, JobClaim, JobProgress, JobStatus, Reminder
from models.messages import Message
from models.money import Account, Fund, LedgerEntry
from models.notices import Notice, NoticeLine, Objection
from models.parameters import ParameterValue, RuleVersion
from models.parties import Party, PartyAccount, PartyKind
from models.payments import Allocation, AllocationLine, BankResult, OrderState, PaymentBatch, PaymentOrder
from models.people import Delegation, Duty, Grant, Person, Token, Unit
from models.programmes import IndicatorValue, Milestone, Quota
from models.settings import Counter, HolidayOverride, StoreMark

__all__ = [
    "TERMINAL",
    "Account",
    "Allocation",
    "AllocationLine",
    "AuditEntry",
    "Award",
    "BankResult",
    "Benefit",
    "Case",
    "CostLine",
    "Counter",
    "Decision",
    "Delegation",
    "Duty",
    "Entitlement",
    "Evidence",
    "Fund",
    "Grant",
    "Heartbeat",
    "HolidayOverride",
    "IndicatorValue",
    "JobClaim",
    "JobProgress",
    "JobStatus",
    "JointOpinion",
    "LedgerEntry",
    "Message",
    "Milestone",
    "Notice",
    "NoticeLine",
    "Objection",
    "OrderState",
    "ParameterValue",
    "Party",
    "PartyAccount",
    "PartyKind",
    "PaymentBatch",
    "PaymentOrder",
    "Person",
    "Quota",
    "Reminder",
    "RuleVersion",
    "Snapshot",
    "State",
    "StoreMark",
    "SubjectKey",
    "Token",
    "Unit",
]
