"""Read models: what lists and pages show of cases, inboxes, money and notices; personal data masked unless asked for."""

from casework.queries.comparisons import ComparisonRow, comparisons
from casework.queries.dossier import Dossier, dossier
from casework.queries.inbox import Task, inbox
from casework.queries.lists import CaseRow, Page, cases, find_case, row_of
from casework.queries.masking import masked_account, masked_name
from casework.queries.money import FundStatus, MeasureStatus, funds, statuses
from casework.queries.notices import NoticeRow, NoticeSheet, notice_sheet, notices
from casework.queries.plain import plain
from casework.queries.programmes import IndicatorRow, MilestoneRow, indicators, milestones

__all__ = [
    "CaseRow",
    "ComparisonRow",
    "Dossier",
    "FundStatus",
    "IndicatorRow",
    "MeasureStatus",
    "MilestoneRow",
    "NoticeRow",
    "NoticeSheet",
    "Page",
    "Task",
    "cases",
    "comparisons",
    "dossier",
    "find_case",
    "funds",
    "inbox",
    "indicators",
    "masked_account",
    "masked_name",
    "milestones",
    "notice_sheet",
    "notices",
    "plain",
    "row_of",
    "statuses",
]
