"""Read models: what lists and pages show of cases, inboxes, money and notices; personal data masked unless asked for."""

from casework.queries.comparisons import ComparisonRow, comparisons
from casework.queries.dossier import Dossier, dossier
from casework.queries.inbox import Barred, Inbox, Task, inbox, whole_inbox
from casework.queries.lists import CaseRow, Page, cases, find_case, row_of
from casework.queries.masking import masked_account, masked_name
from casework.queries.money import FundStatus, MeasureStatus, funds, statuses
from casework.queries.notices import NoticeRow, NoticeSheet, notice_sheet, notices
from casework.queries.plain import plain
from casework.queries.programmes import IndicatorRow, MilestoneRow, indicators, milestones
from casework.stuck import Stuck, stuck

__all__ = [
    "Barred",
    "CaseRow",
    "ComparisonRow",
    "Dossier",
    "FundStatus",
    "Inbox",
    "IndicatorRow",
    "MeasureStatus",
    "MilestoneRow",
    "NoticeRow",
    "NoticeSheet",
    "Page",
    "Stuck",
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
    "stuck",
    "whole_inbox",
]
