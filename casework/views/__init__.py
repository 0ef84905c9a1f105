"""Read models: what lists and pages show of cases, inboxes, money and notices; personal data masked unless asked for."""

from casework.lifecycle.stuck_cases import Stuck, stuck
from casework.privacy.masking import masked_account, masked_name
from casework.views.case_lists import CasePage, CaseRow, cases, find_case, row_of
from casework.views.comparison_list import ComparisonRow, comparisons
from casework.views.dossier import Dossier, dossier
from casework.views.fund_status import FundStatus, MeasureStatus, funds, statuses
from casework.views.inbox import COUNTED, Barred, Inbox, InboxTask, inbox, pages, whole_inbox
from casework.views.json_values import plain
from casework.views.programme_status import IndicatorRow, MilestonePage, MilestoneRow, indicators, milestones
from casework.views.published_notices import NoticeRow, PublishedNotice, notices, published_notice

__all__ = [
    "Barred",
    "CaseRow",
    "ComparisonRow",
    "Dossier",
    "FundStatus",
    "Inbox",
    "IndicatorRow",
    "MeasureStatus",
    "MilestonePage",
    "MilestoneRow",
    "NoticeRow",
    "PublishedNotice",
    "CasePage",
    "Stuck",
    "InboxTask",
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
    "published_notice",
    "notices",
    "plain",
    "row_of",
    "statuses",
    "stuck",
    "COUNTED",
    "pages",
    "whole_inbox",
]
