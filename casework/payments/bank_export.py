"""Writes a released batch for the bank (pain.001) and for the finance bureau (XLSX), once and for ever the same bytes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from json import loads
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from casework.conditions.condition_gates import evaluate_conditions, failed, store_findings
from casework.conditions.condition_wordings import overridden
from casework.lifecycle.commands import Action
from casework.payments import pain001, treasury_list
from casework.payments.batches import OpenBatch, OpenedBatch, open_batch
from casework.payments.export_document import ExportDocument, Payer
from casework.payments.payment_context import PaymentContext, at_work, out, whole
from casework.payments.payment_orders import OrderStep, move
from casework.shared.atomic_files import written
from casework.shared.errors import Broken, Refused, Retryable
from casework.shared.fund_key import FundKey
from casework.shared.reference import policy_of
from casework.stacking.late_benefits import refusals
from models import Decision, Duty, Fund, OrderState, PaymentBatch
from models.clock import business_date
from models.columns import canonical_json
from models.faults import point
from models.sealing import Anonymised
from models.store import Store
from models.unit_of_work import content_hash
from policies.conditions import Gate

_GONE_OUT = (OrderState.RELEASED, OrderState.SENT)
MAY_EXPORT = (Duty.MAKER, Duty.RELEASER, Duty.RECONCILER)


@dataclass(frozen=True, kw_only=True)
class Exported:
    """The files of a batch with their SHA-256, and the hash over both that the batch keeps."""

    number: str
    files: tuple[tuple[Path, str], ...]
    export_hash: str
    again: bool


def export(store: Store, *, batch: str, folder: Path, by: UUID) -> Exported:
    """Writes `<batch>.pain001.xml` and `<batch>.xlsx` into a folder; the first time the orders become sent.

    The record comes before the files: whoever finds a batch sent and no file exports again and gets the same bytes.
    """
    with at_work(store, by) as context:
        opened = open_batch(context.work, batch, *_GONE_OUT)
        _may_export(context, opened)
        contents = _render(context, opened)
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
        whole = content_hash(canonical_json(hashes))
        again = opened.batch.state == OrderState.SENT
        if not again:
            _nothing_came_to_light(context, opened)
        if again and opened.batch.export_hash != whole:
            says = f"批次 {batch} 现在生成的文件与首次导出不一致，已停止"
            raise Broken("export", says, f"batch {batch} no longer gives the bytes that were exported")
        if not again:
            _sent(context, opened, whole)
        content = {"files": hashes, "export_hash": whole, "again": again}
        context.work.audit(actor=str(by), action="payments.export", subject=batch, content=content)
    point("before-export")
    files = tuple((_write(folder / name, data), hashes[name]) for name, data in contents.items())
    point("after-export")
    return Exported(number=batch, files=files, export_hash=whole, again=again)


def _nothing_came_to_light(context: PaymentContext, opened: OpenedBatch) -> None:
    """What waits for a comparison, or fails a check since the release, does not go out; the batch waits, or is given back."""
    listed = [out(opened.cases[case], no) for case, no in refusals(context.work, opened.cases.values()).items()]
    whole(listed, "。请待认定单位比对后再导出，或由放行人退回该批次（payments reject）")
    found = evaluate_conditions(context.work, context.reference, context.procedure, list(opened.cases.values()))
    wrong = {case: failed(findings, Gate.PAY) for case, findings in found.items()}
    listed = [out(opened.cases[case], no) for case, no in wrong.items() if no is not None]
    whole(listed, "。请排除后再导出，或由放行人退回该批次（payments reject），将该案件留下后重新制单")
    store_findings(context.work, {case: (opened.cases[case], findings) for case, findings in found.items()})


def _may_export(context: PaymentContext, opened: OpenedBatch) -> None:
    """Whoever makes, releases or reconciles payments in the paying unit of every case."""
    if any(isinstance(order.payee_name, Anonymised) for order in opened.orders):
        says = f"批次 {opened.batch.number} 有收款人已匿名，其文件不能再次生成"
        raise Refused("anonymised", says, f"a payee of batch {opened.batch.number} is anonymised: no file any more")
    units = {context.procedure(case).treasury for case in opened.cases.values()}
    for unit in units:
        if not any(context.reference.holding(context.who.id, duty, unit, context.work.now) for duty in MAY_EXPORT):
            says = f"{context.who.name} 不是{unit}的制单、放行或对账人员，不能导出"
            raise Refused("no_duty", says, f"{context.who.name} has no payment duty in {unit}", field="by")


def _render(context: PaymentContext, opened: OpenedBatch) -> dict[str, bytes]:
    """The two files by name."""
    batch = opened.batch
    if batch.released_at is None:
        raise Broken("batch", f"批次 {batch.number} 没有放行时间", f"batch {batch.number} has no release time")
    key = select(col(Fund.unit), col(Fund.year), col(Fund.policy)).where(col(Fund.id) == batch.fund_id)
    paper = ExportDocument(
        number=batch.number,
        fund=FundKey(*context.work.execute(key).one()).zh,
        orders=opened.orders,
        total_fen=batch.total_fen,
        list_hash=batch.list_hash,
        released_at=batch.released_at,
        payer=_payer(context, opened, batch),
        demo=context.work.demo,
        overridden=overridden(context.work, opened.cases.values(), _released(context, opened)),
    )
    return {
        f"{batch.number}.pain001.xml": pain001.document(paper),
        f"{batch.number}.xlsx": treasury_list.workbook(paper),
    }


def _released(context: PaymentContext, opened: OpenedBatch) -> dict[UUID, int]:
    """By case the version with which this batch was released: what was overridden later is no part of it."""
    query = select(col(Decision.case_id), col(Decision.version), col(Decision.content)).where(
        col(Decision.case_id).in_(opened.cases), col(Decision.action) == Action.RELEASE.value
    )
    rows = context.work.execute(query)
    return {row.case_id: row.version for row in rows if loads(row.content).get("batch") == opened.batch.number}


def _payer(context: PaymentContext, opened: OpenedBatch, batch: OpenBatch) -> Payer:
    """The paying account as set on the day of release, the same for every policy in the batch."""
    assert batch.released_at is not None
    day = business_date(batch.released_at)
    found: list[Payer] = []
    for code in sorted({case.policy for case in opened.cases.values()}):
        policy = policy_of(code)
        try:
            found.append(Payer.of(context.reference.setting(policy, "P-payer", day)))
        except (ValueError, TypeError, LookupError) as wrong:
            raise Refused("payer", "付款账户（P-payer）无法读取", "P-payer cannot be read", field="P-payer") from wrong
    if any(other != found[0] for other in found):
        raise Refused(
            "payer", "批次内各政策的付款账户不一致，请分批制单", "the policies pay from two accounts: make two batches"
        )
    return found[0]


def _sent(context: PaymentContext, opened: OpenedBatch, whole: str) -> None:
    """The first export: the orders are on their way."""
    work, batch = context.work, opened.batch
    sent = {"state": OrderState.SENT.value, "export_hash": whole, "exported_at": work.now}
    where = (col(PaymentBatch.id) == batch.id, col(PaymentBatch.state) == OrderState.RELEASED)
    if work.execute(update(PaymentBatch).where(*where).values(**sent)).rowcount != 1:
        raise Retryable("stale", "批次已被他人更新，请重新查看后再试", "the batch was changed meanwhile: look again")
    steps: Sequence[OrderStep] = [
        OrderStep(order.id, order.state, OrderState.SENT, order.reason) for order in opened.orders
    ]
    move(work, steps)


def _write(path: Path, data: bytes) -> Path:
    """Whole or not at all, and on the disk before it has its name."""
    with written(path) as part:
        part.write_bytes(data)
    return path
