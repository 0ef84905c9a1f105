"""What happens beside the plain way when a case comes to the right place: holds, withdrawals, objections, forbidden acts."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.payments.commands import AllocateFund
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.fund_key import FundKey
from demo.duty_acts import made, send
from demo.law import CITATION
from demo.office_setup import SECOND_ACCOUNT
from demo.plans import CasePlan
from demo.staff import POLICY, TREASURY, lead_of
from demo.stage import Season
from demo.twists import Twist
from models import Duty, State
from policies.parameters import Origin

D, T, S = Duty, Twist, State
_HELD_DAYS = 25


def react(season: Season) -> None:
    """Everything that is to happen to the cases where they stand now."""
    for twist, (state, happen) in _REACTIONS.items():
        for case, plan in season.twisted(twist):
            if case.state == state and season.once(plan.key, twist.name):
                happen(season, case, plan)
    for case, plan in season.twisted(T.HELD):
        if case.held and case.review_on <= season.today.isoformat():
            send(season, [made(season, r.Unhold, case, season.who(D.HEAD, _lead(case)))])
            season.tell(plan.twist, "复查后恢复办理", case=case.number)


def _lead(case: CaseView) -> str:
    """The unit that leads the case's item."""
    return lead_of(POLICY.item(case.item))


def _hold(season: Season, case: CaseView, plan: CasePlan) -> None:
    review = season.today + timedelta(days=_HELD_DAYS)
    by = season.who(D.HEAD, _lead(case))
    send(season, [made(season, r.Hold, case, by, reason="演示：等待佐证材料", review_on=review.isoformat())])
    season.tell(plan.twist, f"负责人暂停办理，复查日 {review}", case=case.number)


def _withdraw(season: Season, case: CaseView, plan: CasePlan) -> None:
    send(season, [made(season, r.Withdraw, case, season.applicant(plan), reason="演示：企业调整计划")])
    left = "，已下达的资金退回专项资金" if plan.twist is T.WITHDRAWN_LATE else ""
    season.tell(plan.twist, f"申报人撤回{left}", case=case.number)


def _object(season: Season, case: CaseView, plan: CasePlan) -> None:
    by = season.who(D.CLERK)
    send(season, [made(season, r.Object, case, by, reason="演示：反映公示内容不实")])
    season.tell(plan.twist, "公示期内收到异议，仅冻结本案", case=case.number)


def _undo(season: Season, case: CaseView, plan: CasePlan) -> None:
    first, second = (season.who(D.HEAD, _lead(case), which=which) for which in (0, 1))
    reason = "演示：金额认定依据有误"
    send(season, [made(season, r.Undo, case, first, reason=reason)])
    again = season.case(plan)
    with season.refusal(T.FORBIDDEN, "提请撤销的同一人自行确认撤销", case=case.number):
        act(season.store, made(season, r.Undo, again, first, reason=reason))
    send(season, [made(season, r.Undo, again, second, reason=reason)])
    season.once(plan.key, "undone")
    season.tell(plan.twist, "一人提请、另一人确认，撤销审定并重审", case=case.number)


def _offline(season: Season, case: CaseView, plan: CasePlan) -> None:
    voucher = f"演示支付凭证（{season.today.year}）{case.number[-6:]}"
    send(season, [made(season, r.RegisterOffline, case, season.who(D.MAKER, TREASURY), document=voucher)])
    season.tell(plan.twist, f"登记线下拨付，凭证 {voucher}", case=case.number)


def _forbidden(season: Season, case: CaseView, plan: CasePlan) -> None:
    """Acts that must not be done, tried on one case: each is refused and nothing changes."""
    for words, attempt in _attempts(season, case, plan):
        with season.refusal(T.FORBIDDEN, words, case=case.number):
            act(season.store, attempt)


def _attempts(season: Season, case: CaseView, plan: CasePlan) -> Iterator[tuple[str, r.Act]]:
    certifier, other = season.who(D.CERTIFIER, case.next_unit), season.people["market-certifier"]
    facts = plan.facts
    twin = season.people[SECOND_ACCOUNT]
    yield "受理人用另设账号认定同一案件", made(season, r.Certify, case, twin, facts=facts)
    yield "审计人员认定案件", made(season, r.Certify, case, season.who(D.AUDITOR), facts=facts)
    yield "外单位认定人越权认定", made(season, r.Certify, case, other, facts=facts)
    yield "未到审定环节即审定", made(season, r.Decide, case, season.who(D.DECIDER, case.next_unit))
    stale = r.Certify(case=case.id, by=certifier, act_id=season.act_id(), seen=1, facts=facts)
    yield "凭旧版本认定", stale


def _exclude(season: Season, case: CaseView, plan: CasePlan) -> None:
    """The firm gets onto the exclusion list: payment is stopped, and two heads take the decision back."""
    author, confirmer = season.who(D.PARAMETER_AUTHOR), season.who(D.PARAMETER_CONFIRMER)
    value = {season.firms[plan.firm].code: "演示：列入失信名单"}
    new = Proposal(policy=POLICY.code, name="P-exclusions", value=value, citation=CITATION, origin=Origin.DEMO)
    parameter_register.confirm(season.store, confirmer, parameter_register.propose(season.store, author, new))
    with season.refusal(plan.twist, "审定后列入名单的案件安排资金", case=case.number):
        document = AllocateFund(
            fund=FundKey(_lead(case), season.today.year),
            number=f"演示资金 {case.number[-6:]}",
            cases=(case.id,),
            by=season.who(D.ALLOCATOR),
            act_id=season.act_id(),
        )
        act(season.store, document)
    first, second = (season.who(D.HEAD, _lead(case), which=which) for which in (0, 1))
    for by in (first, second):
        send(season, [made(season, r.Undo, season.case(plan), by, reason="列入不予支持名单")])
    season.tell(plan.twist, "两人撤销审定，交审定人作不予支持处理", case=case.number)


_REACTIONS: dict[Twist, tuple[State, Callable[[Season, CaseView, CasePlan], None]]] = {
    T.HELD: (S.SCREENED, _hold),
    T.FORBIDDEN: (S.SCREENED, _forbidden),
    T.WITHDRAWN_EARLY: (S.ACCEPTED, _withdraw),
    T.WITHDRAWN_LATE: (S.PAYABLE, _withdraw),
    T.OBJECTION_DISMISSED: (S.ON_NOTICE, _object),
    T.OBJECTION_UPHELD: (S.ON_NOTICE, _object),
    T.UNDONE: (S.ON_NOTICE, _undo),
    T.OFFLINE: (S.PAYABLE, _offline),
    T.EXCLUDED: (S.PAYABLE, _exclude),
}
