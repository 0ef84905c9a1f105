"""Writes a released batch for the bank (pain.001) and for the finance bureau (XLSX), once and for ever the same bytes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from casework.errors import Broken, Refused, Retryable
from casework.files import written
from casework.late import refusals
from casework.payments import pain001, treasury_list
from casework.payments.acts import Office, at_work, out, whole
from casework.payments.batches import Batch, Opened, open_batch
from casework.payments.orders import Step, move
from casework.payments.paper import Paper, Payer
from casework.queries.conditions import overridden
from casework.reference import policy_of
from models import Duty, Fund, OrderState, PaymentBatch
from models.clock import business_date
from models.columns import canonical_json
from models.faults import point
from models.sealing import Gone
from models.store import Store
from models.work import content_hash

_GONE_OUT = (OrderState.RELEASED, OrderState.SENT)
_MAY = (Duty.MAKER, Duty.RELEASER, Duty.RECONCILER)


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
    with at_work(store, by) as office:
        opened = open_batch(office.work, batch, *_GONE_OUT)
        _may_export(office, opened)
        contents = _render(office, opened)
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
        whole = content_hash(canonical_json(hashes))
        again = opened.batch.state == OrderState.SENT
        if not again:
            _nothing_came_to_light(office, opened)
        if again and opened.batch.export_hash != whole:
            says = f"批次 {batch} 现在生成的文件与首次导出不一致，已停止"
            raise Broken("export", says, f"batch {batch} no longer gives the bytes that were exported")
        if not again:
            _sent(office, opened, whole)
        content = {"files": hashes, "export_hash": whole, "again": again}
        office.work.audit(actor=str(by), action="payments.export", subject=batch, content=content)
    point("before-export")
    files = tuple((_write(folder / name, data), hashes[name]) for name, data in contents.items())
    point("after-export")
    return Exported(number=batch, files=files, export_hash=whole, again=again)


def _nothing_came_to_light(office: Office, opened: Opened) -> None:
    """What waits for a comparison does not go out; the batch waits for the word, or is given back."""
    listed = [out(opened.cases[case], no) for case, no in refusals(office.work, opened.cases.values()).items()]
    whole(listed, "。请待认定单位比对后再导出，或由放行人退回该批次（payments reject）")


def _may_export(office: Office, opened: Opened) -> None:
    """Whoever makes, releases or reconciles payments in the paying unit of every case."""
    if any(isinstance(order.payee_name, Gone) for order in opened.orders):
        says = f"批次 {opened.batch.number} 有收款人已匿名，其文件不能再次生成"
        raise Refused("anonymised", says, f"a payee of batch {opened.batch.number} is anonymised: no file any more")
    units = {office.way(case).treasury for case in opened.cases.values()}
    for unit in units:
        if not any(office.facts.holding(office.who.id, duty, unit, office.work.now) for duty in _MAY):
            says = f"{office.who.name} 不是{unit}的制单、放行或对账人员，不能导出"
            raise Refused("no_duty", says, f"{office.who.name} has no payment duty in {unit}", field="by")


def _render(office: Office, opened: Opened) -> dict[str, bytes]:
    """The two files by name."""
    batch = opened.batch
    if batch.released_at is None:
        raise Broken("batch", f"批次 {batch.number} 没有放行时间", f"batch {batch.number} has no release time")
    fund = office.work.execute(select(col(Fund.unit), col(Fund.year)).where(col(Fund.id) == batch.fund_id)).one()
    paper = Paper(
        number=batch.number,
        fund=f"{fund.unit} {fund.year} 年度",
        orders=opened.orders,
        total_fen=batch.total_fen,
        list_hash=batch.list_hash,
        released_at=batch.released_at,
        payer=_payer(office, opened, batch),
        demo=office.work.demo,
        overridden=overridden(office.work, opened.cases.values(), batch.released_at),
    )
    return {
        f"{batch.number}.pain001.xml": pain001.document(paper),
        f"{batch.number}.xlsx": treasury_list.workbook(paper),
    }


def _payer(office: Office, opened: Opened, batch: Batch) -> Payer:
    """The paying account as set on the day of release, the same for every policy in the batch."""
    assert batch.released_at is not None
    day = business_date(batch.released_at)
    found: list[Payer] = []
    for code in sorted({case.policy for case in opened.cases.values()}):
        try:
            found.append(Payer.of(office.facts.setting(policy_of(code), "P-payer", day)))
        except (ValueError, TypeError, LookupError) as wrong:
            raise Refused("payer", "付款账户（P-payer）无法读取", "P-payer cannot be read", field="P-payer") from wrong
    if any(one != found[0] for one in found):
        raise Refused(
            "payer", "批次内各政策的付款账户不一致，请分批制单", "the policies pay from two accounts: make two batches"
        )
    return found[0]


def _sent(office: Office, opened: Opened, whole: str) -> None:
    """The first export: the orders are on their way."""
    work, batch = office.work, opened.batch
    sent = {"state": OrderState.SENT.value, "export_hash": whole, "exported_at": work.now}
    where = (col(PaymentBatch.id) == batch.id, col(PaymentBatch.state) == OrderState.RELEASED)
    if work.execute(update(PaymentBatch).where(*where).values(**sent)).rowcount != 1:
        raise Retryable("stale", "批次已被他人更新，请重新查看后再试", "the batch was changed meanwhile: look again")
    steps: Sequence[Step] = [Step(one.id, one.state, OrderState.SENT, one.reason) for one in opened.orders]
    move(work, steps)


def _write(path: Path, data: bytes) -> Path:
    """Whole or not at all, and on the disk before it has its name."""
    with written(path) as part:
        part.write_bytes(data)
    return path
