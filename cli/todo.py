"""From a task of the inbox to the commands that do it, with the case's number, batch and fund filled in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.store import Store

# What is done by another command than `act`; words in capitals are the person's to fill in.
_OTHERWISE = {
    "allocate": "duixian payments allocate DOCUMENT --fund {fund} --case {case}",
    "prepare": "duixian payments prepare --fund {fund} --case {case}",
    "check_batch": "duixian payments check {batch}",
    "approve_batch": "duixian payments approve {batch}",
    "reject_batch": "duixian payments reject {batch} --reason REASON",
    "release": "duixian payments release {batch}",
    "settle": "duixian payments import FILE",
    "fail": "duixian payments import FILE",
    "set_parameter": "duixian parameters list",
    "add_budget": "duixian budgets add {unit} YEAR YUAN --document DOCUMENT",
}
_SPELT = {"confirm_amount": "confirm"}


def commands(store: Store, tasks: Iterable[Any], login: str | None) -> dict[str, list[str]]:
    """The commands of each task, by the case's number; a batch that is to be checked or released is shown first."""
    listed = list(tasks)
    batches, funds = _batches(store, listed), _funds(store, listed)
    who = f" --as {login}" if login else ""
    found: dict[str, list[str]] = {}
    for task in listed:
        number, batch = task.case.number, batches.get(task.case.number, "BATCH")
        given = {"case": number, "batch": batch, "fund": funds.get(number, "UNIT:YEAR"), "unit": task.case.next_unit}
        lines = [f"duixian payments show {batch}"] if {"check_batch", "release"} & set(task.actions) else []
        for action in task.actions:
            word = "approve_batch" if (action, task.case.next_duty) == ("check_batch", "head") else action
            lines.append(_OTHERWISE.get(word, f"duixian act {{case}} {_SPELT.get(word, word)}").format(**given))
        found[number] = [one if one.endswith("parameters list") else one + who for one in dict.fromkeys(lines)]
    return found


def _batches(store: Store, tasks: Iterable[Any]) -> dict[str, str]:
    """The batch that is under way for each case."""
    from sqlalchemy import select
    from sqlmodel import col

    from models import Case, PaymentBatch, PaymentOrder

    query: Any = (
        select(col(Case.number), col(PaymentBatch.number).label("batch"))
        .join(PaymentOrder, col(PaymentOrder.case_id) == col(Case.id))
        .join(PaymentBatch, col(PaymentBatch.id) == col(PaymentOrder.batch_id))
        .where(col(Case.number).in_([one.case.number for one in tasks]), col(PaymentOrder.state) != "cancelled")
        .order_by(col(PaymentOrder.attempt))
    )
    with store.read() as work:
        return {row.number: row.batch for row in work.execute(query)}


def _funds(store: Store, tasks: Iterable[Any]) -> dict[str, str]:
    """The fund of each case with an entitlement in force, as `--fund` takes it."""
    from sqlalchemy import select
    from sqlmodel import col

    from models import Case, Entitlement, Fund

    query: Any = (
        select(col(Case.number), col(Fund.unit), col(Fund.year))
        .join(Entitlement, col(Entitlement.case_id) == col(Case.id))
        .join(Fund, col(Fund.id) == col(Entitlement.fund_id))
        .where(col(Case.number).in_([one.case.number for one in tasks]), col(Entitlement.ended).is_(False))
    )
    with store.read() as work:
        return {row.number: f"{row.unit}:{row.year}" for row in work.execute(query)}
