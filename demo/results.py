"""The bank's answers of the season: settled, failed, returned after closing, told twice; and accounts put right."""

from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.parties import payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.payments.bank_results import ImportReport, import_results
from demo import bank
from demo.bank import BankAnswer, BankTransfer
from demo.plans import CasePlan
from demo.stage import Season
from demo.twists import Twist
from models import Duty, OrderState, PaymentOrder
from policies.money import Money

D, T = Duty, Twist
_CLOSED = ("AC04", "账户已销户")


def answer_all(season: Season) -> None:
    """Every file that was sent and not answered: odd batches by CSV, even ones by pain.002, the first one twice."""
    folder: Path = season.folders.bank
    folder.mkdir(parents=True, exist_ok=True)
    for batch, path in sorted(season.exported.items()):
        answers = [_answer(season, transfer) for transfer in bank.received(path)]
        if int(batch[-1]) % 2:
            _read(season, folder / f"{batch}-结果.csv", bank.as_csv(answers))
            _read_again(season, batch, folder / f"{batch}-结果.csv")
        else:
            said = [BankAnswer(transfer=answer.transfer, outcome="acknowledged") for answer in answers]
            _read(season, folder / f"{batch}-受理.pain002.xml", bank.as_pain002(batch, said))
            _read(season, folder / f"{batch}-结果.pain002.xml", bank.as_pain002(batch, answers))
    season.exported.clear()


def take_back(season: Season) -> None:
    """The bank returns money of a case that was closed already."""
    found = [(case, plan) for case, plan in season.twisted(T.BANK_RETURNS) if case.state == "closed"]
    answers = []
    for case, _ in found:
        answers.append(
            BankAnswer(transfer=_settled(season, case.id), outcome="returned", code="AC06", words="账户冻结")
        )
        season.tell(T.BANK_RETURNS, "已办结案件的款项被退回，资金退回已下达科目，案件重开拨付", case=case.number)
    if answers:
        season.folders.bank.mkdir(parents=True, exist_ok=True)
        _read(season, season.folders.bank / f"退汇-{season.today}.csv", bank.as_csv(answers))


def correct_accounts(season: Season) -> None:
    """Applicants whose payment came to nothing enter another account; a second person verifies it."""
    for case, plan in season.twisted(T.BANK_FAILS, T.BANK_RETURNS):
        if case.state != "payable" or not case.problem or not season.once(plan.key, "account"):
            continue
        firm = season.firms[plan.firm]
        new = NewAccount(number=f"9{firm.account[1:]}", bank=firm.bank, clearing_code=firm.clearing_code)
        made = payee_accounts.enter(season.store, season.applicant(plan), season.parties[plan.firm], new)
        with season.refusal(T.FORBIDDEN, "收款人自行核验本人账户", case=case.number):
            payee_accounts.verify(season.store, season.applicant(plan), made, paper="演示")
        payee_accounts.verify(season.store, season.who(D.FUND_OFFICER), made, paper="演示银行证明")
        season.tell(plan.twist, "申报人更正收款账户，第二人核验后可再付", case=case.number)


def _answer(season: Season, transfer: BankTransfer) -> BankAnswer:
    plan, first = _plan_of(season, transfer)
    if plan.twist is T.BANK_FAILS and first:
        season.tell(
            T.BANK_FAILS, f"银行退回 {Money.yuan(transfer.amount).grouped} 元：{_CLOSED[1]}", case=transfer.order[:-3]
        )
        return BankAnswer(transfer=transfer, outcome="failed", code=_CLOSED[0], words=_CLOSED[1])
    if not first:
        season.tell(
            plan.twist, f"第二次支付指令到账 {Money.yuan(transfer.amount).grouped} 元", case=transfer.order[:-3]
        )
    return BankAnswer(transfer=transfer, outcome="settled")


def _plan_of(season: Season, transfer: BankTransfer) -> tuple[CasePlan, bool]:
    """Whose order it is, and whether it is the first attempt."""
    number, _, attempt = transfer.order.rpartition("-A")
    return season.by_number[number], attempt == "1"


def _settled(season: Season, case: UUID) -> BankTransfer:
    columns = (col(PaymentOrder.number), col(PaymentOrder.amount_fen), col(PaymentOrder.payee_account))
    query = select(*columns).where(col(PaymentOrder.case_id) == case, col(PaymentOrder.state) == OrderState.SETTLED)
    with season.store.read() as work:
        row = work.execute(query).one()
    return BankTransfer(order=row.number, amount=Money(row.amount_fen).yuan_text, account=row.payee_account)


def _read(season: Season, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    report = _import(season, path)
    if report.refused or report.unmatched:
        raise AssertionError(f"{path.name}: {report}")
    season.acts += report.moved
    season.tell("银行回单", f"{path.name}：到账 {report.settled}，失败 {report.failed}，退汇 {report.returned}")


def _read_again(season: Season, batch: str, path: Path) -> None:
    """Once: the same file twice changes nothing."""
    if season.once("bank", "twice"):
        again = _import(season, path)
        words = f"批次 {batch} 的回单再次导入，{again.already_known} 行均已入账，没有任何变化"
        season.tell("重复回单", words)


def _import(season: Season, path: Path) -> ImportReport:
    return import_results(season.store, path, by=season.who(D.RECONCILER), act_id=season.act_id())
