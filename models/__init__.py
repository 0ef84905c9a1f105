"""Records: SQLModel tables, the store that opens them, and the read-only queries that prove them."""

from models.audit import AuditEntry
from models.awards import Award, Entitlement, SubjectKey
from models.benefits import Benefit
from models.cases import TERMINAL, Case, CostLine, JointOpinion, Snapshot, State
from models.comparisons import Comparison, Likeness, Verdict
from models.conditions import CheckRecord, PaperCheck, Waiver
from models.contacts import Contact, ContactStatus, Preference, Rhythm
from models.decisions import Decision
from models.evidence import Evidence
from models.jobs import Heartbeat, JobClaim, JobProgress, JobStatus, Reminder
from models.messages import Dispatch, DispatchState, Message, MessageStatus, SendLog, SendOutcome
from models.money import Account, Fund, LedgerEntry
from models.notices import Notice, NoticeLine, Objection
from models.parameters import ParameterValue, RuleVersion
from models.parties import Party, PartyAccount, PartyKind
from models.payments import Allocation, AllocationLine, BankResult, OrderState, PaymentBatch, PaymentOrder
from models.people import Delegation, Duty, Grant, Person, Token, Unit
from models.programmes import IndicatorValue, Milestone, Quota
from models.rates import PayoutFigure, Ranking
from models.retention import Anonymisation, Erasure, PersonalKey
from models.settings import Counter, HolidayOverride, StoreMark

__all__ = [
    "TERMINAL",
    "Account",
    "Allocation",
    "AllocationLine",
    "Anonymisation",
    "AuditEntry",
    "Award",
    "BankResult",
    "Benefit",
    "Case",
    "Comparison",
    "CheckRecord",
    "Contact",
    "ContactStatus",
    "CostLine",
    "Counter",
    "Decision",
    "Delegation",
    "Dispatch",
    "DispatchState",
    "Duty",
    "Entitlement",
    "Erasure",
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
    "MessageStatus",
    "Likeness",
    "Milestone",
    "Notice",
    "NoticeLine",
    "Objection",
    "OrderState",
    "PaperCheck",
    "ParameterValue",
    "Party",
    "PartyAccount",
    "PartyKind",
    "PaymentBatch",
    "PaymentOrder",
    "PayoutFigure",
    "Person",
    "PersonalKey",
    "Preference",
    "Quota",
    "Ranking",
    "Reminder",
    "Rhythm",
    "RuleVersion",
    "SendLog",
    "SendOutcome",
    "Snapshot",
    "State",
    "StoreMark",
    "SubjectKey",
    "Token",
    "Unit",
    "Verdict",
    "Waiver",
]
