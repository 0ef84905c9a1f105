"""`payments`: allocation, batches by three people, files for the bank, its answers, payments made elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from casework.act_forms import PAYMENT_FORMS
from cli import files, home, output, payees
from cli.acts import one
from cli.claimed import Wanted, numbers
from cli.common import uuid_of
from cli.errors import refused, wrong_use
from cli.funds import Fund, fund_of
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, cut, more
from cli.terms import say

if TYPE_CHECKING:
    from casework.shared.fund_key import FundKey
    from models.store import Store
    from models.unit_of_work import UnitOfWork

app = group("拨付：资金下达、制单、复核、放行、导出、回单", "Payments: allocate, prepare, release, import", "payments")

payees.mount(app)

Text = str | None
# The steps of a batch as they are typed, and the acts that they are.
STEPS = {"check": "check_batch", "approve": "approve", "release": "release", "reject": "reject_batch"}
Cases = Annotated[
    list[str] | None,
    option("--case", zh="案件编号（可多次；不给则为该资金下全部待办）", en="a case (repeat; or all)", metavar="NO"),
]
CaseFile = Annotated[
    Text, option("--cases", zh="案件编号清单文件，每行一个", en="a file of case numbers", metavar="FILE")
]
ActId = Annotated[Text, option("--act-id", zh="操作编号（UUID）；重复提交无害", en="a UUID; a repeat is harmless")]
Batch = Annotated[str, argument("批次号，如 ZF2023-00001", "the batch's number", metavar="BATCH")]
Seen = Annotated[
    str, option("--seen", zh="您看到的清单摘要；不一致则不办理", en="the list hash that you looked at", metavar="HASH")
]
Reason = Annotated[str, option("--reason", zh="理由", en="why")]


def identity(text: str | None) -> uuid.UUID:
    """The act's id as given, or a fresh one."""
    return uuid_of(text, "--act-id") if text else uuid.uuid4()


def chosen(
    store: Store, given: Sequence[str] | None, path: str | None, fund: FundKey, duty: str, act: uuid.UUID
) -> list[uuid.UUID]:
    """The cases named, or all of the fund that wait for this duty; none where the act was done before."""
    named = list(given or ())
    if path:
        named += [line.strip() for line in files.text(path, field="--cases").splitlines() if line.strip()]
    if named:
        known = numbers(store, named)
        absent = [name for name in named if name not in known]
        if absent:
            zh, en = f"没有案件：{'、'.join(absent[:10])}", f"no such cases: {', '.join(absent[:10])}"
            raise wrong_use("unknown_case", zh, en, field="--case")
        return list(known.values())
    from casework.lifecycle.receipts import number_of
    from casework.payments.payment_lists import waiting
    from models import Duty

    with store.read() as work:
        if number_of(work, act):
            return []
        found = [payable.case for payable in waiting(work, Duty(duty), fund=fund)]
    if not found:
        zh, en = f"{fund.zh}没有待办的案件", f"nothing of {fund.en} waits for this"
        raise refused("nothing", zh, en, field="--fund")
    return found


def tell(store: Store, receipt: Any, json: bool, zh: str, en: str) -> None:
    """A receipt: number, control totals, what was left out and why."""
    from casework.views import plain

    if json:
        output.print_json({"demo": store.demo, **plain(receipt), "total_yuan": output.plain_yuan(receipt.total_fen)})
        return
    again = t("（此前已办理，未重复）", " (done before, not repeated)") if receipt.repeated else ""
    output.line(f"{t(zh, en)} {receipt.number}{again}")
    output.pairs(
        {
            t("笔数", "count"): receipt.count,
            t("合计", "total"): f"{output.yuan(receipt.total_fen)} {t('元', 'yuan')}",
            t("清单摘要", "list hash"): receipt.list_hash,
            t("操作编号", "act id"): receipt.act_id,
        }
    )
    if receipt.excluded:
        output.line(t("未列入：", "left out:"))
        output.table((t("案件", "case"), t("原因", "why")), [(e.case, t(e.zh, e.en)) for e in receipt.excluded])
    output.demo_mark(store.demo)


def _start(login: str | None, token: str | None, command_: str, subject: Any) -> tuple[Store, uuid.UUID]:
    """The store and the person, noted in the audit."""
    store = home.opened()
    who = home.person(store, login, token)
    home.note(store, who, f"payments {command_}", [subject])
    return store, who.person


@contextmanager
def reading_payments(store: Store, login: str | None, token: str | None) -> Iterator[UnitOfWork]:
    """A reading of payments by somebody who may see them."""
    from casework.lifecycle.read_access import refuse_payments

    reader = home.reader(store, login, token)
    with store.read() as work:
        refuse_payments(store, work, reader)
        yield work


@command(app, "list", "各批次：状态、笔数、合计", "The batches: state, count, total")
def batches_list(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.payments.batches import pending
    from casework.views import plain
    from models import OrderState

    store = home.opened()
    with reading_payments(store, as_, token) as work:
        page = cut(list(pending(work, *OrderState)), limit, offset)
    found = page.rows
    if json:
        rows = [{**plain(batch._asdict()), "total_yuan": output.plain_yuan(batch.total_fen)} for batch in found]
        output.print_json({"demo": store.demo, **page.counts, "batches": rows})
        return
    output.demo_mark(store.demo)
    names = (("批次", "batch"), ("状态", "state"), ("笔数", "orders"), ("合计（元）", "total"), ("制单", "made"))
    rows_ = [
        (b.number, say("order", b.state), b.orders, output.yuan(b.total_fen), output.moment(b.made_at)) for b in found
    ]
    output.table([t(*name) for name in names], rows_, right=(2, 3))
    more(page)


@command(app, "allocate", "资金下达：按文号把专项资金下达给已公示的案件", "Allocate a fund by a numbered document")
def allocate(
    number: Annotated[str, argument("资金下达文号", "the document's number", metavar="DOCUMENT")],
    fund: Fund,
    case: Cases = None,
    cases: CaseFile = None,
    budget_line: Annotated[str, option("--budget-line", zh="预算科目", en="budget line")] = "",
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.command_handler import act
    from casework.payments.commands import AllocateFund

    where, made = fund_of(fund), identity(act_id)
    store, by = _start(as_, token, "allocate", number)
    ids = chosen(store, case, cases, where, "allocator", made)
    receipt = act(
        store, AllocateFund(number=number, fund=where, cases=tuple(ids), by=by, act_id=made, budget_line=budget_line)
    )
    tell(store, receipt, json, "已下达", "allocated by")


@command(app, "prepare", "制单：为已下达的案件生成拨付批次", "Prepare a batch of orders")
def prepare(
    fund: Fund,
    case: Cases = None,
    cases: CaseFile = None,
    confirm: Annotated[list[str] | None, option("--confirm", zh="存疑仍付", en="pay a doubtful payee", metavar="NO=REASON")] = None,
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:  # fmt: skip
    from casework.command_handler import act
    from casework.payments.commands import PrepareBatch

    where, made = fund_of(fund), identity(act_id)
    confirmed = {}
    for text in confirm or ():
        name, sign, why = text.partition("=")
        if not sign or not why.strip():
            raise wrong_use(
                "confirm", f"写成 案件编号=理由；现为 {text}", f"write NO=REASON, not {text}", field="--confirm"
            )
        confirmed[name.strip()] = why.strip()
    store, by = _start(as_, token, "prepare", fund)
    ids = chosen(store, case, cases, where, "maker", made)
    receipt = act(store, PrepareBatch(fund=where, cases=tuple(ids), by=by, act_id=made, confirmed=confirmed))
    tell(store, receipt, json, "已制单", "prepared")


def _on_batch(name: str, batch: str, asked: dict[str, str], act_id: str | None, login: str | None,
              token: str | None, json: bool, words: tuple[str, str]) -> None:  # fmt: skip
    """One step of a whole batch, by the act's word; `asked` is what its form takes beside the batch."""
    from casework.command_handler import act

    made = identity(act_id)
    store, by = _start(login, token, name, batch)
    step: Any = PAYMENT_FORMS[STEPS[name]].command
    tell(store, act(store, step(batch=batch, by=by, act_id=made, **asked)), json, *words)


@command(app, "check", "复核批次（制单人以外的人）", "Check a batch (not its maker)")
def check(
    batch: Batch, seen: Seen = "", act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    _on_batch("check", batch, {"seen": seen}, act_id, as_, token, json, ("已复核", "checked"))


@command(app, "approve", "加批：超过限额的批次由付款单位负责人批准", "Approve a batch above the threshold")
def approve(
    batch: Batch, seen: Seen = "", act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    _on_batch("approve", batch, {"seen": seen}, act_id, as_, token, json, ("已加批", "approved"))


@command(app, "release", "放行批次（制单人、复核人以外的第三人）", "Release a batch (a third person)")
def release(
    batch: Batch, seen: Seen = "", act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    _on_batch("release", batch, {"seen": seen}, act_id, as_, token, json, ("已放行", "released"))


@command(app, "reject", "退回批次：未放行前作废，案件回到制单", "Send a batch back before its release")
def reject(
    batch: Batch, reason: Reason, act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    _on_batch("reject", batch, {"reason": reason}, act_id, as_, token, json, ("已退回", "sent back"))


@command(app, "export", "导出已放行的批次：pain.001 报文和财政 XLSX", "Export a released batch: pain.001 and XLSX")
def export(
    batch: Batch,
    to: Annotated[str, option("--to", zh="输出文件夹", en="folder", metavar="FOLDER")] = "out/payments",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.payments.bank_export import export as carry_out

    store, by = _start(as_, token, "export", batch)
    done = carry_out(store, batch=batch.strip().upper(), folder=Path(to), by=by)
    if json:
        listed = [{"file": str(path), "sha256": digest} for path, digest in done.files]
        body = {"batch": done.number, "files": listed, "export_hash": done.export_hash, "again": done.again}
        output.print_json({"demo": store.demo, **body})
        return
    for path, digest in done.files:
        output.line(f"{path}\n  sha256 {digest}")
    if done.again:
        output.line(t("此前已导出，内容相同", "exported before; the same bytes"))
    output.demo_mark(store.demo)


Signature = Annotated[
    str, option("--signature", zh="回单文件的 HMAC-SHA256（配有密钥时必填）", en="HMAC-SHA256 of the file")
]


@command(app, "import", "导入银行或国库回单（pain.002、CSV、XLSX）", "Import results of the bank or treasury")
def import_(
    file: Annotated[str, argument("回单文件", "the result file", metavar="FILE")],
    signature: Signature = "",
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.payments.bank_results import import_results
    from casework.payments.reading import shared_key

    made, key = identity(act_id), shared_key()
    store, by = _start(as_, token, "import", file)
    with output.progress(t("读取回单", "reading results")):
        report = import_results(store, Path(file), by=by, act_id=made, signature=signature, key=key)
    _tell_report(store, report, json)


def _tell_report(store: Store, report: Any, json: bool) -> None:
    from casework.views import plain

    if json:
        output.print_json({"demo": store.demo, **plain(report)})
        return
    counts = (
        (t("行数", "lines"), report.lines),
        (t("到账", "settled"), report.settled),
        (t("失败", "failed"), report.failed),
        (t("退汇", "returned"), report.returned),
        (t("已受理", "acknowledged"), report.acknowledged),
        (t("无变化", "without effect"), report.without_effect),
        (t("此前已处理", "known already"), report.already_known),
        (t("未匹配", "unmatched"), len(report.unmatched)),
        (t("不能入账", "refused"), len(report.refused)),
    )
    output.pairs([(name, str(count)) for name, count in counts])
    if report.refused:
        columns = (t("行", "line"), t("指令", "order"), t("原因", "why"))
        output.table(
            columns,
            [(refused.line, refused.reference, t(refused.zh, refused.en)) for refused in report.refused],
            keep=(0, 1),
        )
    if report.unmatched:
        output.line(t("未匹配的指令号：", "unmatched: ") + "、".join(report.unmatched[:20]))
    output.demo_mark(store.demo)


@command(app, "match", "人工匹配一条未匹配的回单", "Match a result by hand")
def match(
    result: Annotated[str, argument("回单编号（unmatched 可见）", "the result's id", metavar="RESULT")],
    order: Annotated[str, argument("支付指令号", "the order's number", metavar="ORDER")],
    reason: Reason,
    amount: Annotated[
        str | None,
        option(
            "--amount", zh="对账单上的金额（回单未写金额时）", en="yuan, where the file has none", metavar="YUAN"
        ),
    ] = None,
    account: Annotated[
        str, option("--account", zh="对账单上的收款账号（回单未写账号时）", en="payee account as on the statement")
    ] = "",
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:  # fmt: skip
    from casework.payments.bank_results import match_by_hand
    from cli.funds import money

    wanted, made = uuid_of(result, "RESULT"), identity(act_id)
    stated = int(money(amount, "--amount")) if amount else None
    store, by = _start(as_, token, "match", result)
    report = match_by_hand(
        store,
        result=wanted,
        order=order.strip().upper(),
        by=by,
        act_id=made,
        reason=reason,
        amount_fen=stated,
        account=account,
    )
    _tell_report(store, report, json)


@command(app, "offline", "登记线下拨付（凭支付凭证号，同样的职责分离和账目）", "Register a payment made elsewhere")
def offline(
    number: Annotated[str, argument("案件编号", "the case's number", metavar="NO")],
    document: Annotated[str, option("--document", zh="支付凭证号", en="number of the voucher")],
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    options = {"document": document} | ({"act_id": act_id} if act_id else {})
    one(Wanted(case=number, action="pay_offline", options=options), as_, token, json)


@command(app, "waiting", "某资金下等待下达或制单的案件", "Cases of a fund that wait for the allocator or maker")
def waiting_list(
    fund: Fund,
    duty: Annotated[
        str, option("--duty", zh="allocator（下达）或 maker（制单）", en="allocator or maker")
    ] = "allocator",
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.payments.allocation import found as funded
    from casework.payments.payment_lists import waiting
    from casework.views import plain
    from models import Duty

    if duty not in (Duty.ALLOCATOR, Duty.MAKER):
        raise wrong_use("duty", "职责应为 allocator 或 maker", "the duty is allocator or maker", field="--duty")
    where = fund_of(fund)
    store = home.opened()
    with reading_payments(store, as_, token) as work:
        funded(work, where)
        page = cut(waiting(work, Duty(duty), fund=where), limit, offset)
    found = page.rows
    if json:
        rows = [{**plain(payable), "due_yuan": output.plain_yuan(payable.due_fen)} for payable in found]
        output.print_json({"demo": store.demo, **page.counts, "waiting": rows})
        return
    output.demo_mark(store.demo)
    rows_ = [
        (payable.number, output.yuan(payable.due_fen), t(payable.problem, payable.problem_en)) for payable in found
    ]
    output.table((t("案件", "case"), t("应付（元）", "due"), t("问题", "problem")), rows_, right=(1,))
    more(page)
    payees.exceptions((payable.number, payable.overridden) for payable in found)
