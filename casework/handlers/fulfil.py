"""The last step: deliver in kind, report and review a programme, or register a payment made outside the batches."""

from typing import cast

from sqlalchemy import bindparam, or_, update
from sqlmodel import col

from casework.cases import Change
from casework.desk import Desk, unit
from casework.errors import Refused
from casework.payments import offline
from casework.procedure import system
from casework.programmes import grant_quota, open_until, record_indicators, shortfalls
from casework.requests import Deliver, Report, Review
from models import Duty, Milestone, State
from models.statements import Prepared, given

_REPORTED = Prepared(
    update(Milestone)
    .where(
        col(Milestone.case_id) == bindparam("wanted"),
        col(Milestone.position) == bindparam("wanted_position"),
        or_(col(Milestone.state) == "planned", col(Milestone.state) == "in_progress"),
    )
    .values(
        state="reported",
        report=bindparam("new_report"),
        reported_by=given("new_by", Milestone.reported_by),
        changed_at=given("new_at", Milestone.changed_at),
    )
)
_REVIEWED = Prepared(
    update(Milestone)
    .where(col(Milestone.case_id) == bindparam("wanted"), col(Milestone.state) == "reported")
    .values(
        state=bindparam("new_state"),
        reviewed_by=given("new_by", Milestone.reviewed_by),
        changed_at=given("new_at", Milestone.changed_at),
    )
)


def deliver(desk: Desk) -> Change:
    """What was decided in kind was handed over; the document that shows it is named."""
    document = cast(Deliver, desk.act).document.strip()
    if not document:
        raise Refused("document", "请填写交付凭据（文号或登记号）", "name the document that shows it", field="document")
    _check_result(desk)
    grant_quota(desk)
    told = desk.tell_applicant("delivered", document=document)
    return desk.move(State.DELIVERED, system(desk.work.now), outcome="delivered", tell=(told,))


def _check_result(desk: Desk) -> None:
    """An item that reports what became of it names its outcomes; others take none."""
    result, known = cast(Deliver, desk.act).result.strip(), desk.way.item.results
    if known is None and not result:
        return
    if known is None:
        raise Refused("result", "本事项不填报结果", "this item reports no result", field="result")
    if result not in {one.value for one in known}:
        zh = "、".join(f"{one.value}（{one.zh}）" for one in known)
        raise Refused("result", f"请填写结果：{zh}", f"say what became of it: {', '.join(known)}", field="result")


def report(desk: Desk) -> Change:
    """Reports one milestone with its figures; when none is left open, the whole is reported."""
    act, work, case = cast(Report, desk.act), desk.work, desk.case
    if not act.text.strip():
        raise Refused("text", "请写明进展", "say what was done", field="text")
    values = {"new_report": act.text, "new_by": act.by, "new_at": work.now}
    if work.run(_REPORTED, wanted=case.id, wanted_position=act.milestone, **values) != 1:
        raise Refused("milestone", "没有这一待报告的节点", "no such open milestone", field="milestone")
    record_indicators(desk, act)
    left = open_until(work, case.id)
    if left is not None:
        return desk.move(State.IN_PROGRESS, desk.way.until(Duty.APPLICANT, left), outcome="milestone_reported")
    following = desk.way.turn(Duty.CERTIFIER)
    told = (unit(following.unit, Duty.CERTIFIER, "turn"),)
    return desk.move(State.REPORTED, following, outcome="reported", tell=told)


def review(desk: Desk) -> Change:
    """A second officer is satisfied, or sends the programme back with a reason."""
    act, work, case = cast(Review, desk.act), desk.work, desk.case
    state = "reviewed" if act.satisfied else "in_progress"
    short = shortfalls(work, desk.way, case) if act.satisfied else []
    if not act.satisfied:
        desk.reason_needed()
    elif short and not desk.act.reason.strip():
        listed = "；".join(one.zh for one in short)
        zh = f"还不能办结：{listed}。请退回补报（--unsatisfied），或写明仍予办结的理由（--reason）"
        raise Refused("shortfall", zh, f"not to be closed: {'; '.join(one.en for one in short)}", field="reason")
    work.run(_REVIEWED, wanted=case.id, new_state=state, new_by=act.by, new_at=work.now)
    if act.satisfied:
        outcome, content = ("satisfied_in_spite", {"short": [one.zh for one in short]}) if short else ("satisfied", {})
        return desk.move(State.REVIEWED, system(work.now), outcome=outcome, content=content)
    return desk.move(State.IN_PROGRESS, desk.way.turn(Duty.APPLICANT), outcome="unsatisfied")


def pay_offline(desk: Desk) -> Change:
    """A payment made outside the batches, under the same guards."""
    return offline.handle(desk)
