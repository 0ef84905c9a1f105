"""The wordings of states, duties and actions: for the officer, for the applicant, in Chinese and English."""

from casework.lifecycle.commands import Action
from models import Duty, JobStatus, State
from models.duty_names import DUTIES

__all__ = ["DUTIES", "STATES", "action_zh", "shown_state", "state_zh"]

# state: (officer, applicant, English)
STATES: dict[State, tuple[str, str, str]] = {
    State.DRAFT: ("草稿", "尚未提交", "draft"),
    State.FILED: ("待受理", "已提交，等待受理", "filed"),
    State.IN_CORRECTION: ("补正中", "请补正材料", "in correction"),
    State.ACCEPTED: ("已受理", "已受理，审核中", "accepted"),
    State.SCREENED: ("已初审", "初审通过，认定中", "screened"),
    State.UNDER_JOINT_REVIEW: ("联审中", "部门联审中", "under joint review"),
    State.CERTIFIED: ("已认定，待核算", "认定完成，核算中", "certified"),
    State.COMPUTED: ("已核算，待审定", "核算完成，审定中", "computed"),
    State.DECIDED: ("已审定", "已审定", "decided"),
    State.ON_NOTICE: ("公示中", "公示中", "on public notice"),
    State.PAYABLE: ("待拨付", "公示结束，等待拨付", "payable"),
    State.ORDERED: ("已下达支付指令", "款项拨付中", "ordered"),
    State.PAID: ("已拨付", "款项已到账", "paid"),
    State.DELIVERED: ("已兑现", "支持事项已落实", "delivered"),
    State.PLANNED: ("计划待审", "计划已报送", "planned"),
    State.IN_PROGRESS: ("实施中", "实施中", "in progress"),
    State.REPORTED: ("已报告，待复核", "成果已报送", "reported"),
    State.REVIEWED: ("已复核", "成果已复核", "reviewed"),
    State.CLOSED: ("已办结", "已办结", "closed"),
    State.REFUSED: ("不予支持", "不予支持，详见告知书", "refused"),
    State.WITHDRAWN: ("已撤回", "已撤回", "withdrawn"),
    State.LAPSED: ("逾期终止", "未在期限内提交", "lapsed"),
}

# the same where whose turn it is says more than the state: (state, duty): (officer, applicant, English)
_BY_TURN: dict[tuple[State, Duty], tuple[str, str, str]] = {
    (State.CERTIFIED, Duty.PARAMETER_AUTHOR): (
        "已认定，待口径确定",
        "认定完成，等待口径确定",
        "certified, waits for a parameter",
    ),
    (State.CERTIFIED, Duty.FUND_OFFICER): (
        "已认定，待资金安排",
        "认定完成，等待资金安排",
        "certified, waits for money",
    ),
    (State.DECIDED, Duty.DELIVERER): ("已审定，待落实", "已审定，等待落实", "decided, to be delivered"),
    (State.ON_NOTICE, Duty.DELIVERER): ("公示结束，待落实", "公示结束，等待落实", "notice over, to be delivered"),
}

JOB_STATUSES: dict[JobStatus, tuple[str, str]] = {
    JobStatus.RUNNING: ("办理中", "running"),
    JobStatus.DONE: ("已办理", "done"),
    JobStatus.FAILED: ("失败，将重试", "failed, is tried again"),
    JobStatus.SKIPPED: ("已跳过", "skipped"),
}


def job_status(status: str) -> tuple[str, str]:
    """A job's status in Chinese and English."""
    return JOB_STATUSES[JobStatus(status)]


def shown_state(state: str, turn: str | None) -> tuple[str, str, str]:
    """How a case's state is shown, given whose turn it is: for the officer, for the applicant, in English."""
    known = State(state)
    return _BY_TURN.get((known, Duty(turn)), STATES[known]) if turn else STATES[known]


def state_zh(state: str) -> str:
    """The officer's wording."""
    return STATES[State(state)][0]


def step_words(action: str, outcome: str, zh: str, en: str) -> tuple[str, str]:
    """An act's name in a case's history: a first signature asks, the second one does."""
    if outcome != "requested":
        return zh, en
    return ("提出例外", "ask for an override") if action == Action.WAIVE else (f"提出{zh}", f"ask to {en}")


def action_zh(action: str) -> str:
    """The act's Chinese name."""
    return Action(action).zh
