"""What each duty does when its office sits: one lawful act a case, and the departures that a case's twist asks for."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework import views
from casework.command_handler import act, act_list
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.errors import Problem
from demo import fictional_papers
from demo.plans import CasePlan
from demo.staff import POLICY
from demo.stage import Season
from demo.twists import Twist
from models import Duty, JointOpinion, State
from policies.measures import Chain
from policies.money import Money

D, T, S = Duty, Twist, State
Sits = Callable[[Season, CaseView, CasePlan], r.Act | None]
CLERKS_ROUNDS = 5  # a case may have up to four joint units


def sit(season: Season, duty: Duty, *, among: Callable[[CaseView], bool] = lambda _: True) -> int:
    """Everybody with this duty does what waits for them (of the cases `among` says); how many acts were carried out."""
    done = 0
    for _ in range(CLERKS_ROUNDS if duty is D.JOINT_REVIEWER else 1):
        acts = [(case, plan, _ACTS[duty](season, case, plan)) for case, plan in season.waiting(duty) if among(case)]
        wanted = [(case, plan, act) for case, plan, act in acts if act is not None]
        if not wanted:
            break
        done += send(season, [act for *_, act in wanted])
    return done


def send(season: Season, acts: Sequence[r.Act]) -> int:
    """Carries acts out as a list; a refusal that the script did not ask for is a fault."""
    answers = act_list(season.store, acts)
    for said, answer in zip(acts, answers, strict=True):
        if isinstance(answer, Problem):
            _stopped(season, said, answer)
    season.acts += len(acts)
    return len(acts)


def _stopped(season: Season, said: r.Act, no: Problem) -> None:
    """What the rule would refuse is stopped by its condition already: whoever has the case in hand refuses it."""
    plan = season.by_case[said.case]
    if no.code != "condition" or plan.twist is not T.REFUSED_BY_RULE:
        raise AssertionError(f"{said.action} on {plan.key} was refused: {no.zh}")
    case = season.case(plan)
    season.tell(plan.twist, "条件核验未通过，由办理人不予支持", case=case.number, answer=no.zh)
    act(season.store, made(season, r.Refuse, case, said.by, reason=no.zh, reason_code="DEMO-6"))


def made(season: Season, kind: type[r.Act], case: CaseView, by: Any, **more: Any) -> r.Act:
    """An act on the version that is stored."""
    return kind(case=case.id, by=by, act_id=season.act_id(), seen=case.version, **more)


def _accept(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    by = season.who(D.ACCEPTOR, case.next_unit)
    if plan.twist in (T.CORRECTION, T.CORRECTION_LAPSES) and not case.corrections:
        slot = next(slot_ for slot_ in POLICY.item(plan.item).evidence if slot_.id == plan.leaves_out)
        with season.refusal(plan.twist, "缺必备材料，受理被拦下", case=case.number):
            act(season.store, made(season, r.Accept, case, by))
        season.tell(plan.twist, f"一次性告知缺少“{slot.title.zh}”", case=case.number)
        return made(season, r.ReturnForCorrection, case, by, missing=(slot.title.zh,), reason="材料不齐")
    if plan.twist is T.REFUSED_AT_ACCEPTANCE:
        season.tell(plan.twist, "申报主体与事项不符，作出不予受理决定", case=case.number)
        return made(season, r.Refuse, case, by, reason="申报人不在受理范围", reason_code="DEMO-1")
    if plan.twist is T.WAIVED:
        case = _waive(season, case, plan)
    return made(season, r.Accept, case, by)


def _waive(season: Season, case: CaseView, plan: CasePlan) -> CaseView:
    """A missing paper is overridden: the acceptor asks, the head confirms; nobody does both."""
    unit, check = case.next_unit, f"paper:{plan.leaves_out}"
    asks, confirms = season.who(D.ACCEPTOR, unit), season.who(D.HEAD, unit)
    why = {"reason": "演示：原件已在窗口核对", "reason_code": "proven", "paper": f"演示核对记录 {case.number[-6:]}"}
    send(season, [made(season, r.Waive, case, asks, check=check, **why)])
    again = season.case(plan)
    with season.refusal(plan.twist, "提出例外的同一人自行核准", case=case.number):
        act(season.store, made(season, r.Waive, again, asks, check=check, **why))
    send(season, [made(season, r.Waive, again, confirms, check=check)])
    season.tell(plan.twist, "受理人提出、负责人核准，缺材料一项例外，载入案卷和公示名单", case=case.number)
    return season.case(plan)


def _applicant(season: Season, case: CaseView, plan: CasePlan) -> r.Act | None:
    """Files again after a correction; programmes report on their own days."""
    if case.state != S.IN_CORRECTION or plan.twist is T.CORRECTION_LAPSES:
        return None
    by = season.applicant(plan)
    if POLICY.item(plan.item).chain is Chain.PROGRAMME:
        season.tell(plan.twist, "计划退回后修改，重新报送", case=case.number)
        return made(season, r.File, case, by)
    title = next(slot.title.zh for slot in POLICY.item(plan.item).evidence if slot.id == plan.leaves_out)
    folder = season.folders.input / fictional_papers.FOLDER
    paper = fictional_papers.write(folder, plan.key, plan.leaves_out, title)
    season.vault.add(season.store, paper, case=case.id, slot=plan.leaves_out, by=by)
    season.tell(plan.twist, f"补交“{title}”，重新提交", case=case.number)
    return made(season, r.File, case, by)


def _screen(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    by = season.who(D.SCREENER, case.next_unit)
    if plan.twist is T.REFUSED_BY_TOWN:
        season.tell(plan.twist, f"{case.next_unit}现场核查后不予推荐", case=case.number)
        return made(season, r.Refuse, case, by, reason="现场核查与申报不符", reason_code="DEMO-2")
    return made(season, r.Screen, case, by, visited=True)


def _certify(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    by = season.who(D.CERTIFIER, case.next_unit)
    if case.state == S.REPORTED:
        again = plan.twist is T.UNSATISFIED and season.once(plan.key, "unsatisfied")
        if again:
            season.tell(plan.twist, "试点验收材料不足，退回补充后再报", case=case.number)
        return made(
            season,
            r.Review,
            case,
            by,
            satisfied=not again,
            reason="验收材料不足" if again else "演示：数据口径已核对，按实际进展办结",
        )
    if plan.twist is T.REFUSED_BY_LEAD:
        season.tell(plan.twist, f"{case.next_unit}认定不符合条件", case=case.number)
        return made(season, r.Refuse, case, by, reason="认定条件不具备", reason_code="DEMO-3")
    return made(
        season, r.Certify, case, by, facts=plan.mended if case.state == S.PLANNED and case.corrections else plan.facts
    )


def compare_all(season: Season) -> None:
    """What may be the same benefit is compared: in the season it always is another product or another year."""
    for row in views.comparisons(season.store, open_only=True, limit=10_000).rows:
        case = season.case(season.by_number[row.case])
        if case.held or case.contested:
            continue
        words = f"与 {row.other} {row.why_zh}，核对型号、年度后认定为不同补助"
        season.tell("比对", words, case=row.case)
        by = season.who(D.CERTIFIER, row.owner_unit)
        send(season, [made(season, r.Compare, case, by, comparison=row.sequence, verdict="different", reason=words)])


def _opine(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    """The first unit that has not spoken yet; the first of all may be against."""
    unit, first = _pending(season, case)
    by = season.who(D.JOINT_REVIEWER, unit)
    against = first and plan.twist in (T.OPINION_OVERRIDDEN, T.OPINION_REFUSED)
    if against:
        season.tell(plan.twist, f"{unit}提出否决意见，须由牵头单位负责人裁定", case=case.number)
    return made(season, r.Opine, case, by, positive=not against, reason="演示：存在重复安排疑问" if against else "")


def _pending(season: Season, case: CaseView) -> tuple[str, bool]:
    query = select(col(JointOpinion.unit), col(JointOpinion.opinion)).where(col(JointOpinion.case_id) == case.id)
    with season.store.read() as work:
        rows = work.execute(query.order_by(col(JointOpinion.unit))).all()
    waiting = [row.unit for row in rows if row.opinion == "pending"]
    return waiting[0], len(waiting) == len(rows)


def _head(season: Season, case: CaseView, plan: CasePlan) -> r.Act | None:
    if case.state != S.UNDER_JOINT_REVIEW:
        return None
    by = season.who(D.HEAD, case.next_unit)
    if plan.twist is T.OPINION_REFUSED:
        season.tell(plan.twist, "负责人采纳否决意见", case=case.number)
        return made(season, r.Refuse, case, by, reason="采纳联审否决意见", reason_code="DEMO-4")
    season.tell(plan.twist, "负责人裁定：意见已核实，予以通过", case=case.number)
    return made(season, r.OverrideOpinion, case, by, reason="疑问已核实排除")


def _amount(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    return made(season, r.ConfirmAmount, case, season.who(D.AMOUNT_CHECKER, case.next_unit))


def _decide(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    by = season.who(D.DECIDER, case.next_unit)
    if plan.twist is T.EXCLUDED and case.problem == "" and (plan.key, T.EXCLUDED.name) in season.done:
        season.tell(plan.twist, "撤销审定后不予支持", case=case.number)
        return made(season, r.Refuse, case, by, reason="列入不予支持名单", reason_code="DEMO-7")
    minutes = f"演示纪要（{season.today}）{case.next_unit}"
    if plan.twist is T.REFUSED_BY_DECIDER:
        season.tell(plan.twist, "审定会议不予支持", case=case.number)
        return made(season, r.Refuse, case, by, reason="审定会议不予支持", reason_code="DEMO-5")
    lower = plan.twist is T.LOWERED or (plan.twist is T.UNDONE and (plan.key, "undone") in season.done)
    if lower and case.amount_fen:
        granted = Money(case.amount_fen * 4 // 5)
        season.tell(plan.twist, f"由 {Money(case.amount_fen).grouped} 元调低为 {granted.grouped} 元", case=case.number)
        reason = "演示：审定会议核减两成"
        return made(season, r.Decide, case, by, amount_fen=int(granted), reason=reason, minutes=minutes)
    return made(season, r.Decide, case, by, minutes=minutes)


def _investigate(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    upheld = plan.twist is T.OBJECTION_UPHELD
    season.tell(plan.twist, "核查人答复：" + ("异议成立，不予支持" if upheld else "异议不成立"), case=case.number)
    reason = "核查属实" if upheld else "核查与事实不符"
    return made(season, r.AnswerObjection, case, season.who(D.INVESTIGATOR), upheld=upheld, reason=reason)


def _deliver(season: Season, case: CaseView, plan: CasePlan) -> r.Act:
    document = f"演示交付（{season.today.year}）{case.number[-6:]}"
    result = next((result_.value for result_ in POLICY.item(plan.item).results or ()), "")
    return made(season, r.Deliver, case, season.who(D.DELIVERER, case.next_unit), document=document, result=result)


_ACTS: dict[Duty, Sits] = {
    D.APPLICANT: _applicant,
    D.ACCEPTOR: _accept,
    D.SCREENER: _screen,
    D.CERTIFIER: _certify,
    D.JOINT_REVIEWER: _opine,
    D.HEAD: _head,
    D.AMOUNT_CHECKER: _amount,
    D.DECIDER: _decide,
    D.INVESTIGATOR: _investigate,
    D.DELIVERER: _deliver,
}
