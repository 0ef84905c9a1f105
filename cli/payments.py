"""`payments`: allocation, batches by three people, files for the bank, its answers, payments made elsewhere."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cli import files, home, output, payees
from cli.acting import Wanted
from cli.acts import one
from cli.claimed import numbers
from cli.common import uuid_of
from cli.errors import refused, wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.terms import say

if TYPE_CHECKING:
    from models.store import Store
    from models.work import Work

app = group("拨付：资金下达、制单、复核、放行、导出、回单", "Payments: allocate, prepare, release, import", "payments")

payees.mount(app)

Text = str | None
Fund = Annotated[
    str, option("--fund", zh="专项资金：单位:年度，如 区经商局:2023", en="the fund, UNIT:YEAR", metavar="UNIT:YEAR")
]
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


def fund_of(text: str) -> tuple[str, int]:
    """A fund from "unit:year"."""
    unit, sign, year = text.replace("：", ":").rpartition(":")
    if not sign or not unit.strip() or not (year.strip().isascii() and year.strip().isdigit()):
        zh, en = f"专项资金写成 单位:年度，如 区经商局:2023；现为 {text}", f"write the fund as UNIT:YEAR, not {text}"
        raise wrong_use("fund", zh, en, field="--fund")
    return unit.strip(), int(year)


def identity(text: str | None) -> uuid.UUID:
    """The act's id as given, or a fresh one."""
    return uuid_of(text, "--act-id") if text else uuid.uuid4()


def chosen(
    store: Store, given: Sequence[str] | None, path: str | None, fund: tuple[str, int], duty: str, act: uuid.UUID
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
    from casework.payments.acts import done_before
    from casework.payments.queries import waiting
    from models import Duty

    with store.read() as work:
        if done_before(work, act):
            return []
        found = [one_.case for one_ in waiting(work, Duty(duty), fund=fund)]
    if not found:
        zh, en = f"{fund[0]} {fund[1]} 年度没有待办的案件", f"nothing of {fund[0]} {fund[1]} waits for this"
        raise refused("nothing", zh, en, field="--fund")
    return found


def tell(store: Store, receipt: Any, json: bool, zh: str, en: str) -> None:
    """A receipt: number, control totals, what was left out and why."""
    from casework.queries import plain

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
def _read(store: Store, login: str | None, token: str | None) -> Iterator[Work]:
    """A reading of payments by somebody who may see them."""
    from casework.readers import refuse_payments

    reader = home.reader(store, login, token)
    with store.read() as work:
        refuse_payments(store, work, reader)
        yield work


@command(app, "list", "各批次：状态、笔数、合计", "The batches: state, count, total")
def batches_list(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.payments.batches import pending
    from casework.queries import plain
    from models import OrderState

    store = home.opened()
    with _read(store, as_, token) as work:
        found = list(pending(work, *OrderState))
    if json:
        rows = [{**plain(one_._asdict()), "total_yuan": output.plain_yuan(one_.total_fen)} for one_ in found]
        output.print_json({"demo": store.demo, "count": len(rows), "batches": rows})
        return
    output.demo_mark(store.demo)
    names = (("批次", "batch"), ("状态", "state"), ("笔数", "orders"), ("合计（元）", "total"), ("制单", "made"))
    rows_ = [
        (b.number, say("order", b.state), b.orders, output.yuan(b.total_fen), output.moment(b.made_at)) for b in found
    ]
    output.table([t(*name) for name in names], rows_, right=(2, 3))


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
    from casework.payments.allocate import allocate as carry_out

    where, made = fund_of(fund), identity(act_id)
    store, by = _start(as_, token, "allocate", number)
    ids = chosen(store, case, cases, where, "allocator", made)
    receipt = carry_out(store, number=number, fund=where, cases=ids, by=by, act_id=made, budget_line=budget_line)
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
    from casework.payments.prepare import prepare as carry_out

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
    receipt = carry_out(store, fund=where, cases=ids, by=by, act_id=made, confirmed=confirmed)
    tell(store, receipt, json, "已制单", "prepared")


def _whole(name: str, carry_out: Callable[..., Any], batch: str, seen: str, act_id: str | None, login: str | None,
           token: str | None, json: bool, words: tuple[str, str]) -> None:  # fmt: skip
    made = identity(act_id)
    store, by = _start(login, token, name, batch)
    tell(store, carry_out(store, batch=batch.strip().upper(), by=by, act_id=made, seen=seen), json, *words)


@command(app, "check", "复核批次（制单人以外的人）", "Check a batch (not its maker)")
def check(
    batch: Batch, seen: Seen = "", act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.payments.batches import check as carry_out

    _whole("check", carry_out, batch, seen, act_id, as_, token, json, ("已复核", "checked"))


@command(app, "approve", "加批：超过限额的批次由付款单位负责人批准", "Approve a batch above the threshold")
def approve(
    batch: Batch, seen: Seen = "", act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.payments.batches import approve as carry_out

    _whole("approve", carry_out, batch, seen, act_id, as_, token, json, ("已加批", "approved"))


@command(app, "release", "放行批次（制单人、复核人以外的第三人）", "Release a batch (a third person)")
def release(
    batch: Batch, seen: Seen = "", act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.payments.batches import release as carry_out

    _whole("release", carry_out, batch, seen, act_id, as_, token, json, ("已放行", "released"))


@command(app, "reject", "退回批次：未放行前作废，案件回到制单", "Send a batch back before its release")
def reject(
    batch: Batch, reason: Reason, act_id: ActId = None, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.payments.batches import reject_batch

    made = identity(act_id)
    store, by = _start(as_, token, "reject", batch)
    receipt = reject_batch(store, batch=batch.strip().upper(), by=by, act_id=made, reason=reason)
    tell(store, receipt, json, "已退回", "sent back")


@command(app, "export", "导出已放行的批次：pain.001 报文和财政 XLSX", "Export a released batch: pain.001 and XLSX")
def export(
    batch: Batch,
    to: Annotated[str, option("--to", zh="输出文件夹", en="folder", metavar="FOLDER")] = "out/payments",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.payments.export import export as carry_out

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
    from casework.payments.results import import_results

    made = identity(act_id)
    named = os.environ.get("DUIXIAN_BANK_KEY")  # the path of the key shared with the bank
    key = Path(named).read_bytes().strip() if named else None
    store, by = _start(as_, token, "import", file)
    with output.progress(t("读取回单", "reading results")):
        report = import_results(store, Path(file), by=by, act_id=made, signature=signature, key=key)
    _tell_report(store, report, json)


def _tell_report(store: Store, report: Any, json: bool) -> None:
    from casework.queries import plain

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
            columns, [(one_.line, one_.reference, t(one_.zh, one_.en)) for one_ in report.refused], keep=(0, 1)
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
    from casework.payments.results import match_by_hand
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
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.payments.allocate import found as funded
    from casework.payments.queries import waiting
    from casework.queries import plain
    from models import Duty

    if duty not in (Duty.ALLOCATOR, Duty.MAKER):
        raise wrong_use("duty", "职责应为 allocator 或 maker", "the duty is allocator or maker", field="--duty")
    where = fund_of(fund)
    store = home.opened()
    with _read(store, as_, token) as work:
        funded(work, where)
        found = waiting(work, Duty(duty), fund=where)
    if json:
        rows = [{**plain(one_), "due_yuan": output.plain_yuan(one_.due_fen)} for one_ in found]
        output.print_json({"demo": store.demo, "count": len(rows), "waiting": rows})
        return
    output.demo_mark(store.demo)
    rows_ = [(one_.number, output.yuan(one_.due_fen), one_.problem) for one_ in found]
    output.table((t("案件", "case"), t("应付（元）", "due"), t("问题", "problem")), rows_, right=(1,))
    payees.exceptions((one_.number, one_.overridden) for one_ in found)


@command(app, "unmatched", "未匹配或与指令不符的回单", "Results that fit no order")
def unmatched_list(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.payments.queries import unmatched

    store = home.opened()
    with _read(store, as_, token) as work:
        found = unmatched(work)
    _listing(store, found, "results", ("id", "reference", "outcome", "amount_fen", "reason"), json)


@command(app, "overdue", "逾期未见结果的支付指令", "Orders whose result is overdue")
def overdue_list(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.payments.queries import overdue

    store = home.opened()
    with _read(store, as_, token) as work:
        found = overdue(work)
    _listing(store, found, "orders", ("number", "batch", "state", "amount_fen", "due", "told_at", "escalated_at"), json)


@command(app, "reconcile", "三方核对：指令、账目、回单；应无差异", "Orders, ledger and results compared")
def reconcile_list(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.payments.queries import reconcile

    store = home.opened()
    with _read(store, as_, token) as work:
        found = reconcile(work)
    if not found and not json:
        output.demo_mark(store.demo)
        output.line(t("指令、账目、回单三方一致，没有差异", "orders, ledger and results agree: no differences"))
        return
    _listing(store, found, "differences", ("kind", "subject", "expected_fen", "found_fen"), json)


_TITLES = {
    "id": ("编号", "id"),
    "reference": ("指令", "order"),
    "number": ("指令", "order"),
    "batch": ("批次", "batch"),
    "state": ("状态", "state"),
    "outcome": ("结果", "outcome"),
    "amount_fen": ("金额（元）", "yuan"),
    "expected_fen": ("应为（元）", "expected"),
    "found_fen": ("现为（元）", "found"),
    "reason": ("说明", "reason"),
    "due": ("应有结果", "due"),
    "told_at": ("已提醒", "told"),
    "escalated_at": ("已上报", "escalated"),
    "kind": ("类别", "kind"),
    "subject": ("对象", "subject"),
}


def _listing(store: Store, rows: Sequence[Any], name: str, columns: Sequence[str], json: bool) -> None:
    from casework.queries import plain

    if json:
        output.print_json({"demo": store.demo, "count": len(rows), name: [plain(one_) for one_ in rows]})
        return
    output.demo_mark(store.demo)
    fen = tuple(index for index, column in enumerate(columns) if column.endswith("_fen"))
    listed = [[_cell(getattr(row, column), column) for column in columns] for row in rows]
    output.table([t(*_TITLES[column]) for column in columns], listed, right=fen)


def _cell(value: Any, column: str) -> str:
    if column.endswith("_fen"):
        return output.yuan(value)
    family = {"state": "order", "outcome": "outcome", "kind": "difference"}.get(column)
    if family:
        return say(family, value)
    return output.moment(value) if column in ("due", "told_at", "escalated_at") else str(value)
