"""Walks cases along their way by real acts and steps: what has to happen next, done by somebody who may."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.applications import automatic_checks
from casework.awards import computation, public_notice
from casework.command_handler import act
from casework.lifecycle import case_closing
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.receipts import Receipt
from casework.payments.bank_export import Exported, export
from casework.payments.bank_results import ImportReport, import_results
from casework.shared.fund_key import FundKey
from casework.shared.reference import touch
from models import Duty, PartyKind, PaymentBatch, PaymentOrder, State
from models.store import Store
from support import payment_acts
from support.office import code
from support.payment_acts import allocate, prepare
from support.stage import LEAD, MARKET, OFFICES, Stage, applicant, claim, facts, named, officer

S, D = State, Duty


@dataclass
class Walk:
    """A walker over the cases of a stage; `which` picks the first, second … officer of each duty."""

    stage: Stage
    which: int = 0
    seed: str = "walk"
    numbers: Any = field(default_factory=count)

    def act_id(self) -> UUID:
        """A fresh id that the next run of the same walk makes again."""
        return named(f"{self.seed}:{next(self.numbers)}")

    def do(self, kind: type[r.Act], case: CaseView, **more: Any) -> Receipt:
        """An act by whoever's turn it is, on the version that is stored."""
        duty = more.pop("duty", None) or Duty(str(case.next_duty))
        by = more.pop("by", None) or (self.applicant(case) if duty is D.APPLICANT else officer(duty, self.which))
        return act(self.stage.store, kind(case=case.id, by=by, act_id=self.act_id(), seen=case.version, **more))

    def applicant(self, case: CaseView) -> UUID:
        """Somebody of the case's firm."""
        return applicant(firm_of(case), min(self.which, 1))

    def open(self, item: str, number: int, firm: int = 0, *, without: tuple[str, ...] = ()) -> UUID:
        """A new draft with its papers, but for those that are to be missing."""
        with self.stage.store.write() as work:
            return self.stage.draft(work, item, number, firm, without=without)

    def forward(self, identity: UUID) -> CaseView:
        """One step of the case along its way; the case afterwards."""
        case = self.stage.case(identity)
        _NEXT[State(case.state), Duty(str(case.next_duty))](self, case)
        return self.stage.case(identity)

    def to(self, identity: UUID, state: State, duty: Duty | None = None) -> CaseView:
        """Forward until the case is in a state, with the turn of a duty where one is named."""
        case = self.stage.case(identity)
        for _ in range(30):
            if case.state == state and (duty is None or case.next_duty == duty):
                return case
            case = self.forward(identity)
        raise AssertionError(f"{case.number} never came to {state} {duty}: it is {case.state} {case.next_duty}")


def number_of(case: CaseView) -> int:
    """The number by which the stage knows a case."""
    return int(case.number.rsplit("-", 1)[1])


def with_one_case(stage: Stage, state: State, duty: Duty) -> Walk:
    """A walk with one case, XZ2023-M16-000001 of the second firm, that waits in a state for a duty."""
    walk = Walk(stage)
    walk.open("M16", 1, 1)
    walk.to(named("case-1"), state, duty)
    return walk


def firm_of(case: CaseView) -> int:
    """The number of the case's firm."""
    if case.party_kind == PartyKind.UNIT:
        return next(number for number in range(OFFICES, 2 * OFFICES) if named(f"firm-{number}") == case.party_id)
    return int(case.party_name.removeprefix("算例企业"))


def exclude(stage: Stage, firm: int, reason: str = "算例失信") -> None:
    """The firm gets onto the exclusion list, and nobody else stays there."""
    with stage.store.write() as work:
        stage.end(work, "P-exclusions")
        stage.value(work, "P-exclusions", {code(firm): reason})
        touch(work)


def take_off(stage: Stage) -> None:
    """Nobody is on the exclusion list any more."""
    with stage.store.write() as work:
        stage.end(work, "P-exclusions")
        touch(work)


def _file(walk: Walk, case: CaseView) -> None:
    again = case.state == S.IN_CORRECTION
    walk.do(r.File, case, claim=None if again else claim(case.item, number_of(case)))


def _certify(walk: Walk, case: CaseView) -> None:
    walk.do(r.Certify, case, facts=facts(case.item, number_of(case)))


def _report(walk: Walk, case: CaseView) -> None:
    with walk.stage.store.read() as work:
        rows = work.connection.exec_driver_sql("SELECT position, state, case_id FROM milestone ORDER BY position")
        mine = [row.position for row in rows if UUID(str(row.case_id)) == case.id and row.state != "reported"]
    walk.do(r.ReportMilestone, case, milestone=mine[0], text="算例进展")


def _end_notice(walk: Walk, case: CaseView) -> None:
    assert case.next_due is not None
    walk.stage.store.set_clock(case.next_due, frozen=True)
    public_notice.end_notice(walk.stage.store, cases=[case.id])


def batch_of(store: Store, case: CaseView) -> str:
    """The number of the newest batch with an order of the case; "" where there is none."""
    query = (
        select(col(PaymentBatch.number))
        .join(PaymentOrder, col(PaymentOrder.batch_id) == col(PaymentBatch.id))
        .where(col(PaymentOrder.case_id) == case.id)
        .order_by(col(PaymentOrder.attempt).desc())
    )
    with store.read() as work:
        return str(work.execute(query).scalars().first() or "")


def fund_of(case: CaseView) -> FundKey:
    """The fund that pays a case of the stage."""
    return FundKey(MARKET if case.item == "M5c" else LEAD, 2023)


def _allocate(walk: Walk, case: CaseView) -> None:
    ways = {"fund": fund_of(case), "cases": [case.id], "by": officer(D.ALLOCATOR, walk.which)}
    allocate(walk.stage.store, number=f"算例文号 {case.number}", act_id=walk.act_id(), **ways)  # type: ignore[arg-type]


def _prepare(walk: Walk, case: CaseView) -> None:
    by = officer(D.MAKER, walk.which)
    prepare(walk.stage.store, fund=fund_of(case), cases=[case.id], by=by, act_id=walk.act_id())


@dataclass(frozen=True)
class OrderView:
    """The newest payment order of a case."""

    number: str
    state: str
    channel: str
    fen: int
    account: str


def order_of(store: Store, case: UUID) -> OrderView | None:
    """The newest payment order of a case."""
    names = ("number", "state", "channel", "amount_fen", "payee_account")
    query = select(*(getattr(PaymentOrder, name) for name in names)).where(col(PaymentOrder.case_id) == case)
    with store.read() as work:
        row = work.execute(query.order_by(col(PaymentOrder.attempt).desc()).limit(1)).first()
    return OrderView(*row) if row else None


def answer(
    store: Store, order: OrderView | None, outcome: str, *, by: UUID, act_id: UUID, fen: int | None = None
) -> ImportReport:
    """The bank's answer to an order as a file of one line, read by somebody."""
    number, account = (order.number, order.account) if order else ("XZ2023-M04-000000-A1", "000000")
    paid = fen if fen is not None else (order.fen if order else 1)
    lines = f"指令编号,结果,金额,收款账号,原因\n{number},{outcome},{paid // 100}.{paid % 100:02d},{account},算例\n"
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        return import_results(store, Path(file.name), by=by, act_id=act_id)


def export_batch(store: Store, case: CaseView, by: UUID) -> Exported:
    """The files of the case's batch, written and thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        return export(store, batch=batch_of(store, case), folder=Path(folder), by=by)


def _settle(walk: Walk, case: CaseView) -> None:
    """Sent to the bank, and settled there."""
    store, by = walk.stage.store, officer(D.RECONCILER, walk.which)
    export_batch(store, case, officer(D.RELEASER, walk.which))
    report = answer(store, order_of(store, case.id), "settled", by=by, act_id=walk.act_id())
    assert report.settled == 1, report


def _on_batch(act: Callable[..., Any], duty: Duty) -> Callable[[Walk, CaseView], None]:
    def go(walk: Walk, case: CaseView) -> None:
        store = walk.stage.store
        act(store, batch=batch_of(store, case), by=officer(duty, walk.which), act_id=walk.act_id())

    return go


def _acts(kind: type[r.Act], **more: Any) -> Callable[[Walk, CaseView], None]:
    def go(walk: Walk, case: CaseView) -> None:
        walk.do(kind, case, **more)

    return go


def _runs(step: Callable[..., Any]) -> Callable[[Walk, CaseView], None]:
    def go(walk: Walk, case: CaseView) -> None:
        outcome = step(walk.stage.store, cases=[case.id])
        assert not outcome.failed, outcome.failed

    return go


_NEXT: dict[tuple[State, Duty], Callable[[Walk, CaseView], None]] = {
    (S.DRAFT, D.APPLICANT): _file,
    (S.IN_CORRECTION, D.APPLICANT): _file,
    (S.FILED, D.SYSTEM): _runs(automatic_checks.submit),
    (S.FILED, D.ACCEPTOR): _acts(r.Accept),
    (S.ACCEPTED, D.SCREENER): _acts(r.Screen),
    (S.ACCEPTED, D.CERTIFIER): _certify,
    (S.SCREENED, D.CERTIFIER): _certify,
    (S.PLANNED, D.CERTIFIER): _certify,
    (S.UNDER_JOINT_REVIEW, D.JOINT_REVIEWER): _acts(r.Opine),
    (S.UNDER_JOINT_REVIEW, D.HEAD): _acts(r.OverrideOpinion, reason="算例理由"),
    (S.CERTIFIED, D.SYSTEM): _runs(computation.compute),
    (S.COMPUTED, D.AMOUNT_CHECKER): _acts(r.ConfirmAmount),
    (S.COMPUTED, D.DECIDER): _acts(r.Decide),
    (S.DECIDED, D.SYSTEM): _runs(public_notice.announce),
    (S.DECIDED, D.DELIVERER): _acts(r.Deliver, document="算例凭据"),
    (S.ON_NOTICE, D.SYSTEM): _end_notice,
    (S.ON_NOTICE, D.INVESTIGATOR): _acts(r.AnswerObjection, reason="算例答复"),
    (S.ON_NOTICE, D.DELIVERER): _acts(r.Deliver, document="算例凭据"),
    (S.PAYABLE, D.ALLOCATOR): _allocate,
    (S.PAYABLE, D.MAKER): _prepare,
    (S.PAYABLE, D.CHECKER): _on_batch(payment_acts.check, D.CHECKER),
    (S.PAYABLE, D.HEAD): _on_batch(payment_acts.approve, D.HEAD),
    (S.PAYABLE, D.RELEASER): _on_batch(payment_acts.release, D.RELEASER),
    (S.ORDERED, D.RECONCILER): _settle,
    (S.PAID, D.SYSTEM): _runs(case_closing.close),
    (S.DELIVERED, D.SYSTEM): _runs(case_closing.close),
    (S.IN_PROGRESS, D.APPLICANT): _report,
    (S.REPORTED, D.CERTIFIER): _acts(r.Review, reason="算例：没有数据，仍予办结"),
    (S.REVIEWED, D.SYSTEM): _runs(case_closing.close),
}


def later(moment: datetime, days: int) -> datetime:
    """The same time so many days on."""
    return moment + timedelta(days=days)


def on(day: str, hour: int = 4) -> datetime:
    """An hour (UTC) of a date."""
    from datetime import UTC

    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(hours=hour)
