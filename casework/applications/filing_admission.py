"""Why a draft or a corrected claim cannot be filed just now, or a case not returned: for the act, and for the inbox before it."""

from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import Procedure
from casework.shared.errors import Refused
from casework.shared.merged_parties import refuse_merged
from models import State
from models.unit_of_work import UnitOfWork

RETURNED_BEFORE = ("补正只能一次性告知，本案已退回过", "a case is returned for correction once only")


def not_now(work: UnitOfWork, procedure: Procedure, case: CaseView) -> Refused | None:
    """Why a draft, or a corrected claim, cannot be filed just now whatever it says, and what to do; None where it can."""
    if case.state != State.DRAFT:
        if case.next_due is None or work.now < case.next_due:
            return None
        zh = "补正期限已过，本案将按逾期未补正终止；申报期内可另行申报"
        en = "the time for correction is over and the case lapses: file anew while filing is open"
        return Refused("correction_over", zh, en)
    if not window(procedure).inside(work.now):
        return Refused("outside_window", *_outside(work, procedure))
    try:
        refuse_merged(work, case.party_id, "申报，本草稿可撤回（withdraw）", "file: withdraw this draft", field="case")
    except Refused as no:
        return no
    return None


def _outside(work: UnitOfWork, procedure: Procedure) -> tuple[str, str]:
    """Why now is not the time, to the day, in two languages."""
    span = window(procedure)
    if work.now < span.opens_at:
        return f"申报尚未开始，{span.first} 00:00 起受理申报", f"filing is outside the window: it opens on {span.first}"
    last = span.last_filing_day
    return (
        f"申报已于 {last} 24:00 截止，本次提交未被接收；本草稿可撤回（withdraw）",
        f"filing is outside the window: it closed with {last}; the draft can be withdrawn",
    )
