"""Records: SQLModel tables, the store that opens them, and the read-only queries that prove them."""

from models.anonymisations import Anonymisation, Erasure, PersonalKey
from models.audit import AuditEntry
from models.awards import AwardRecord, Entitlement, SubjectKey
from models.cases import TERMINAL, Case, CostLineRecord, JointOpinion, Snapshot, State
from models.check_records import CheckRecord, PaperCheck, Waiver
from models.comparisons import Comparison, Likeness, Verdict
from models.contacts import Contact, ContactStatus, Preference, Rhythm
from models.credentials import (
    ChatAccount,
    Enrolment,
    FormDraft,
    Passkey,
    PasskeyChallenge,
    Password,
    SecondFactor,
    SignInThrottle,
    WebSession,
)
from models.decisions import Decision
from models.effective_rules import RuleEffectiveFrom
from models.evidence import Evidence
from models.external_benefits import BenefitRecord
from models.funds import Account, Fund, LedgerEntry
from models.jobs import Heartbeat, JobClaim, JobProgress, JobStatus, Reminder
from models.messages import Dispatch, DispatchState, Message, MessageLink, MessageStatus, SendLog, SendOutcome
from models.notices import Notice, NoticeLine, Objection
from models.parameter_values import ParameterValue, RuleVersion
from models.parties import Party, PartyAccount, PartyKind
from models.payments import Allocation, AllocationLine, BankResult, OrderState, PaymentBatch, PaymentOrder
from models.people import Delegation, Duty, Grant, Person, Token, UnitRecord
from models.programmes import IndicatorValue, MilestoneRecord, QuotaRecord
from models.rates import PayoutFigure, Ranking
from models.ratings import StepRating
from models.registrations import Registration, RegistrationState
from models.store_marks import Counter, HolidayOverride, StoreMark

__all__ = [
    "TERMINAL",
    "Account",
    "Allocation",
    "AllocationLine",
    "Anonymisation",
    "AuditEntry",
    "AwardRecord",
    "BankResult",
    "BenefitRecord",
    "Case",
    "ChatAccount",
    "Comparison",
    "CheckRecord",
    "Contact",
    "ContactStatus",
    "CostLineRecord",
    "Counter",
    "Decision",
    "Delegation",
    "Dispatch",
    "DispatchState",
    "Duty",
    "Enrolment",
    "Entitlement",
    "Erasure",
    "Evidence",
    "FormDraft",
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
    "MessageLink",
    "MessageStatus",
    "Likeness",
    "MilestoneRecord",
    "Notice",
    "NoticeLine",
    "Objection",
    "OrderState",
    "PaperCheck",
    "ParameterValue",
    "Party",
    "PartyAccount",
    "PartyKind",
    "Password",
    "PaymentBatch",
    "PaymentOrder",
    "PayoutFigure",
    "Person",
    "PersonalKey",
    "Preference",
    "QuotaRecord",
    "Ranking",
    "Registration",
    "RegistrationState",
    "Reminder",
    "Rhythm",
    "RuleEffectiveFrom",
    "RuleVersion",
    "Passkey",
    "PasskeyChallenge",
    "SecondFactor",
    "SendLog",
    "SendOutcome",
    "SignInThrottle",
    "Snapshot",
    "State",
    "StepRating",
    "StoreMark",
    "SubjectKey",
    "Token",
    "UnitRecord",
    "Verdict",
    "WebSession",
    "Waiver",
]
