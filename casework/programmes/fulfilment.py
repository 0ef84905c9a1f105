"""The last step of what is not cash: deliver in kind, report and review a programme."""

from typing import cast

from sqlalchemy import bindparam, or_, update
from sqlmodel import col

from casework.lifecycle.act_context import ActContext, unit
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import Deliver, ReportMilestone, Review
from casework.lifecycle.procedure import system
from casework.programmes.programme_progress import grant_quota, open_until, record_indicators, shortfalls
from casework.shared.errors import Refused
from models import Duty, MilestoneRecord, State
from models.statements import Prepared, given

_REPORTED = Prepared(
    update(MilestoneRecord)
    .where(
        col(MilestoneRecord.case_id) == bindparam("wanted"),
        col(MilestoneRecord.position) == bindparam("wanted_position"),
        or_(col(MilestoneRecord.state) == "planned", col(MilestoneRecord.state) == "in_progress"),
    )
    .values(
        state="reported",
        report=bindparam("new_report"),
        reported_by=given("new_by", MilestoneRecord.reported_by),
        changed_at=given("new_at", MilestoneRecord.changed_at),
    )
)
_REVIEWED = Prepared(
    update(MilestoneRecord)
    .where(col(MilestoneRecord.case_id) == bindparam("wanted"), col(MilestoneRecord.state) == "reported")
    .values(
        state=bindparam("new_state"),
        reviewed_by=given("new_by", MilestoneRecord.reviewed_by),
        changed_at=given("new_at", MilestoneRecord.changed_at),
    )
)


def deliver(context: ActContext) -> Change:
    """What was decided in kind was handed over; the document that shows it is named."""
    document = cast(Deliver, context.act).document.strip()
    if not document:
        raise Refused("document", "请填写交付凭据（文号或登记号）", "name the document that shows it", field="document")
    _check_result(context)
    grant_quota(context)
    told = context.tell_applicant("delivered", document=document)
    return context.move(State.DELIVERED, system(context.work.now), outcome="delivered", tell=(told,))


def _check_result(context: ActContext) -> None:
    """An item that reports what became of it names its outcomes; others take none."""
    result, known = cast(Deliver, context.act).result.strip(), context.procedure.item.results
    if known is None and not result:
        return
    if known is None:
        raise Refused("result", "本事项不填报结果", "this item reports no result", field="result")
    if result not in {possible.value for possible in known}:
        zh = "、".join(f"{possible.value}（{possible.zh}）" for possible in known)
        raise Refused("result", f"请填写结果：{zh}", f"say what became of it: {', '.join(known)}", field="result")


def report(context: ActContext) -> Change:
    """Reports one milestone with its figures; when none is left open, the whole is reported."""
    act, work, case = cast(ReportMilestone, context.act), context.work, context.case
    if not act.text.strip():
        raise Refused("text", "请写明进展", "say what was done", field="text")
    values = {"new_report": act.text, "new_by": act.by, "new_at": work.now}
    if work.run(_REPORTED, wanted=case.id, wanted_position=act.milestone, **values) != 1:
        raise Refused("milestone", "没有这一待报告的节点", "no such open milestone", field="milestone")
    record_indicators(context, act)
    left = open_until(work, case.id)
    if left is not None:
        return context.move(
            State.IN_PROGRESS, context.procedure.until(Duty.APPLICANT, left), outcome="milestone_reported"
        )
    following = context.procedure.turn(Duty.CERTIFIER)
    told = (unit(following.unit, Duty.CERTIFIER, "turn"),)
    return context.move(State.REPORTED, following, outcome="reported", tell=told)


def review(context: ActContext) -> Change:
    """A second officer is satisfied, or sends the programme back with a reason."""
    act, work, case = cast(Review, context.act), context.work, context.case
    state = "reviewed" if act.satisfied else "in_progress"
    short = shortfalls(work, context.procedure, case) if act.satisfied else []
    if not act.satisfied:
        context.reason_needed()
    elif short and not context.act.reason.strip():
        listed = "；".join(lack.zh for lack in short)
        zh = f"还不能办结：{listed}。请退回补报（--unsatisfied），或写明仍予办结的理由（--reason）"
        raise Refused("shortfall", zh, f"not to be closed: {'; '.join(lack.en for lack in short)}", field="reason")
    work.run(_REVIEWED, wanted=case.id, new_state=state, new_by=act.by, new_at=work.now)
    if act.satisfied:
        outcome, content = (
            ("satisfied_in_spite", {"short": [lack.zh for lack in short]}) if short else ("satisfied", {})
        )
        return context.move(State.REVIEWED, system(work.now), outcome=outcome, content=content)
    return context.move(State.IN_PROGRESS, context.procedure.turn(Duty.APPLICANT), outcome="unsatisfied")
